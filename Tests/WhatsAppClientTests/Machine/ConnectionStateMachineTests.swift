import Foundation
import NoiseProtocol
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct ConnectionStateMachineTests {
    private let active = Node(
        "iq", ["xmlns": "passive", "type": "set", "to": .jid(.service)], children: [Node("active")])

    @Test func `the way up is connecting, handshake, login, preparation, activation`() {
        var fixture = MachineFixture()
        #expect(fixture.machine.start() == [.connect])
        #expect(fixture.machine.connected(fixture.now) == [])
        #expect(fixture.handshake() == [])
        #expect(!fixture.machine.isOpen)
        #expect(fixture.logIn() == [.phase(.loggedIn)])
        #expect(fixture.machine.isOpen && !fixture.machine.isOnline)
        #expect(fixture.machine.prepared() == [.query(.activate, active)])
        let actions = fixture.machine.answered(.activate, .success(Node("iq")), fixture.now)
        let session = Node("ib", children: [Node("unified_session", ["id": "166400000"])])
        #expect(actions == [.phase(.connected), .send(session)])
        #expect(fixture.machine.isOnline)
    }

    @Test func `a device with a name makes it known and stays unavailable`() {
        var fixture = MachineFixture()
        _ = fixture.handshake(as: .login(lid: nil, pushName: "Shop"))
        let actions = fixture.goOnline()
        #expect(actions.contains(.send(Node("presence", ["type": "available", "name": "Shop"]))))
        #expect(actions.last == .send(Node("presence", ["type": "unavailable", "name": "Shop"])))
    }

    @Test(arguments: [nil, jid("1:7@lid")])
    func `a hidden id that is not the stored one is stored before anything else`(stored: JID?) {
        var fixture = MachineFixture()
        _ = fixture.handshake(as: .login(lid: stored, pushName: nil))
        #expect(fixture.logIn() == [.saveLID(MachineFixture.lid), .phase(.loggedIn)])
    }

    @Test(arguments: ["15551234567:7@s.whatsapp.net", "lid", "not an address"])
    func `a hidden id that is none is not stored`(lid: String) {
        var fixture = MachineFixture()
        _ = fixture.handshake(as: .login(lid: nil, pushName: nil))
        #expect(fixture.receive(Node("success", ["lid": .string(lid)])) == [.phase(.loggedIn)])
    }

    @Test func `the server's time sets the clock offset`() {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.receive(Node("success", ["t": "1700000090"]))
        #expect(fixture.machine.clockOffset == .seconds(90))
    }

    @Test func `a second success, and one on a connection to be linked, mean nothing`() {
        var online = MachineFixture.online()
        #expect(online.logIn() == [])
        #expect(online.machine.isOnline)
        var pairing = MachineFixture.pairing()
        #expect(pairing.logIn() == [])
    }

    @Test func `an activation that is refused or not answered starts over`() {
        for result in [
            Result<Node, ClientError>.failure(.refused(IQError(code: 500))), .failure(.timedOut(mayHaveLeft: true)),
        ] {
            var fixture = MachineFixture.awaitingSuccess()
            _ = fixture.logIn()
            _ = fixture.machine.prepared()
            #expect(fixture.machine.answered(.activate, result, fixture.now) == [.closePipe])
            #expect(fixture.closePipe().retryAfter != nil)
        }
    }

    // MARK: Silence

    @Test func `a handshake without an answer is given up after 20 seconds`() {
        var fixture = MachineFixture()
        _ = fixture.machine.start()
        _ = fixture.machine.connected(fixture.now)
        #expect(fixture.advance(by: .milliseconds(19_999)) == [])
        #expect(fixture.advance(by: .milliseconds(1)) == [.closePipe])
        #expect(fixture.closePipe().reason == .silence(.handshake))
    }

    @Test func `a login without an answer is given up after 60 seconds, whatever else comes`() {
        for fixture in [MachineFixture.awaitingSuccess(), .pairing()] {
            var fixture = fixture
            for _ in 0..<59 {
                _ = fixture.advance(by: .seconds(1))
                fixture.machine.frameReceived()
                _ = fixture.machine.answered(.ping, .success(Node("iq")), fixture.now)
            }
            #expect(!fixture.machine.isClosing)
            #expect(fixture.advance(by: .seconds(1)).contains(.closePipe))
            #expect(fixture.closePipe().reason == .silence(.login))
        }
    }

    @Test func `a pipe that does not close is torn down after five seconds`() {
        var fixture = MachineFixture.online()
        _ = fixture.machine.broken(.overloaded, fixture.now)
        #expect(fixture.advance(by: .seconds(5)) == [.abortPipe])
        #expect(fixture.closePipe().reason == .overloaded)
    }

    @Test func `the server's pings are answered, with and without id and child`() {
        var fixture = MachineFixture.online()
        let bare = Node("iq", ["from": .jid(.service), "type": "get", "xmlns": "urn:xmpp:ping", "t": "1700000000"])
        #expect(fixture.receive(bare) == [.send(Node("iq", ["type": "result", "to": .jid(.service)]))])
        let full = Node("iq", ["from": "s.whatsapp.net", "type": "get", "id": "9"], children: [Node("ping")])
        #expect(
            fixture.receive(full) == [.send(Node("iq", ["type": "result", "to": .jid(.service), "id": "9"]))])
    }

    @Test func `requests of somebody else than the service are not answered`() {
        var fixture = MachineFixture.online()
        let from = AttributeValue.jid(jid("15550001111@s.whatsapp.net"))
        #expect(fixture.receive(Node("iq", ["from": from, "type": "get", "xmlns": "urn:xmpp:ping"])) == [])
        var pairing = MachineFixture.pairing()
        let device = Node("iq", ["from": from, "type": "set", "id": "1"], children: [Node("pair-device")])
        #expect(pairing.receive(device) == [])
    }

    // MARK: Delivery

    @Test(arguments: ["message", "receipt", "notification", "call", "presence", "chatstate", "ack", "ib"])
    func `stanzas that answer nothing go to the handler`(tag: String) {
        var fixture = MachineFixture.online()
        let stanza = Node(tag, ["id": "1"], children: [Node("dirty")])
        #expect(fixture.receive(stanza) == [.deliver(stanza)])
        var pairing = MachineFixture.pairing()
        #expect(pairing.receive(stanza) == [.pairing(stanza)])
    }

    @Test func `unknown stanzas are dropped`() {
        var fixture = MachineFixture.online()
        #expect(fixture.receive(Node("surprise", ["id": "1"])) == [])
        #expect(fixture.receive(Node("iq", ["from": .jid(.service), "type": "result", "id": "1"])) == [])
        #expect(fixture.receive(Node("iq", ["from": .jid(.service), "type": "set", "id": "1"])) == [])
        #expect(fixture.machine.isOnline)
    }

    @Test func `routing information is stored when it has a size that can be sent back`() {
        var fixture = MachineFixture.online()
        func routing(_ count: Int) -> Node {
            let info = Node("routing_info", bytes: [UInt8](repeating: 8, count: count))
            return Node("ib", ["from": .jid(.service)], children: [Node("edge_routing", children: [info])])
        }
        #expect(fixture.receive(routing(6)) == [.saveRoutingInfo([8, 8, 8, 8, 8, 8])])
        #expect(fixture.receive(routing(4097)) == [])
    }

    @Test func `the end of the client's version is told`() {
        var fixture = MachineFixture.online()
        let ib = Node("ib", children: [Node("client_expiration", ["t": "1700009999"])])
        #expect(
            fixture.receive(ib) == [.event(.versionExpires(at: Date(timeIntervalSince1970: 1_700_009_999)))])
    }

    // MARK: The backlog

    private let preview = Node("ib", children: [Node("offline_preview", ["count": "450"])])
    private let end = Node("ib", children: [Node("offline", ["count": "450"])])
    private let ask = ConnectionStateMachine.Action.send(
        Node("ib", children: [Node("offline_batch", ["count": "200"])]))

    @Test func `the backlog is asked for in portions until it ends`() {
        var fixture = MachineFixture.online()
        #expect(fixture.receive(preview) == [ask])
        var asked = 0
        for number in 0..<450 {
            let stanza = Node("message", ["id": .integer(number), "offline": "0"])
            let actions = fixture.receive(stanza)
            #expect(actions.first == .deliver(stanza))
            asked += actions.count - 1
        }
        #expect(asked == 2)
        #expect(fixture.receive(end) == [.phase(.drained)])
        #expect(fixture.receive(end) == [])
        #expect(fixture.machine.drain.deadline == nil)
    }

    @Test func `a preview before the device is active is asked for as soon as it is`() {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.logIn()
        #expect(fixture.receive(preview) == [])
        _ = fixture.machine.prepared()
        let actions = fixture.machine.answered(.activate, .success(Node("iq")), fixture.now)
        #expect(actions.last == ask)
    }

    @Test func `an end before the device is active is told once it is`() {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.logIn()
        #expect(fixture.receive(end) == [])
        _ = fixture.machine.prepared()
        let actions = fixture.machine.answered(.activate, .success(Node("iq")), fixture.now)
        #expect(actions.last == .phase(.drained))
    }

    @Test func `a server that falls silent is asked again, and not for ever`() {
        var fixture = MachineFixture.online()
        _ = fixture.receive(preview)
        #expect(fixture.advance(by: .seconds(5)) == [ask])
        var actions: [ConnectionStateMachine.Action] = []
        for _ in 0..<55 {
            actions += fixture.advance(by: .seconds(1))
            fixture.machine.frameReceived()
        }
        #expect(actions.filter { $0 == ask }.count == 10)
        #expect(actions.last == .phase(.drained))
    }

    @Test func `without any backlog the device counts as drained after a minute`() {
        var fixture = MachineFixture.online()
        var actions: [ConnectionStateMachine.Action] = []
        for _ in 0..<60 {
            actions += fixture.advance(by: .seconds(1))
            fixture.machine.frameReceived()
        }
        #expect(actions.last == .phase(.drained))
    }

    // MARK: Linking

    @Test func `linking ends in a restart, asked for, by a close, or after ten seconds`() {
        let ways: [(inout MachineFixture) -> [ConnectionStateMachine.Action]] = [
            { fixture in
                #expect(fixture.receive(Node("stream:error", ["code": "515"])) == [.closePipe])
                return fixture.closePipe()
            },
            { $0.closePipe(.closed(code: 1006)) },
            { fixture in
                _ = fixture.receive(Node("xmlstreamend"))
                return fixture.closePipe()
            },
            { fixture in
                #expect(fixture.advance(by: .seconds(10)).first == .closePipe)
                return fixture.closePipe()
            },
        ]
        for way in ways {
            var fixture = MachineFixture.pairing()
            let session = Node("ib", children: [Node("unified_session", ["id": "166400000"])])
            #expect(fixture.machine.linked(fixture.now) == [.send(session)])
            let actions = way(&fixture)
            #expect(actions.retryAfter == .zero)
            #expect(actions.last == .connect)
        }
    }

    @Test func `linking is not tried for ever without anybody`() {
        var fixture = MachineFixture()
        var ends: [SessionEnd] = []
        let start = fixture.now.uptime
        while ends.isEmpty, fixture.now.uptime < start + .seconds(3600) {
            _ = fixture.handshake(as: .registration)
            ends += fixture.closePipe(.closed(code: 1006)).end.map { [$0] } ?? []
            _ = fixture.advanceToDeadline()
        }
        #expect(ends == [.pairingFailed(.timedOut)])
        #expect(fixture.now.uptime >= start + .seconds(600))
    }

    // MARK: Ends of our own

    @Test func `stopping closes the pipe in every state that has one`() {
        var handshaking = MachineFixture()
        _ = handshaking.machine.start()
        _ = handshaking.machine.connected(handshaking.now)
        for fixture in [handshaking, .awaitingSuccess(), .pairing(), .online()] {
            var fixture = fixture
            #expect(fixture.machine.failed(.stopped, fixture.now, using: &fixture.generator) == [.closePipe])
            #expect(fixture.machine.failed(.stopped, fixture.now, using: &fixture.generator) == [])
            #expect(fixture.closePipe().end == .stopped)
        }
    }

    @Test func `stopping needs no pipe while there is none`() {
        var connecting = MachineFixture()
        _ = connecting.machine.start()
        var waiting = MachineFixture.online()
        _ = waiting.closePipe(.closed(code: 1006))
        for fixture in [MachineFixture(), connecting, waiting] {
            var fixture = fixture
            #expect(
                fixture.machine.failed(.stopped, fixture.now, using: &fixture.generator)
                    == [.event(.ended(.stopped)), .finish(.stopped)])
            #expect(fixture.machine.connected(fixture.now) == [.abortPipe])
        }
    }

    @Test func `stopping while the connection ends takes the place of coming back`() {
        var fixture = MachineFixture.online()
        _ = fixture.machine.broken(.overloaded, fixture.now)
        #expect(fixture.machine.failed(.stopped, fixture.now, using: &fixture.generator) == [])
        #expect(fixture.closePipe().end == .stopped)
    }

    @Test func `being unlinked is not undone by stopping`() {
        var fixture = MachineFixture.online()
        _ = fixture.receive(Node("stream:error", ["code": "516"]))
        _ = fixture.machine.failed(.stopped, fixture.now, using: &fixture.generator)
        #expect(fixture.closePipe().end == .loggedOut(.deviceRemoved))
    }

    @Test func `a certificate that is refused is a reason of its own`() {
        var fixture = MachineFixture()
        _ = fixture.machine.start()
        _ = fixture.machine.connected(fixture.now)
        let reason = DisconnectReason.noise(.certificateRefused(.otherServerKey))
        #expect(fixture.machine.broken(reason, fixture.now) == [.closePipe])
        let told = fixture.closePipe().reason
        #expect(told == reason && told?.isCertificateRefused == true)
    }

    @Test func `an address that is none ends the session`() {
        var fixture = MachineFixture()
        _ = fixture.machine.start()
        let actions = fixture.machine.connectFailed(.invalidEndpoint, fixture.now, using: &fixture.generator)
        #expect(actions.end == .misconfigured(.endpoint))
    }
}
