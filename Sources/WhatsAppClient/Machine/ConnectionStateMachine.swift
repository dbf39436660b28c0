import Foundation
import WhatsAppBinary

/// One device's connection to the server, and the next one after it: what comes in and what is to be done about it.
///
///     idle → connecting → handshaking → awaitingSuccess → preparing → activating → online
///                                     ↘ pairing → linked
///     any of them → ending, closing → waiting → connecting, or finished
///
/// It sends and waits for nothing itself. The owner feeds it with what happens, does the actions it gets back, in their
/// order, and comes again at `deadline`.
struct ConnectionStateMachine: Sendable {
    /// What a connection is opened for.
    enum Mode: Hashable, Sendable {
        /// A linked device; with what is stored of it.
        case login(lid: JID?, pushName: String?)
        /// A device to be linked.
        case registration
    }

    /// The requests of the session's own.
    enum OwnQuery: Hashable, Sendable {
        case ping, activate
    }

    enum Action: Equatable, Sendable {
        /// Connect and do the handshake.
        case connect
        /// Close when what is to be sent has been sent.
        case closePipe
        /// Close now.
        case abortPipe
        case send(Node)
        case query(OwnQuery, Node)
        /// For those who send and receive.
        case deliver(Node)
        /// For the linking under way.
        case pairing(Node)
        /// Tell the handler; after `loggedIn` comes `prepared`.
        case phase(SessionPhase)
        case event(ClientEvent)
        case saveLID(JID)
        case saveRoutingInfo([UInt8])
        case markLoggedOut(LogoutReason)
        /// Nothing more will be done.
        case finish(SessionEnd)
    }

    /// What follows a connection.
    enum Outcome: Hashable, Sendable {
        case retry(DisconnectReason)
        case restart(DisconnectReason)
        case banned(code: Int?, for: Duration)
        case end(SessionEnd)
    }

    enum State: Hashable, Sendable {
        case idle
        case connecting
        case handshaking(until: Duration)
        case awaitingSuccess(until: Duration)
        /// The time is for the first QR texts to come, and gone when they have.
        case pairing(until: Duration?)
        /// Linked; the server will ask for a restart.
        case linked(until: Duration)
        /// Accepted; the handler does what has to be done before the device is active.
        case preparing
        case activating
        case online
        /// The stream has ended and the end of the connection will follow.
        case ending(Outcome, until: Duration)
        /// The pipe is being closed.
        case closing(Outcome, until: Duration)
        case waiting(until: Duration)
        case finished(SessionEnd)
    }

    enum Limit {
        static let handshake = Duration.seconds(20)
        static let login = Duration.seconds(60)
        static let restart = Duration.seconds(10)
        static let end = Duration.seconds(5)
        static let close = Duration.seconds(5)
        /// Connections to be linked are made for a person who looks at the screen.
        static let linking = Duration.seconds(600)
    }

    var state = State.idle
    var mode = Mode.registration
    var keepAlive: KeepAlive?
    var drain = OfflineDrain()
    var policy = ReconnectPolicy()
    /// When the server accepted this connection.
    var upSince: Duration?
    /// How far the server's clock is ahead of ours.
    var clockOffset = Duration.zero
    /// A 401 came that did not say what it means.
    var wasUnauthorized = false
    var linkingSince: Duration?

    init() {}

    /// Whether somebody may send and ask.
    var isOpen: Bool {
        switch self.state {
        case .pairing, .linked, .preparing, .activating, .online: true
        case .idle, .connecting, .handshaking, .awaitingSuccess, .ending, .closing, .waiting, .finished: false
        }
    }

    /// Whether messages may be sent.
    var isOnline: Bool { self.state == .online }

    /// Whether there is a pipe that will report its end.
    var hasPipe: Bool {
        switch self.state {
        case .handshaking, .awaitingSuccess, .pairing, .linked, .preparing, .activating, .online, .ending, .closing:
            true
        case .idle, .connecting, .waiting, .finished: false
        }
    }

