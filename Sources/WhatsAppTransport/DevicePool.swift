import Foundation
import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

/// All devices of a transport, and what an operator does with them: one act on a name at a time. Topic: `+Administration`.
actor DevicePool {
    private enum Phase {
        case idle
        case running
        case over
    }

    /// How long a good end may take.
    private static let stopTime = Duration.seconds(5)

    let registry: any DeviceRegistry
    let time: SessionTime
    let generator: SharedGenerator
    let logger: Logger
    let funnel: EventFunnel
    private let makeSurroundings: @Sendable (DevicePool) -> DeviceSurroundings

    var devices: [DeviceID: LinkedDeviceSession] = [:]
    /// Names that somebody is doing something with.
    var busy: Set<DeviceID> = []
    /// Those that are not linked yet.
    var linking: [DeviceID: LinkedDeviceSession] = [:]
    /// The server takes only newer clients: no device connects any more.
    private(set) var isOutdated = false
    private var phase = Phase.idle
    /// Who waits for `run`.
    private var starters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var lastStarter = 0

    init(
        registry: any DeviceRegistry, connector: any BytePipeConnector, uploader: any MediaUploader,
        configuration: SessionConfiguration, policy: MessagePolicy, time: SessionTime, generator: SharedGenerator,
        logger: Logger
    ) {
        let funnel = EventFunnel(time: time, logger: logger)
        self.registry = registry
        self.time = time
        self.generator = generator
        self.logger = logger
        self.funnel = funnel
        self.makeSurroundings = { pool in
            DeviceSurroundings(
                registry: registry, connector: connector, uploader: uploader, configuration: configuration,
                policy: policy, time: time, generator: generator, logger: logger, funnel: funnel,
                onOutdated: { await pool.stopOutdated() })
        }
    }

    var surroundings: DeviceSurroundings { self.makeSurroundings(self) }

    /// Waits for `run`.
    /// - Returns: false when it is over, or when the task was cancelled before.
    func waitUntilRunning() async -> Bool {
        guard self.phase == .idle, !Task.isCancelled else { return self.phase == .running }
        self.lastStarter += 1
        let starter = self.lastStarter
        await withTaskCancellationHandler {
            await withCheckedContinuation { self.starters[starter] = $0 }
        } onCancel: {
            Task { await self.wake(starter) }
        }
        return self.phase == .running
    }

    private func wake(_ starter: Int) {
        self.starters.removeValue(forKey: starter)?.resume()
    }

    /// Takes in the devices of the registry. Those that were never linked are remains of a linking, and go.
    func load() async throws(DeviceRegistryError) {
        for name in try await self.registry.names() {
            let store = try await self.registry.store(of: name)
            let device: LinkedDevice?
            do {
                device = try await store.read { try $0.loadDevice() }
            } catch {
                self.logger.error(
                    "a device could not be read", metadata: ["device.id": "\(name)", "error": "\(error)"])
                device = nil
            }
            if let device, device.account == nil, !device.isLoggedOut {
                try await self.registry.remove(name)
                continue
            }
            let id = DeviceID(rawValue: name)
            self.devices[id] = LinkedDeviceSession(id, store: store, device, self.surroundings)
        }
    }

    func descriptions() async -> [TransportDevice] {
        var descriptions: [TransportDevice] = []
        for device in self.devices.values { descriptions.append(await device.description) }
        return descriptions.sorted { $0.id < $1.id }
    }

    /// The device to send with, unless somebody is doing something with it.
    func sender(_ id: DeviceID) -> LinkedDeviceSession? {
        self.busy.contains(id) ? nil : self.devices[id]
    }
}

// Running.
extension DevicePool {
    /// Keeps all devices connected until the task is cancelled, then ends them in good order.
    func run(_ handle: @escaping TransportEventHandler) async {
        guard self.phase == .idle else { return }
        self.phase = .running
        for starter in self.starters.keys { self.wake(starter) }
        // Not a child of this task: what is being stored is stored to its end.
        let teller = Task { await self.funnel.run(handle) }
        for device in self.devices.values { await device.start() }
        await Self.untilCancelled()
        self.phase = .over
        await self.stopAll(teller)
        await self.funnel.close()
        teller.cancel()
        await teller.value
    }

    private static func untilCancelled() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        continuation.finish()
    }

    private func stopAll(_ teller: Task<Void, Never>) async {
        let devices = Array(self.devices.values) + Array(self.linking.values)
        let (time, funnel, end) = (self.time, self.funnel, self.time.uptime() + Self.stopTime)
        let alarm = Task {
            // Throws only when it is cancelled, because all have ended.
            guard (try? await time.sleep(until: end)) != nil else { return }
            // Whoever stores may wait for something itself.
            await funnel.close()
            teller.cancel()
            for device in devices { await device.abort() }
        }
        await withDiscardingTaskGroup { group in
            for device in devices { group.addTask { await device.stop() } }
        }
        alarm.cancel()
    }

    /// What the server says to one device, it would say to all.
    func stopOutdated() {
        guard !self.isOutdated else { return }
        self.isOutdated = true
        self.logger.error("the server takes only newer client versions; all devices stop")
        let devices = Array(self.devices.values) + Array(self.linking.values)
        for device in devices { Task { await device.stop(.outdated) } }
    }
}
