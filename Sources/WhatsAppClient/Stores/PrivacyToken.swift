public import CryptoPrimitives
public import Foundation

/// A person's word that they know us, which messages to them carry.
public struct PrivacyToken: Sendable, Equatable {
    public var token: SecretBytes
    /// When it was given, to the second.
    public var date: Date

    public init(token: SecretBytes, date: Date) {
        self.token = token
        self.date = date
    }
}
