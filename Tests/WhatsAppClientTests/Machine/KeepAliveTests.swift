import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct KeepAliveTests {
    private let ping = ConnectionStateMachine.Action.query(
        .ping, Node("iq", ["xmlns": "w:p", "type": "get", "to": .jid(.service)]))

    @Test func `24 hours of pings and answers pass`() {
        var fixture = MachineFixture.online()
        let start = fixture.now.uptime
        var pings: [Duration] = []
        while fixture.now.uptime < start + .seconds(86_400) {
            for action in fixture.advanceToDeadline() where action == ping {
                pings.append(fixture.now.uptime)
                fixture.now = fixture.now + .milliseconds(80)
                fixture.machine.frameReceived()
                _ = fixture.machine.answered(.ping, .success(Node("iq")), fixture.now)
            }
        }
        #expect(fixture.machine.isOnline)
        let gaps = zip(pings.dropFirst(), pings).map { $0 - $1 }
        #expect(pings.count > 2880 && pings.count < 4320)
        #expect(gaps.allSatisfy { .seconds(20)...(.seconds(30)) ~= $0 })
        #expect(Set(gaps).count > 1000)
    }

    @Test func `pings begin right after the handshake, also while linking`() {
        var fixture = MachineFixture.pairing()
        _ = fixture.receive(
            Node("iq", ["from": .jid(.service), "type": "set", "id": "1"], children: [Node("pair-device")]))
        #expect(fixture.advanceToDeadline() == [ping])
    }

    @Test func `an error as answer proves life as well`() {
        var fixture = MachineFixture.online()
        for _ in 0..<20 {
            _ = fixture.advanceToDeadline()
            fixture.machine.frameReceived()
            _ = fixture.machine.answered(.ping, .failure(.refused(IQError(code: 501))), fixture.now)
        }
        #expect(fixture.machine.isOnline)
    }

    @Test func `nothing at all for a minute after a question ends the connection`() {
        var fixture = MachineFixture.online()
        fixture.machine.asked(fixture.now)
        var actions = fixture.advance(by: .milliseconds(59_999))
        #expect(!actions.contains(.closePipe))
        actions = fixture.advance(by: .milliseconds(1))
        #expect(actions.last == .closePipe)
        #expect(fixture.closePipe().reason == .silence(.deadSocket))
    }

    @Test func `any byte starts the minute anew`() {
        var fixture = MachineFixture.online()
        fixture.machine.asked(fixture.now)
        _ = fixture.advance(by: .seconds(59))
        fixture.machine.frameReceived()
        fixture.machine.asked(fixture.now)
        #expect(!fixture.advance(by: .seconds(59)).contains(.closePipe))
        #expect(fixture.advance(by: .seconds(1)).contains(.closePipe))
    }

    @Test func `three minutes without an answered ping end it, whatever else comes, and every miss is told`() {
        var fixture = MachineFixture.online()
        let start = fixture.now.uptime
        var missed: [Int] = []
        var isClosed = false
        while !isClosed, fixture.now.uptime < start + .seconds(600) {
            let actions = fixture.advance(by: .seconds(1))
            fixture.machine.frameReceived()
            for case .event(.pingMissed(let count)) in actions { missed.append(count) }
            isClosed = actions.contains(.closePipe)
        }
        #expect(fixture.now.uptime == start + .seconds(180))
        #expect(missed == Array(1...missed.count) && missed.count >= 5)
        #expect(fixture.closePipe().reason == .silence(.keepAlive))
    }
}