    /// When `reached` has to be called, at the latest.
    var deadline: Duration? {
        [self.stateDeadline, self.keepAlive?.deadline, self.drain.deadline].compactMap { $0 }.min()
    }

    private var stateDeadline: Duration? {
        switch self.state {
        case .handshaking(let until), .awaitingSuccess(let until), .linked(let until), .ending(_, let until),
            .closing(_, let until), .waiting(let until):
            until
        case .pairing(let until): until
        case .idle, .connecting, .preparing, .activating, .online, .finished: nil
        }
    }
}

// The way up.
extension ConnectionStateMachine {
    mutating func start() -> [Action] {
        self.state = .connecting
        return [.connect]
    }

    /// There is a pipe; the handshake has begun.
    mutating func connected(_ now: Moment) -> [Action] {
        guard self.state == .connecting else { return [.abortPipe] }
        self.state = .handshaking(until: now.uptime + Limit.handshake)
        return []
    }

    /// There is no pipe.
    mutating func connectFailed(
        _ error: PipeError, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard self.state == .connecting else { return [] }
        return self.settle(
            error == .invalidEndpoint ? .end(.misconfigured(.endpoint)) : .retry(.pipe(error)), now, using: &generator)
    }

    /// Frames are encrypted from now on, and pings sent.
    mutating func handshakeCompleted(
        as mode: Mode, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard case .handshaking = self.state else { return [] }
        self.mode = mode
        self.drain = OfflineDrain()
        self.keepAlive = KeepAlive(now: now.uptime, using: &generator)
        let until = now.uptime + Limit.login
        switch mode {
        case .login: self.state = .awaitingSuccess(until: until)
        case .registration:
            self.state = .pairing(until: until)
            self.linkingSince = self.linkingSince ?? now.uptime
        }
        return []
    }

    /// The handler has done what comes before the device is active.
    mutating func prepared() -> [Action] {
        guard self.state == .preparing else { return [] }
        self.state = .activating
        return [.query(.activate, .iq("set", xmlns: "passive", children: [Node("active")]))]
    }

    /// A request of the session's own was answered, or not.
    mutating func answered(_ query: OwnQuery, _ result: Result<Node, ClientError>, _ now: Moment) -> [Action] {
        switch query {
        case .ping:
            if result.isAnswer { self.keepAlive?.pingAnswered(now: now.uptime) }
            return []
        case .activate: return self.activated(result, now)
        }
    }

    private mutating func activated(_ result: Result<Node, ClientError>, _ now: Moment) -> [Action] {
        guard self.state == .activating else { return [] }
        switch result {
        case .success: break
        case .failure(.refused(let error)):
            return self.close(.retry(.serverUnavailable(code: error.code ?? 0)), now)
        case .failure: return self.close(.retry(.silence(.login)), now)
        }
        self.state = .online
        var actions: [Action] = [
            .phase(.connected), .send(.unifiedSession(at: now.date, clockOffset: self.clockOffset)),
        ]
        if case .login(_, let name?) = self.mode, !name.isEmpty {
            // Once available makes the name known; staying so would keep the phone from ringing.
            actions += [.send(Presence.available.stanza(name: name)), .send(Presence.unavailable.stanza(name: name))]
        }
        return actions + self.actions(for: self.drain.activated(now.uptime))
    }

    /// The phone's answer was accepted and stored, and the reply is under way.
    mutating func linked(_ now: Moment) -> [Action] {
        guard case .pairing = self.state else { return [] }
        self.state = .linked(until: now.uptime + Limit.restart)
        return [.send(.unifiedSession(at: now.date, clockOffset: .zero))]
    }

    func actions(for verdict: OfflineDrain.Verdict) -> [Action] {
        switch verdict {
        case .nothing: []
        case .ask: [.send(Node("ib", children: [Node("offline_batch", ["count": .integer(OfflineDrain.batchSize)])]))]
        case .drained: [.phase(.drained)]
        }
    }
}

extension Result<Node, ClientError> {
    /// Whether the server said anything at all.
    fileprivate var isAnswer: Bool {
        switch self {
        case .success, .failure(.refused): true
        case .failure: false
        }
    }
}
