import CryptoPrimitives
import Foundation
import Logging
import NoiseProtocol
import SpoolCore
import Synchronization
import WhatsAppClient
import WhatsAppSocket
import WhatsAppStore
import WhatsAppTransport

/// Linked devices in this process, connected to a simulator in another; their database is a file.
final class LinkedDevices: Sendable {
    /// What has come in, all in all.
    struct News {
        var texts = 0
        var delivered = 0
        /// The devices that can send.
        var connected: Set<DeviceID> = []
    }

    private let database: DeviceDatabase
    private let transport: WhatsAppTransport
    private let arrivals = Arrivals()
    private let running: Task<Void, Never>
    private static let patience = Duration.seconds(120)

    private final class Arrivals: Sendable {
        let news = Mutex(News())
    }

    /// - Parameter path: of the database, which is made when it is missing.
    init(database path: String, at simulator: SimulatorProcess) async throws {
        guard let url = URL(string: simulator.addresses.ws) else {
            throw BenchmarkError("the simulator has no address")
        }
        self.database = try DeviceDatabase(path: path)
        let transport = try await WhatsAppTransport(
            registry: self.database, connector: WebSocketConnector(),
            uploader: MediaFileUploader(
                scheme: .http, temporaryDirectory: URL(filePath: path).deletingLastPathComponent().path),
            configuration: SessionConfiguration(
                endpoint: PipeEndpoint(url: url), root: CertificateRoot(key: try PublicKey(simulator.rootKey)),
                profile: ClientProfile(appVersion: AppVersion(2, 3000, 1))),
            time: SessionTime(clock: ContinuousClock(), date: { Date() }), generator: SystemRandomNumberGenerator(),
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
        self.transport = transport
        let arrivals = self.arrivals
        self.running = Task {
            await transport.run { events in arrivals.news.withLock { $0.take(events) } }
        }
    }

    /// Links one more device and returns when it can send.
    func link(_ name: DeviceID, as number: String, on simulator: SimulatorProcess) async throws {
        let (codes, shown) = AsyncStream.makeStream(of: String.self)
        let transport = self.transport
        async let linked: TransportDevice = {
            defer { shown.finish() }
            return try await transport.link(name, phone: nil) { step in
                if case .qrCode(let text, _) = step { shown.yield(text) }
            }
        }()
        for await code in codes {
            try await simulator.scan(code, as: number)
            break
        }
        _ = try await linked
        try await self.waitFor("device \(name) to be connected") { $0.connected.contains(name) }
    }

    /// Sends one text to each of these people, all handed over at once, and waits for the server's answers.
    func send(_ text: String, to people: some Sequence<String>, from device: DeviceID) async throws {
        let messages = people.map { person in
            OutgoingMessage(
                queueID: QueueID(rawValue: 1), wireID: self.transport.makeMessageID(for: device), device: device,
                recipient: .phone(person), text: text, attempt: 1)
        }
        for result in await self.transport.send(messages) {
            if case .failure(let error) = result { throw BenchmarkError("a text was not sent: \(error)") }
        }
    }

    var databasePath: String { self.database.path }

    var news: News { self.arrivals.news.withLock { $0 } }

    /// Waits until so much has come in.
    func waitFor(_ what: String, _ condition: (News) -> Bool) async throws {
        let end = ContinuousClock.now + Self.patience
        while !condition(self.news) {
            guard ContinuousClock.now < end else { throw BenchmarkError("no sign of \(what)") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Says good-bye and closes the database.
    func stop() async throws {
        self.running.cancel()
        await self.running.value
        try self.database.close()
    }
}

extension LinkedDevices.News {
    fileprivate mutating func take(_ events: [TransportEvent]) {
        for event in events {
            switch event {
            case .text: self.texts += 1
            case .delivered: self.delivered += 1
            case .changed(let device):
                if device.isConnected { self.connected.insert(device.id) } else { self.connected.remove(device.id) }
            case .removed(let id): self.connected.remove(id)
            case .read, .signal: break
            }
        }
    }
}

extension SimulatorProcess {
    /// The key that clients trust, as bytes.
    var rootKey: [UInt8] {
        let digits = Array(self.addresses.rootKey.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }
}
