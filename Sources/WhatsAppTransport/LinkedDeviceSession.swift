import Foundation
import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

/// What all devices of a transport share.
struct DeviceSurroundings: Sendable {
    let registry: any DeviceRegistry
    let connector: any BytePipeConnector
    let uploader: any MediaUploader
    let configuration: SessionConfiguration
    let policy: MessagePolicy
    let time: SessionTime
    let generator: SharedGenerator
    let logger: Logger
    let funnel: EventFunnel
    /// Told when the server takes only newer clients.
    let onOutdated: @Sendable () async -> Void
}

/// One device: its session while it runs, and how it is doing. Topics: `+Events`, `+Send`.
///
/// It starts once, and goes on until the session ends for good or it is stopped.
actor LinkedDeviceSession {
    /// What there is while it runs.
    struct Live: Sendable {
        let session: WhatsAppSession
        let messenger: Messenger
    }

    let surroundings: DeviceSurroundings
    let store: any DeviceStore
    private let credentials: any CredentialStore
    /// While it is being linked, and of no use after that.
    let linking: Linking?

    private(set) var id: DeviceID
    var number: String?
    /// Whether it was unlinked, so that it can be linked anew under its name.
    var isLoggedOut: Bool
    var condition: DeviceCondition
    var connectedAt: Date?
    /// As it was told last.
    var told: TransportDevice?
    private(set) var live: Live?
    /// Why it is being stopped.
    private(set) var stopCondition: DeviceCondition?
    private var task: Task<Void, Never>?

    var lookUpRest = LookUpRest()
    private var sendCount = 0
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    /// A device of the registry.
    /// - Parameter device: `nil` when it could not be read; starting it tells why.
    init(_ id: DeviceID, store: any DeviceStore, _ device: LinkedDevice?, _ surroundings: DeviceSurroundings) {
        self.id = id
        self.surroundings = surroundings
        self.store = store
        self.credentials = StoredCredentials(store)
        self.linking = nil
        self.number = device?.account?.jid.user
        self.isLoggedOut = device?.isLoggedOut ?? false
        self.condition = self.isLoggedOut ? .unlinked : .connecting
    }

    /// A device that is being linked.
    init(_ id: DeviceID, _ linking: Linking, _ surroundings: DeviceSurroundings) {
        self.id = id
        self.surroundings = surroundings
        self.store = linking.store
        self.credentials = linking.store
        self.linking = linking
        self.isLoggedOut = false
        self.condition = .connecting
    }

    var description: TransportDevice {
        TransportDevice(
            id: self.id, number: self.number, status: self.condition.status, detail: self.condition.detail,
            connectedAt: self.connectedAt)
    }

    func rename(to id: DeviceID) {
        self.id = id
    }
}

// Its life.
extension LinkedDeviceSession {
    /// Connects, unless it is unlinked, was started before or is to stop.
    func start() {
        guard self.task == nil, !self.isLoggedOut else { return }
        self.task = Task { await self.run() }
    }

    /// Ends the connection in good order, and returns when nothing more comes of this device.
    /// - Parameter condition: how the device is then, if it has not ended by itself.
    func stop(_ condition: DeviceCondition = .stopped) async {
        self.stopCondition = self.stopCondition ?? condition
        await self.live?.session.stop()
        await self.task?.value
    }

    /// Ends what does not end by itself.
    func abort() {
        self.task?.cancel()
    }

    /// Unlinks the device at the server and stops it.
    /// - Returns: whether the server has unlinked it.
    func logOut() async -> Bool {
        guard !self.isLoggedOut else { return true }
        do throws(ClientError) {
            guard let session = self.live?.session else { throw .notConnected }
            try await session.logout()
            return true
        } catch {
            self.surroundings.logger.notice(
                "a device could not be unlinked at the server",
                metadata: ["device.id": "\(self.id)", "error": "\(error)"])
            return false
        }
    }

    private func run() async {
        while self.stopCondition == nil {
            let live = self.makeLive()
            self.live = live
            await live.messenger.attach(live.session)
            let end = await withTaskGroup { group in
                group.addTask { await live.messenger.run() }
                let end = await live.session.run()
                group.cancelAll()
                return end
            }
            await live.messenger.handReceiptsOver()
            await live.messenger.attach(nil)
            self.live = nil
            guard let linking, await linking.ended(end) else { return self.takeNumber() }
        }
        // Stopped before a session began that would have said so.
        _ = await self.linking?.ended(.stopped)
    }

    /// A device may have been linked without anybody having been told.
    private func takeNumber() {
        self.number = self.number ?? self.linking?.store.linkedNumber
    }

    private func makeLive() -> Live {
        let around = self.surroundings
        var logger = around.logger
        logger[metadataKey: "device.id"] = "\(self.id)"
        let messenger = Messenger(
            store: self.store, uploader: around.uploader, policy: around.policy, time: around.time,
            generator: around.generator, logger: logger, onEvent: { await self.heard($0) },
            onMessage: { try await self.heard($0) })
        let session = WhatsAppSession(
            configuration: around.configuration, connector: around.connector, store: self.credentials,
            handler: messenger, time: around.time, generator: around.generator, logger: logger,
            onEvent: { await self.heard($0) })
        return Live(session: session, messenger: messenger)
    }
}

// Sends under way.
extension LinkedDeviceSession {
    func beginSend() {
        self.sendCount += 1
    }

    func endSend() {
        self.sendCount -= 1
        guard self.sendCount == 0 else { return }
        for waiter in self.idleWaiters { waiter.resume() }
        self.idleWaiters = []
    }

    /// Returns when no send is under way.
    func finishSends() async {
        guard self.sendCount > 0 else { return }
        await withCheckedContinuation { self.idleWaiters.append($0) }
    }
}
