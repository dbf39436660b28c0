import Foundation
import Logging
import ServiceLifecycle
import SpoolControl
import SpoolCore
import SpoolHTTP
import SpoolQueue
import SpoolTestSupport

/// The daemon's control server over a fixture's database, with one device and nothing that sends.
struct RunningDaemon {
    let fixture: CommandFixture
    let queue: MessageQueue
    let reader: QueueReader
    private let devices: (any DeviceActions)?

    /// - Parameter devices: What is asked of linked devices; `nil` as in a dry run.
    init(_ fixture: CommandFixture, devices: (any DeviceActions)? = nil) throws {
        self.fixture = fixture
        self.devices = devices
        let database = try fixture.makeQueue()
        self.queue = MessageQueue(database)
        self.reader = QueueReader(database)
    }

    /// Runs the test while the server runs, then shuts it down.
    func serve(_ test: @escaping @Sendable () async throws -> Void) async throws {
        let (running, signal) = AsyncStream.makeStream(of: Void.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let api = ReadOnlyAPI(
            reader: self.reader, state: OneDevice(), clock: SystemWallClock(), timeZone: .gmt)
        let server = ControlServer(
            socketPath: self.fixture.socketPath, api: api, queue: self.queue, reader: self.reader,
            actions: DirectActions(queue: self.queue), devices: self.devices, clock: SystemWallClock(), logger: logger,
            onRunning: { signal.finish() })
        let group = ServiceGroup(services: [server], gracefulShutdownSignals: [], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                try await waiting(for: "the control server to run") { for await _ in running {} }
                result = .success(try await test())
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }
}

private struct OneDevice: DaemonState {
    var isDryRun: Bool { false }

    func devices() async throws -> [DeviceView] {
        [
            DeviceView(
                sessionID: DeviceID(rawValue: "dev1"), number: "15550009999", status: "connected", isConnected: true,
                connectedAt: CommandFixture.now, sentLastHour: 0, hourlyLimit: 100, sentLastDay: 0, dailyLimit: 1000)
        ]
    }

    func estimatedDelivery(of message: MessageView, ahead: Int) async -> String? { "5-20 seconds" }
    func estimatedCompletion(of batch: BatchView) async -> Date? { nil }
    func notReady() async -> [String] { [] }
}

private struct DirectActions: ControlActions {
    let queue: MessageQueue

    func cancel(_ selection: MessageSelection) async throws -> Cancellation {
        try await self.queue.cancel(selection, now: CommandFixture.now)
    }

    func pause(_ device: DeviceID, reason: String?) async throws {
        guard device.rawValue == "dev1", reason != "none" else { throw DeviceAdministrationError.unknown(device) }
    }

    func resume(_ device: DeviceID, reason: String?) async throws {
        try await self.pause(device, reason: reason)
    }

    func status() async throws -> JSONValue {
        ["pid": 7, "devices": [["sessionId": "dev1", "status": "connected"]], "notices": []]
    }
}
