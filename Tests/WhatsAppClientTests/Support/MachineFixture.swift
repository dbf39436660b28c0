import Foundation
import SpoolTestSupport
import WhatsAppBinary

@testable import WhatsAppClient

/// A machine with a clock that tests move and chance from a seed.
struct MachineFixture {
    typealias Action = ConnectionStateMachine.Action

    static let lid = jid("123456789012345:7@lid")

    var machine = ConnectionStateMachine()
    var now = Moment(uptime: .seconds(1000), date: Date(timeIntervalSince1970: 1_700_000_000))
    var generator = SeededGenerator(seed: 7)

    mutating func advance(by duration: Duration) -> [Action] {
        self.now = self.now + duration
        return self.machine.reached(self.now, using: &self.generator)
    }

    /// Goes to the machine's next deadline and says what is due.
    mutating func advanceToDeadline() -> [Action] {
        guard let deadline = self.machine.deadline else { return [] }
        return self.advance(by: max(deadline - self.now.uptime, .zero))
    }

    mutating func receive(_ stanza: Node) -> [Action] {
        self.machine.frameReceived()
        return self.machine.received(stanza, self.now)
    }

    mutating func closePipe(_ error: PipeError? = nil) -> [Action] {
        self.machine.pipeClosed(error, self.now, using: &self.generator)
    }

    mutating func handshake(
        as mode: ConnectionStateMachine.Mode = .login(lid: MachineFixture.lid, pushName: nil)
    ) -> [Action] {
        if self.machine.state == .idle { _ = self.machine.start() }
        _ = self.machine.connected(self.now)
        return self.machine.handshakeCompleted(as: mode, self.now, using: &self.generator)
    }

    mutating func logIn() -> [Action] {
        self.receive(Node("success", ["t": "1700000000", "lid": .jid(Self.lid)]))
    }

    mutating func goOnline() -> [Action] {
        _ = self.logIn()
        _ = self.machine.prepared()
        return self.machine.answered(.activate, .success(Node("iq", ["type": "result"])), self.now)
    }

    /// Through the handshake and the login.
    static func online() -> MachineFixture {
        var fixture = MachineFixture()
        _ = fixture.handshake()
        _ = fixture.goOnline()
        return fixture
    }

    static func awaitingSuccess() -> MachineFixture {
        var fixture = MachineFixture()
        _ = fixture.handshake()
        return fixture
    }

    static func pairing() -> MachineFixture {
        var fixture = MachineFixture()
        _ = fixture.handshake(as: .registration)
        return fixture
    }
}

/// An address written in a test.
func jid(_ text: String) -> JID {
    do {
        return try JID(text)
    } catch {
        preconditionFailure("\(text) in a test is no address")
    }
}

extension [ConnectionStateMachine.Action] {
    /// The wait the machine announced.
    var retryAfter: Duration? {
        for case .event(.disconnected(_, let delay)) in self { return delay }
        return nil
    }

    var reason: DisconnectReason? {
        for case .event(.disconnected(let reason, _)) in self { return reason }
        return nil
    }

    var end: SessionEnd? {
        for case .finish(let end) in self { return end }
        return nil
    }
}
