public import CryptoPrimitives
public import WhatsAppBinary

/// What the connection itself needs of a device's store. Every call is durable when it returns.
public protocol CredentialStore: Sendable {
    /// The device as it is stored. Keys that do not exist yet are made and stored by the owner of the session before.
    /// - Throws: whatever went wrong; a session that has loaded the device before tries again later, unless it is a
    ///   `CredentialStoreError` that is lasting.
    func loadCredentials() async throws -> Credentials

    /// Replaces the secret of the pairing under way.
    func saveADVSecret(_ secret: SecretBytes) async throws

    /// Stores, in one transaction, who the device is from now on: the account, the mapping of its own two addresses to
    /// each other, and the phone's identity key under device 0 of the hidden id.
    func saveLinkedAccount(_ account: LinkedAccount) async throws

    /// Stores our own hidden id, with device number, and its mapping, as the server told at login.
    func saveLID(_ lid: JID) async throws

    /// Stores what the server gave for its routing.
    func saveRoutingInfo(_ bytes: [UInt8]) async throws

    /// Sets the keys aside: the device is not linked any more, and `loadCredentials` says so.
    func markLoggedOut(_ reason: LogoutReason) async throws
}

/// An error of a store that says whether waiting may help.
public protocol CredentialStoreError: Error {
    /// The device is gone, or cannot be read any more: the same fails again however long one waits.
    var isLasting: Bool { get }
}

/// Who a device is to the server.
public struct Credentials: Sendable {
    public var keys: DeviceKeys
    /// Our own address with device number; `nil` until the device is linked, and after it was logged out.
    public var jid: JID?
    public var lid: JID?
    /// The name others see; without one no presence is sent.
    public var pushName: String?
    public var routingInfo: [UInt8]?
    /// Whether the device was linked and is not any more: it does not connect.
    public var isLoggedOut: Bool

    public init(
        keys: DeviceKeys, jid: JID? = nil, lid: JID? = nil, pushName: String? = nil, routingInfo: [UInt8]? = nil,
        isLoggedOut: Bool = false
    ) {
        self.keys = keys
        self.jid = jid
        self.lid = lid
        self.pushName = pushName
        self.routingInfo = routingInfo
        self.isLoggedOut = isLoggedOut
    }
}
