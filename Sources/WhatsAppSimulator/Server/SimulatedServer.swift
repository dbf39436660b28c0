public import CryptoPrimitives
public import Foundation
public import Logging
import NIOCore
import NIOWebSocket
import NoiseProtocol
public import ServiceLifecycle
import WhatsAppBinary

/// A server that speaks the wire protocol on the loopback, with phones that link devices, read what they get, and
/// answer.
///
/// `run()` serves until the task is cancelled, the service group shuts down or `stop()` is called; meanwhile everything
/// that people and phones do can be asked for here. Topics: `+People` (accounts, phones, faults), `+Waiting`,
/// `+Listening`, `+Media`.
public actor SimulatedServer: Service {
    public struct Configuration: Sendable {
        /// On 127.0.0.1; 0 for any free one.
        public var port = 0
        /// The port of the HTTP interface; 0 for any free one, `nil` for none.
        public var controlPort: Int?
        /// Keys, identifiers and all chance come from it: the same seed gives the same root key and the same people.
        public var seed: UInt64
        /// Whether a number nobody has spoken of has an account.
        public var everyNumberHasAccount = false
        public var scenario = Scenario()
        /// Stanzas of more bytes are sent compressed; `nil` for none.
        public var compressAbove: Int? = 1024
        /// Further connections are closed at once.
        public var maximumConnections = 1024

        public init(seed: UInt64) {
            self.seed = seed
        }
    }

    /// Where a running server is reached.
    public struct Endpoint: Sendable, Hashable {
        public let port: Int
        public let controlPort: Int?
        /// The ports of the media servers, in the order in which clients are told of them.
        public let mediaPorts: [Int]

        /// What clients connect to.
        public var url: String { "ws://127.0.0.1:\(self.port)/ws/chat" }

        /// The first media server.
        public var mediaURL: String? { self.mediaPorts.first.map { "http://127.0.0.1:\($0)" } }
    }

    /// The most commands a client may let wait before its connection is closed.
    private static let commandLimit = 1 << 17

    nonisolated let configuration: Configuration
    nonisolated let clock: any Clock<Duration>
    nonisolated let now: @Sendable () -> Date
    nonisolated let logger: Logger
    nonisolated let identity: ServerIdentity

    nonisolated let arrivals = StanzaArrivals()

    var service: SimulatedService
    var isWorking = false
    private var connections: [ConnectionID: AsyncStream<ConnectionCommand>.Continuation] = [:]
    private var established: Set<ConnectionID> = []
    private var lastConnection = 0
    private var timer: Task<Void, Never>?
    var waiters: [Int: Waiter] = [:]
    var lastWaiter = 0
    var endpoint: Endpoint?
    var failure: (any Error)?
    var stopListening: (@Sendable () -> Void)?
    /// Where uploads lie; `nil` while nothing listens.
    var mediaFiles: MediaFiles?
    /// What was decrypted for phones, or is being.
    var openings: [MediaOrder: Task<SimulatedPhone.DownloadResult, Never>] = [:]

    /// - Parameter now: The time of day, as stanzas and certificates have it.
    /// - Throws: when the cryptographic library cannot make keys.
    public init(
        _ configuration: Configuration, now: @escaping @Sendable () -> Date,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger = Logger(label: "simulator")
    ) throws(CryptoError) {
        self.configuration = configuration
        self.now = now
        self.clock = clock
        self.logger = logger
        var random = SimulationRandom(seed: configuration.seed).stream(for: "server identity")
        self.identity = try ServerIdentity(now: now(), using: &random)
        self.service = SimulatedService(
            .init(seed: configuration.seed, everyNumberHasAccount: configuration.everyNumberHasAccount))
        self.service.now = now()
        self.service.apply(configuration.scenario)
    }

    /// What clients have to trust instead of the production root.
    public nonisolated var rootKey: PublicKey { self.identity.root.publicKey }

    /// The same as 64 hexadecimal digits, as configuration has it.
    public nonisolated var rootKeyHex: String {
        self.rootKey.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Changes the service and does what comes of it.
    @discardableResult
    func change<Value, Failure: Error>(
        _ body: (inout SimulatedService) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        self.handleArrivals()
        self.service.now = self.now()
        self.service.deliverMail()
        defer { self.perform(self.service.finish()) }
        return try body(&self.service)
    }

    func handle(_ input: ServiceInput) {
        self.perform(self.service.handle(input, now: self.now()))
    }

    func perform(_ outputs: [ServiceOutput]) {
        var batches: [ConnectionID: [(node: Node, style: FrameStyle)]] = [:]
        for output in outputs {
            switch output {
            case .send(let node, let id, let style): batches[id, default: []].append((node, style))
            case .close(let id, let abruptly):
                if let batch = batches.removeValue(forKey: id) { self.give(.send(batch), to: id) }
                self.give(.close(abruptly: abruptly), to: id)
            case .wake(let date): self.wake(at: date)
            case .fetch(let number, let order): self.fetch(number, order)
            case .discard(let token): self.discard(token)
            }
        }
        for (id, batch) in batches { self.give(.send(batch), to: id) }
        self.resumeWaiters()
    }

    private func give(_ command: ConnectionCommand, to id: ConnectionID) {
        guard let continuation = self.connections[id] else { return }
        if case .dropped = continuation.yield(command) {
            self.note(id, "the client does not read what it is sent")
            continuation.finish()
        }
    }

    private func wake(at date: Date) {
        self.timer?.cancel()
        let delay = Duration.seconds(max(0, date.timeIntervalSince(self.now())))
        self.timer = Task { [clock] in
            do {
                try await clock.sleep(for: delay)
            } catch {
                // An earlier time has taken its place, or the server stops.
                return
            }
            self.handle(.timer)
        }
    }

    /// Ends all connections and stops listening; `run()` then returns.
    public func stop() {
        self.timer?.cancel()
        for continuation in self.connections.values { continuation.yield(.close(abruptly: false)) }
        self.stopListening?()
    }
}

// What connections say.
extension SimulatedServer {
    /// - Returns: `nil` when there are too many already.
    func opened() -> SimulatedConnection? {
        guard self.connections.count < self.configuration.maximumConnections else { return nil }
        self.lastConnection += 1
        let id = ConnectionID(number: self.lastConnection)
        let (commands, continuation) = AsyncStream.makeStream(
            of: ConnectionCommand.self, bufferingPolicy: .bufferingOldest(Self.commandLimit))
        self.connections[id] = continuation
        self.handleArrivals()
        let faults = self.service.takeFaults(on: .connection, from: nil, to: nil)
        return SimulatedConnection(
            id: id, server: self, commands: commands, continuation: continuation, faults: faults,
            random: SimulationRandom(seed: self.configuration.seed).stream(for: "\(id)"), clock: self.clock,
            compressAbove: self.configuration.compressAbove)
    }

    func isEstablished(_ id: ConnectionID) -> Bool { self.established.contains(id) }

    func established(_ id: ConnectionID, noiseKey: PublicKey, payload: [UInt8]) {
        self.established.insert(id)
        self.handleArrivals()
        self.handle(.connected(id, noiseKey: noiseKey, payload: payload))
    }

    func garbage(_ reason: String, on id: ConnectionID) {
        self.handleArrivals()
        self.handle(.garbage(id, reason))
    }

    func closed(_ id: ConnectionID) {
        self.handleArrivals()
        self.connections.removeValue(forKey: id)?.finish()
        self.established.remove(id)
        self.handle(.disconnected(id))
    }

    func note(_ id: ConnectionID, _ reason: String) {
        self.change { $0.complain(reason, by: $0.name(of: id)) }
    }

    func noteRefusedUpgrade(_ reason: String) {
        self.change { $0.complain(reason, by: "upgrade", answer: "HTTP 400") }
    }
}
