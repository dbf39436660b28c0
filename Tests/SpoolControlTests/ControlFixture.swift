import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import SpoolControl
import SpoolCore
import SpoolHTTP
import SpoolQueue
import SpoolTestSupport
import Synchronization

/// A queue in memory with a control server in front of it, on a socket of its own.
struct ControlFixture {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)  // 2026-11-21T10:00:00Z

    let directory: TemporaryDirectory
    let queue: MessageQueue
    let reader: QueueReader
    let lines = LogLines()
    private let api: ReadOnlyAPI
    private let devices: FakeDevices?

    init(isDryRun: Bool = false, devices: FakeDevices? = nil) throws {
        self.devices = devices
        self.directory = try TemporaryDirectory()
        let database = try QueueDatabase.inMemory()
        self.queue = MessageQueue(database)
        self.reader = QueueReader(database)
        self.api = ReadOnlyAPI(
            reader: self.reader, state: IdleDaemon(isDryRun: isDryRun), clock: FixedWallClock(Self.now), timeZone: .gmt)
    }

    var socketPath: String { self.directory.path("control.sock") }

    func server(at path: String? = nil, onRunning: @escaping @Sendable () async -> Void = {}) -> ControlServer {
        let logger = Logger(label: "test") { [lines] _ in lines }
        return ControlServer(
            socketPath: path ?? self.socketPath, api: self.api, queue: self.queue, reader: self.reader,
            actions: DirectActions(queue: self.queue), devices: self.devices, clock: FixedWallClock(Self.now),
            logger: logger, onRunning: onRunning)
    }

    /// Runs the server, hands the test a client of it, and shuts both down.
    func serve(_ test: @escaping @Sendable (SocketClient) async throws -> Void) async throws {
        try await self.serve { client, _ in try await test(client) }
    }

    /// The same for a test that shuts the server down itself.
    func serve(_ test: @escaping @Sendable (SocketClient, ServiceGroup) async throws -> Void) async throws {
        let (running, signal) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            services: [self.server { signal.finish() }], gracefulShutdownSignals: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await waiting(for: "the control server to run") { for await _ in running {} }
            let client = SocketClient(path: self.socketPath)
            let result: Result<Void, any Error>
            do {
                result = .success(try await test(client, group))
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// Imports a file of so many rows.
    func importBatch(
        _ id: Int64, rows: Int, user: UserName = .default, file: DropFileName = DropFileName("orders.csv"),
        inode: UInt64 = 1
    ) async throws {
        let seed = BatchSeed(
            id: BatchID(rawValue: id), user: user, file: file, results: DropFileName("orders~\(id).csv"), format: "csv",
            digest: nil, inode: inode, takenAt: Self.now, original: "accepted/orders.csv", isDryRun: false)
        let rows = (0..<rows).map { index in
            ImportRow(
                record: index + 1, line: index + 2,
                content: .success(MessageRequest(recipient: .phone(String(15_550_000_001 + index)), text: "Hello")))
        }
        try await self.queue.finishImport(rows, of: seed, isStrict: false, now: Self.now)
    }

    /// Takes the next message into processing.
    func claim() async throws -> [ClaimedMessage] {
        try await self.queue.claim(
            upTo: 1, for: DeviceID(rawValue: "dev1"), lease: .seconds(60), now: Self.now,
            makeWireID: { WireMessageID(rawValue: "W1") })
    }
}

/// Speaks HTTP over a Unix socket.
struct SocketClient: Sendable {
    let path: String
    private let http = HTTPClient()

    init(path: String) {
        self.path = path
    }

    func get(_ target: String, method: HTTPMethod = .GET) async throws -> (status: Int, text: String, allow: String?) {
        try await self.send(method, target, nil)
    }

    func post(_ target: String, _ body: String = "") async throws -> (status: Int, text: String, allow: String?) {
        try await self.send(.POST, target, ByteBuffer(string: body))
    }

    /// Posts and gives the answer before its body has come.
    func stream(_ target: String, _ body: String) async throws -> HTTPClientResponse {
        try await self.http.execute(self.request(.POST, target, ByteBuffer(string: body)), timeout: .seconds(30))
    }

    func shutdown() async throws {
        try await self.http.shutdown()
    }

    private func send(
        _ method: HTTPMethod, _ target: String, _ body: ByteBuffer?
    ) async throws -> (status: Int, text: String, allow: String?) {
        let response = try await self.http.execute(self.request(method, target, body), timeout: .seconds(30))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        return (Int(response.status.code), text, response.headers.first(name: "Allow"))
    }

    private func request(_ method: HTTPMethod, _ target: String, _ body: ByteBuffer?) -> HTTPClientRequest {
        let host = self.path.replacingOccurrences(of: "/", with: "%2F")
        var request = HTTPClientRequest(url: "http+unix://\(host)\(target)")
        request.method = method
        request.body = body.map { .bytes($0) }
        return request
    }
}

/// A daemon with no devices that acts on the queue alone.
private struct IdleDaemon: DaemonState {
    var isDryRun: Bool

    func devices() async throws -> [DeviceView] { [] }
    func estimatedDelivery(of message: MessageView, ahead: Int) async -> String? { nil }
    func estimatedCompletion(of batch: BatchView) async -> Date? { nil }
    func notReady() async -> [String] { [] }
}

private struct DirectActions: ControlActions {
    let queue: MessageQueue

    func cancel(_ selection: MessageSelection) async throws -> Cancellation {
        try await self.queue.cancel(selection, now: ControlFixture.now)
    }

    func pause(_ device: DeviceID, reason: String?) async throws {
        guard device.rawValue == "dev1", reason != "none" else { throw DeviceAdministrationError.unknown(device) }
    }

    func resume(_ device: DeviceID, reason: String?) async throws {
        try await self.pause(device, reason: reason)
    }

    func status() async throws -> JSONValue { ["success": true, "intake": "running"] }
}

/// Keeps every line that is logged, with its metadata.
final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { self.lines.withLock { $0 } }

    var logLevel: Logger.Level {
        get { .info }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        self.lines.withLock { $0.append("\(event.message) \(metadata)") }
    }
}
