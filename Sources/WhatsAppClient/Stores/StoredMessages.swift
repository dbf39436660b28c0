public import CryptoPrimitives
public import Foundation
public import WhatsAppBinary

/// A message as it was sent, kept for those who cannot decrypt it and ask again.
public struct SentMessage: Sendable, Equatable {
    public var id: String
    /// Without device, in the form of address it was sent with.
    public var chat: JID
    /// The serialized message, without padding, as the recipient gets it.
    public var content: SecretBytes
    public var sentAt: Date

    public init(id: String, chat: JID, content: SecretBytes, sentAt: Date) {
        self.id = id
        self.chat = chat
        self.content = content
        self.sentAt = sentAt
    }
}

/// What became of a ciphertext that came in. The server repeats what we have not acknowledged, and a ciphertext can be
/// decrypted only once.
public struct ReceivedMessage: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        /// Decrypted, but perhaps not handed over yet: the plaintext with its padding.
        case decrypted(SecretBytes)
        /// Handed over, or of no interest: only the receipt may be missing.
        case handled
    }

    public var id: String
    /// Without device, by hidden id if that is known.
    public var sender: JID
    public var outcome: Outcome
    public var receivedAt: Date

    public init(id: String, sender: JID, outcome: Outcome, receivedAt: Date) {
        self.id = id
        self.sender = sender
        self.outcome = outcome
        self.receivedAt = receivedAt
    }
}
