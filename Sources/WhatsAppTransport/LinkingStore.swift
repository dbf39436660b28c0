import CryptoPrimitives
import SpoolCore
import Synchronization
import WhatsAppBinary
import WhatsAppClient

/// The store of a device that is being linked: in memory until the phone's answer is accepted, then where devices are
/// kept. So a linking that comes to nothing leaves nothing.
final class LinkingStore: DeviceStore, CredentialStore {
    /// Stores a device that is linked from now on, all or nothing, and gives its store.
    typealias Keep = @Sendable (LinkedDevice, LinkedAccount) async throws -> any DeviceStore

    private enum State {
        case open
        case keeping
        case kept(any DeviceStore, number: String)
        /// Those who keep will not have this account.
        case refused(DeviceAdministrationError)
        /// Nothing will be kept.
        case givenUp
    }

    private let draft: MemoryDeviceStore
    private let keep: Keep
    private let state = Mutex(State.open)

    init(_ keys: DeviceKeys, keep: @escaping Keep) {
        self.draft = MemoryDeviceStore(LinkedDevice(keys: keys))
        self.keep = keep
    }

    /// - Returns: false when it is too late: the device is linked, or about to be.
    func giveUp() -> Bool {
        self.state.withLock { state in
            switch state {
            case .open, .givenUp:
                state = .givenUp
                return true
            case .refused: return true
            case .keeping, .kept: return false
            }
        }
    }

    private var base: any DeviceStore {
        self.state.withLock { state in
            switch state {
            case .kept(let store, _): store
            case .open, .keeping, .refused, .givenUp: self.draft
            }
        }
    }

    /// The number of the account, once the device is kept.
    var linkedNumber: String? {
        self.state.withLock { state in
            if case .kept(_, let number) = state { number } else { nil }
        }
    }

    /// Why the phone's answer was not accepted, when that is for a person to know.
    var refusal: DeviceAdministrationError? {
        self.state.withLock { state in
            if case .refused(let error) = state { error } else { nil }
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws -> Value {
        try await self.base.write(body)
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any DeviceState) throws -> Value) async throws -> Value {
        try await self.base.read(body)
    }

    // MARK: CredentialStore

    func saveLinkedAccount(_ account: LinkedAccount) async throws {
        let isOpen = self.state.withLock { state in
            guard case .open = state else { return false }
            state = .keeping
            return true
        }
        guard isOpen else { throw CancellationError() }
        do {
            let store = try await self.keep(try await self.draft.read { try $0.loadDevice() }, account)
            self.state.withLock { $0 = .kept(store, number: account.jid.user) }
        } catch {
            let refusal = error as? DeviceAdministrationError
            self.state.withLock { $0 = refusal.map { .refused($0) } ?? .open }
            throw error
        }
    }

    private var credentials: StoredCredentials { StoredCredentials(self) }

    func loadCredentials() async throws -> Credentials { try await self.credentials.loadCredentials() }
    func saveADVSecret(_ secret: SecretBytes) async throws { try await self.credentials.saveADVSecret(secret) }
    func saveLID(_ lid: JID) async throws { try await self.credentials.saveLID(lid) }
    func saveRoutingInfo(_ bytes: [UInt8]) async throws { try await self.credentials.saveRoutingInfo(bytes) }
    func markLoggedOut(_ reason: LogoutReason) async throws { try await self.credentials.markLoggedOut(reason) }
}
