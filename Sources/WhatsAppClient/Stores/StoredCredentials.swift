public import CryptoPrimitives
import SignalProtocol
public import WhatsAppBinary
import WhatsAppCrypto

/// What a connection needs of a device's store.
public struct StoredCredentials: CredentialStore {
    private let store: any DeviceStore

    public init(_ store: any DeviceStore) {
        self.store = store
    }

    public func loadCredentials() async throws -> Credentials {
        let device = try await self.store.read { try $0.loadDevice() }
        let account = device.isLoggedOut ? nil : device.account
        return Credentials(
            keys: device.keys, jid: account?.jid, lid: account?.lid, pushName: device.pushName,
            routingInfo: device.routingInfo, isLoggedOut: device.isLoggedOut)
    }

    public func saveADVSecret(_ secret: SecretBytes) async throws {
        try await self.change { $0.keys.advSecret = secret }
    }

    public func saveLinkedAccount(_ account: LinkedAccount) async throws {
        try await self.store.write { try $0.link(to: account) }
    }

    public func saveLID(_ lid: JID) async throws {
        try await self.store.write { state in
            var device = try state.loadDevice()
            guard var account = device.account else { return }
            account.lid = lid
            device.account = account
            try state.saveDevice(device)
            try state.learnOwnLID(lid, of: account)
        }
    }

    public func saveRoutingInfo(_ bytes: [UInt8]) async throws {
        try await self.change { $0.routingInfo = bytes }
    }

    public func markLoggedOut(_ reason: LogoutReason) async throws {
        try await self.change { $0.isLoggedOut = true }
    }

    private func change(_ body: @escaping @Sendable (inout LinkedDevice) -> Void) async throws {
        try await self.store.write { state in
            var device = try state.loadDevice()
            body(&device)
            try state.saveDevice(device)
        }
    }
}

extension DeviceState {
    /// Notes whose device this is from now on, that the account's two names are one person's, and who its phone is.
    public mutating func link(to account: LinkedAccount) throws {
        var device = try self.loadDevice()
        device.account = account
        device.isLoggedOut = false
        try self.saveDevice(device)
        guard let lid = account.lid else { return }
        try self.learnOwnLID(lid, of: account)
    }

    /// Maps our own two names to each other, and stores the identity of our phone, which has signed ours.
    fileprivate mutating func learnOwnLID(_ lid: JID, of account: LinkedAccount) throws {
        if let mapping = LIDMapping(lid, account.jid) { try self.learn(mapping) }
        let phone = ProtocolAddress(lid.account)
        let identity = IdentityKey(account.identity.accountKey)
        guard try self.loadIdentities(for: [phone])[phone] != identity else { return }
        var changes = SignalChanges()
        changes.identities[phone] = identity
        try self.commit(changes)
    }
}
