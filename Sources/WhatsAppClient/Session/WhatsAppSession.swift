import CryptoPrimitives
public import Logging
import NoiseProtocol
import WhatsAppBinary

/// The life of one device's connection: links the device if it is not linked yet, logs in, stays connected, and comes back
/// after every end that allows it.
///
/// `run` does all of it and returns when there is no coming back. Stanzas go to the handler, news to `onEvent`, one thing
/// after the other. What an outsider sends ends at most a connection, never the session.
public actor WhatsAppSession {
    let configuration: SessionConfiguration
    let connector: any BytePipeConnector
    let store: any CredentialStore
    let handler: any StanzaHandler
    let onEvent: ClientEventHandler
    let time: SessionTime
    let logger: Logger
    var generator: SessionGenerator

    var machine = ConnectionStateMachine()
    var pairing: PairingStateMachine?
    var credentials: Credentials?
    var connection: Connection?
    var connectionNumber = 0
    var requests = SessionRequestTable()
    var queryNumber = 0
    var lastSendNumber: UInt64 = 0
    let queryPrefix: String

    var inbox = Inbox()
    var isInboxClosed = false
    var dispatcher: CheckedContinuation<Void, Never>?

    private enum Step {
        case connect
        case finish(SessionEnd)
    }

    private var isRunning = false
    /// `stop` came before the first `run`.
    private var isStopWanted = false
    private var hasRun = false
    /// The device could be loaded since `run` began.
    private var hasLoaded = false
    private var step: Step?
    private var stepper: CheckedContinuation<Void, Never>?
    private var connecting: Task<Void, Never>?
    var timer: (task: Task<Void, Never>, deadline: Duration)?

    /// - Parameters:
    ///   - generator: for keys, ids and the chance in waiting times; has to be one for secrets.
    ///   - onEvent: awaited before anything later is told or handled.
    public init(
        configuration: SessionConfiguration, connector: any BytePipeConnector, store: any CredentialStore,
        handler: any StanzaHandler, time: SessionTime, generator: some RandomNumberGenerator & Sendable,
        logger: Logger, onEvent: @escaping ClientEventHandler
    ) {
        self.configuration = configuration
        self.connector = connector
        self.store = store
        self.handler = handler
        self.onEvent = onEvent
        self.time = time
        self.logger = logger
        var generator = SessionGenerator(generator)
        let prefix = generator.bytes(count: 2)
        self.queryPrefix = "\(prefix[0]).\(prefix[1])-"
        self.generator = generator
    }

    /// Whether messages can be sent.
    public var isOnline: Bool { self.machine.isOnline }

    /// How far the server's clock is ahead of ours, as it said at the last login.
    public var clockOffset: Duration { self.machine.clockOffset }

    /// Connects, and does so again and again, until something ends the session for good. May be called again after that,
    /// but not while it runs: then the second call returns `stopped` at once.
    ///
    /// Cancelling the task ends it quickly, handlers included; `stop` lets the one under way finish.
    public func run() async -> SessionEnd {
        guard !self.isRunning else { return .stopped }
        self.isRunning = true
        self.hasRun = true
        self.hasLoaded = false
        defer { self.isRunning = false }
        self.machine = ConnectionStateMachine()
        self.isInboxClosed = false
        return await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.dispatch() }
                let end = await self.connectUntilFinished()
                self.closeInbox()
                await group.waitForAll()
                return end
            }
        } onCancel: {
            Task { await self.stop() }
        }
    }

    /// Closes the connection in good order; `run` returns soon after. The first `run` does so too if this comes before it.
    public func stop() {
        guard self.isRunning else {
            self.isStopWanted = !self.hasRun
            return
        }
        self.perform(self.machine.failed(.stopped, self.time.now, using: &self.generator))
        if !self.machine.hasPipe { self.connecting?.cancel() }
    }

    private func connectUntilFinished() async -> SessionEnd {
        if let misconfiguration = self.configuration.misconfiguration {
            self.end(.misconfigured(misconfiguration))
        } else if Task.isCancelled || self.isStopWanted {
            self.isStopWanted = false
            self.end(.stopped)
        } else {
            self.perform(self.machine.start())
        }
        while true {
            switch await self.nextStep() {
            case .connect: await self.connect()
            case .finish(let end):
                self.stopTimer()
                return end
            }
        }
    }

    func end(_ end: SessionEnd) {
        self.perform(self.machine.failed(end, self.time.now, using: &self.generator))
    }

    private func nextStep() async -> Step {
        while true {
            if let step {
                self.step = nil
                return step
            }
            await withCheckedContinuation { self.stepper = $0 }
        }
    }

    func takeStep(connecting: Bool, or end: SessionEnd = .stopped) {
        self.step = connecting ? .connect : .finish(end)
        self.stepper?.resume()
        self.stepper = nil
    }

    private func connect() async {
        guard let (handshake, mode) = await self.prepareHandshake() else { return }
        self.connectionNumber += 1
        let number = self.connectionNumber
        let task = Task {
            do throws(PipeError) {
                let error = try await self.connector.withPipe(to: self.configuration.endpoint) { pipe in
                    await self.serve(pipe, Connection(number: number, mode: mode, handshake: handshake))
                }
                self.pipeEnded(error)
            } catch {
                self.perform(self.machine.connectFailed(error, self.time.now, using: &self.generator))
            }
        }
        self.connecting = task
        // A stop may have come while the device was loaded.
        if case .finished = self.machine.state { task.cancel() }
        await task.value
        self.connecting = nil
    }

    func abortConnection() {
        self.connecting?.cancel()
    }

    /// Loads the device and begins the handshake; `nil` when that ended the session, or has to be done again later.
    private func prepareHandshake() async -> (HandshakeXX.Initiator, ConnectionStateMachine.Mode)? {
        let credentials: Credentials
        do {
            credentials = try await self.store.loadCredentials()
        } catch {
            self.logger.error("the device could not be loaded", metadata: ["error": "\(error)"])
            self.loadFailed(error)
            return nil
        }
        self.hasLoaded = true
        guard !credentials.isLoggedOut else {
            self.end(.notLinkedAnyMore)
            return nil
        }
        self.credentials = credentials
        do throws(ClientError) {
            return (try self.handshake(of: credentials), credentials.mode)
        } catch {
            self.end(.misconfigured(.credentials(error)))
            return nil
        }
    }

    /// What could be loaded before is tried again like any connection, unless waiting does not help.
    private func loadFailed(_ error: any Error) {
        guard self.hasLoaded, (error as? any CredentialStoreError)?.isLasting != true else {
            return self.end(.storeFailed("\(error)"))
        }
        self.perform(
            self.machine.connectFailed(.notTried(reason: "\(error)"), self.time.now, using: &self.generator))
    }

    private func handshake(of credentials: Credentials) throws(ClientError) -> HandshakeXX.Initiator {
        let payload = try credentials.payload().serialized(as: self.configuration.profile)
        do {
            return try HandshakeXX.Initiator(
                prologue: ConnectionHeader.prologue, staticKey: credentials.keys.noiseKey, payload: payload,
                using: &self.generator)
        } catch {
            throw .handshakeNotMade
        }
    }
}

extension Credentials {
    fileprivate var mode: ConnectionStateMachine.Mode {
        self.jid == nil ? .registration : .login(lid: self.lid, pushName: self.pushName)
    }

    fileprivate func payload() throws(ClientError) -> ClientPayload {
        guard let jid else { return .registration(try self.keys.registration()) }
        return .login(try LoginPayload(user: jid.user, device: UInt32(jid.device)))
    }
}
