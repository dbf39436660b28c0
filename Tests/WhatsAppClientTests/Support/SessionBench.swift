import CryptoPrimitives
import Foundation
import Logging
import SpoolTestSupport
import Synchronization
import WhatsAppBinary

@testable import WhatsAppClient

/// A device's credentials in memory, which fail when a test wants.
actor MemoryCredentials: CredentialStore {
    private(set) var credentials: Credentials
    private(set) var account: LinkedAccount?
    private(set) var secrets: [SecretBytes] = []
    private(set) var logout: LogoutReason?
    private var failure: (any Error)?

    init(_ credentials: Credentials) {
        self.credentials = credentials
    }

    func failFromNowOn() { self.failure = Unexpected("disk full") }

    /// - Parameter failure: `nil` when it works again.
    func fail(with failure: (any Error)?) { self.failure = failure }

    func loadCredentials() throws -> Credentials {
        if let failure { throw failure }
        return self.credentials
    }

    func saveADVSecret(_ secret: SecretBytes) throws {
        if let failure { throw failure }
        self.credentials.keys.advSecret = secret
        self.secrets.append(secret)
    }

    func saveLinkedAccount(_ account: LinkedAccount) throws {
        if let failure { throw failure }
        self.account = account
        self.credentials.jid = account.jid
        self.credentials.lid = account.lid
    }

    func saveLID(_ lid: JID) throws {
        if let failure { throw failure }
        self.credentials.lid = lid
    }

    func saveRoutingInfo(_ bytes: [UInt8]) throws {
        if let failure { throw failure }
        self.credentials.routingInfo = bytes
    }

    func markLoggedOut(_ reason: LogoutReason) throws {
        self.logout = reason
        self.credentials.isLoggedOut = true
    }
}

/// What the session told its handler and listener, in order.
enum Told: Equatable, Sendable {
    case stanza(Node)
    case phase(SessionPhase)
    case event(ClientEvent)
}

/// A handler that tells the test what it gets, and does what the test wants meanwhile.
final class TellingHandler: StanzaHandler {
    typealias Work = @Sendable (Told) async -> Void

    let told: AsyncStream<Told>
    private let continuation: AsyncStream<Told>.Continuation
    private let work: Mutex<Work?> = Mutex(nil)

    init() {
        (self.told, self.continuation) = AsyncStream.makeStream()
    }

    func whenTold(_ work: @escaping Work) { self.work.withLock { $0 = work } }

    func tell(_ told: Told) async {
        self.continuation.yield(told)
        await self.work.withLock { $0 }?(told)
    }

    func handle(_ stanza: Node) async { await self.tell(.stanza(stanza)) }

    func sessionReached(_ phase: SessionPhase) async { await self.tell(.phase(phase)) }
}

/// A session on pipes in memory, with a clock that the test moves.
final class SessionBench: Sendable {
    let clock = TestClock()
    let date = StepWallClock(Date(timeIntervalSince1970: 1_700_000_000))
    let connector = MemoryConnector()
    let handler = TellingHandler()
    let keys: ServerKeys
    let store: MemoryCredentials
    let session: WhatsAppSession

    /// - Parameter jid: of the linked device; without one it has to be linked first.
    init(
        jid: JID? = WhatsAppClientTests.jid("15551234567:7@s.whatsapp.net"), url: String? = nil,
        sendsRoutingInfo: Bool = false
    ) throws {
        var generator = SeededGenerator(seed: 11)
        self.keys = try ServerKeys(using: &generator)
        self.store = MemoryCredentials(
            Credentials(keys: try DeviceKeys(using: &generator), jid: jid, lid: jid.map { _ in MachineFixture.lid }))
        let endpoint = try url.map { PipeEndpoint(url: try unwrap(URL(string: $0))) }
        let date = self.date
        let handler = self.handler
        self.session = WhatsAppSession(
            configuration: SessionConfiguration(
                endpoint: try endpoint ?? PipeEndpoint(url: unwrap(URL(string: "ws://127.0.0.1:1/ws/chat"))),
                root: self.keys.root, profile: ClientProfile(appVersion: AppVersion(2, 3000, 1)),
                sendsRoutingInfo: sendsRoutingInfo),
            connector: self.connector, store: self.store, handler: self.handler,
            time: SessionTime(clock: self.clock, date: { date.now }), generator: generator,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onEvent: { await handler.tell(.event($0)) })
    }

    /// Runs the session beside `test`, stops it, and gives the end it came to. A machine that is busy with other things
    /// may need long for a moment of work.
    @discardableResult
    func run(_ test: @escaping @Sendable (SessionBench) async throws -> Void) async throws -> SessionEnd {
        try await waiting(for: "the session's test", upTo: .seconds(300)) {
            async let end = self.session.run()
            do {
                try await test(self)
            } catch {
                await self.session.stop()
                _ = await end
                throw error
            }
            await self.session.stop()
            return await end
        }
    }

    /// The next pipe the session opens, from the other side.
    func nextPipe() async throws -> MemoryPipe {
        for await pipe in self.connector.serverEnds { return pipe }
        throw Unexpected("no more pipes")
    }

    /// The next connection, its handshake done.
    func accept() async throws -> ServerConnection {
        try await ServerConnection(try await self.nextPipe(), keys: self.keys, using: SeededGenerator(seed: 13))
    }

    /// The next connection, logged in and active.
    func acceptLogin() async throws -> ServerConnection {
        let server = try await self.accept()
        try await server.acceptLogin()
        try await self.expect(.event(.connected))
        return server
    }

    func nextTold() async throws -> Told {
        for await told in self.handler.told { return told }
        throw Unexpected("nothing more is told")
    }

    /// Goes on until this is told.
    @discardableResult
    func expect(_ expected: Told) async throws -> [Told] {
        var before: [Told] = []
        while true {
            let told = try await self.nextTold()
            if told == expected { return before }
            before.append(told)
        }
    }

    func nextEvent() async throws -> ClientEvent {
        while true {
            if case .event(let event) = try await self.nextTold() { return event }
        }
    }

    /// Waits until the session sleeps, and lets this much time pass.
    func pass(_ duration: Duration) async {
        await self.clock.sleepers(atLeast: 1)
        self.date.advance(by: duration)
        self.clock.advance(by: duration)
    }
}

func unwrap<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Unexpected("there is no \(Value.self)") }
    return value
}
