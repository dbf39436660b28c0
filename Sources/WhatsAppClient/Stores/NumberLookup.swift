public import Foundation
public import WhatsAppBinary

/// What the server said about a phone number.
public struct NumberLookup: Hashable, Sendable {
    /// The account to write to, which may have another number than the one asked for: the server knows how numbers are
    /// written. `nil` when nobody uses the number.
    public var account: JID?
    /// The same by phone number, when `account` is a hidden id and the server told.
    public var pn: JID?
    public var askedAt: Date

    public init(account: JID?, pn: JID? = nil, askedAt: Date) {
        self.account = account
        self.pn = pn
        self.askedAt = askedAt
    }
}
