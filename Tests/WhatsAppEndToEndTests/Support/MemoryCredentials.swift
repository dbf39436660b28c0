import CryptoPrimitives
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppClient

/// A device's credentials in memory, with what was told of them.
actor MemoryCredentials: CredentialStore {
    private(set) var credentials: Credentials
    private(set) var account: LinkedAccount?
    /// Every secret of the pairing that was stored, in order.
    private(set) var secrets: [SecretBytes] = []
    private(set) var logout: LogoutReason?

    init(_ credentials: Credentials) {
        self.credentials = credentials
    }

    /// A device that was never linked.
    init(seed: UInt64 = 1) throws {
        var generator = SeededGenerator(seed: seed)
        self.credentials = Credentials(keys: try DeviceKeys(using: &generator))
    }

    func loadCredentials() -> Credentials { self.credentials }

    func saveADVSecret(_ secret: SecretBytes) {
        self.credentials.keys.advSecret = secret
        self.secrets.append(secret)
    }

    func saveLinkedAccount(_ account: LinkedAccount) {
        self.account = account
        self.credentials.jid = account.jid
        self.credentials.lid = account.lid
    }

    func saveLID(_ lid: JID) { self.credentials.lid = lid }

    func saveRoutingInfo(_ bytes: [UInt8]) { self.credentials.routingInfo = bytes }

    func markLoggedOut(_ reason: LogoutReason) {
        self.logout = reason
        self.credentials.isLoggedOut = true
    }
}
