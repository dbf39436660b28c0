public import Foundation
import WhatsAppBinary

/// What became of an attempt to send a message.
public enum SendOutcome: Hashable, Sendable {
    /// The server has taken it, at its own time.
    case sent(at: Date)
    /// Not sent. Trying again later may help; `retryAfter` is what the server asks for.
    case temporary(TemporaryFailure, retryAfter: Duration? = nil)
    /// Not sent, and trying again does not help.
    case permanent(code: Int)
    /// The server's policy is against it, or it is asked too much: not to be tried again before something has changed.
    case refused(SendRefusal)
    /// Not sent, for there is no connection, or it says nothing any more: the message is as it was.
    case sessionLost
    /// The server may have it or not. Only the same id may be sent again.
    case unknown
}

/// Why a message was not sent this time.
public enum TemporaryFailure: Hashable, Sendable {
    /// The server's acknowledgement bears this error; `nil` when it is no number.
    case acknowledgement(code: Int?)
    /// The server did not grant a request that the message needs.
    case query(IQError)
    /// A request that the message needs got no answer, or none that is readable.
    case noAnswer
    /// The server names no device of the recipient.
    case noDevices
    /// There is no ciphertext for the recipient's phone: its keys could not be had, or are not authentic.
    case phoneUnreachable
    /// The device's store failed; the text is the store's.
    case storeFailed(String)
    /// The stanza could not be made.
    case notMade(ClientError)
}

/// What the service holds against a message.
public enum SendRefusal: Hashable, Sendable {
    /// 463: the account may not write to people who do not know it, or this person's token is missing.
    case reachOutTimeLock
    /// 475: the account's monthly number of new chats is used up.
    case newChatCap
    /// 429 or 419: too many requests of a kind that the message needs, or too many messages.
    case rateLimited(retryAfter: Duration?)
    /// 479: a stale device among the recipients, or a stanza that the server's schema does not allow. The device lists
    /// were forgotten, so one more attempt goes out with new ones.
    case staleDevices
}

extension SendOutcome {
    /// Sorts the `ack` of a message.
    init(acknowledgement ack: Node, now: Date) {
        guard let error = ack.string("error") else {
            let seconds = ack.integer("t", as: UInt32.self)
            self = .sent(at: seconds.map { Date(timeIntervalSince1970: Double($0)) } ?? now)
            return
        }
        let backoff = ack.integer("backoff", as: UInt32.self).map { Duration.seconds(Int64($0)) }
        switch UInt16(error).map({ Int($0) }) {
        case 463: self = .refused(.reachOutTimeLock)
        case 475: self = .refused(.newChatCap)
        case 479: self = .refused(.staleDevices)
        case 429: self = .refused(.rateLimited(retryAfter: backoff))
        case let code? where Self.permanentCodes.contains(code): self = .permanent(code: code)
        case let code: self = .temporary(.acknowledgement(code: code), retryAfter: backoff)
        }
    }

    /// 400 malformed; 401 to 406 not allowed or gone; the others are what clients refuse messages with.
    private static let permanentCodes = Set([400, 401, 403, 404, 405, 406]).union(487...500).union(550...552)

    /// Sorts the failure of the message's own stanza.
    init(sending error: ClientError) {
        self = error.mayHaveLeft ? .unknown : Self(preparing: error)
    }

    /// Sorts the failure of a step before the message's own stanza: nothing of the message has left.
    public init(preparing error: ClientError) {
        switch error {
        case .notConnected, .connectionLost, .cancelled: self = .sessionLost
        case .refused(let error) where error.isRateLimit:
            self = .refused(.rateLimited(retryAfter: error.backoff))
        case .refused(let error): self = .temporary(.query(error), retryAfter: error.backoff)
        case .timedOut, .malformedAnswer: self = .temporary(.noAnswer)
        case .storeFailed(let reason): self = .temporary(.storeFailed(reason))
        case .unsendable, .duplicateID, .notAPhoneNumber, .preKeyIDTooLarge, .wrongSignatureSize, .encodingFailed,
            .primitiveFailed, .keysNotMade, .handshakeNotMade, .notPairing, .pairingCodeFailed:
            self = .temporary(.notMade(error))
        }
    }
}

extension IQError {
    /// Whether too much was asked: 429 rate-overlimit, 419 resource-limit.
    public var isRateLimit: Bool { self.code == 429 || self.code == 419 }
}
