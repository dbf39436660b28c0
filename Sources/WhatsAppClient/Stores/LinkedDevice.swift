public import CryptoPrimitives
public import Foundation

/// A device of ours: its keys, from the beginning, and the account it was linked to.
public struct LinkedDevice: Sendable, Equatable {
    public var keys: DeviceKeys
    /// `nil` until the device is linked.
    public var account: LinkedAccount?
    /// Whether the device was linked and is not any more. It keeps its fields, for a person to look at.
    public var isLoggedOut = false
    /// The name others see.
    public var pushName: String?
    /// What the server wants to be told at the next connection.
    public var routingInfo: [UInt8]?
    /// The account's secret from which tokens for strangers are made.
    public var nctSalt: SecretBytes?
    /// When the account's chats went over to hidden ids.
    public var lidMigrationDate: Date?
    public var companionMetaNonce: String?

    public init(keys: DeviceKeys, account: LinkedAccount? = nil) {
        self.keys = keys
        self.account = account
    }
}
