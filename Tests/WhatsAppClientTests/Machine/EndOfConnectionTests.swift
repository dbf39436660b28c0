import Foundation
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

/// Every way in which a server says that a connection is over, and what becomes of the session.
@Suite struct EndOfConnectionTests {
    /// What a code has to lead to.
    enum Fate: Sendable {
        case backOff(DisconnectReason)
        case restart
        case setKeysAside(LogoutReason)
        case stop(SessionEnd)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let stanza: Node
        let fate: Fate
        /// Whether the server is left to close.
        var waitsForClose = false

        var testDescription: String { self.stanza.description }
    }

    static func failure(_ reason: String) -> Node { Node("failure", ["reason": .string(reason), "location": "frc"]) }

    static func refused(_ reason: Int?) -> SessionEnd { .refused(ConnectFailure(reason: reason)) }

    static let failures: [Case] = [
        Case(stanza: failure("400"), fate: .stop(refused(400))),
        Case(stanza: failure("401"), fate: .setKeysAside(.failure(ConnectFailure(reason: 401)))),
        Case(stanza: failure("402"), fate: .stop(.temporarilyBanned(code: nil))),
        Case(stanza: failure("403"), fate: .setKeysAside(.failure(ConnectFailure(reason: 403)))),
        Case(stanza: failure("405"), fate: .stop(.versionTooOld)),
        Case(stanza: failure("406"), fate: .setKeysAside(.failure(ConnectFailure(reason: 406)))),
        Case(stanza: failure("409"), fate: .stop(refused(409))),
        Case(stanza: failure("413"), fate: .stop(refused(413))),
        Case(stanza: failure("414"), fate: .stop(refused(414))),
        Case(stanza: failure("415"), fate: .stop(refused(415))),
        Case(stanza: failure("418"), fate: .stop(refused(418))),
        Case(stanza: failure("500"), fate: .backOff(.serverUnavailable(code: 500))),
        Case(stanza: failure("501"), fate: .stop(refused(501))),
        Case(stanza: failure("503"), fate: .backOff(.serverUnavailable(code: 503))),
        Case(stanza: failure("777"), fate: .stop(refused(777))),
        Case(stanza: failure("no number"), fate: .stop(refused(nil))),
        Case(stanza: Node("failure"), fate: .stop(refused(nil))),
    ]

    static func streamError(_ code: String?, _ children: [Node] = []) -> Node {
        Node("stream:error", code.map { ["code": .string($0)] } ?? [:], children: children)
    }

    static func conflict(_ type: String) -> [Node] { [Node("conflict", ["type": .string(type)])] }

    static let streamErrors: [Case] = [
        Case(stanza: streamError("515"), fate: .restart),
        Case(stanza: streamError("401", conflict("device_removed")), fate: .setKeysAside(.deviceRemoved)),
        Case(stanza: streamError("401"), fate: .backOff(.unauthorized)),
        Case(stanza: streamError("401", conflict("something_new")), fate: .backOff(.unauthorized)),
        Case(stanza: streamError("516"), fate: .setKeysAside(.deviceRemoved)),
        Case(stanza: streamError(nil, conflict("replaced")), fate: .stop(.replaced)),
        Case(stanza: streamError("401", conflict("replaced")), fate: .stop(.replaced)),
        Case(stanza: streamError("503", conflict("replaced")), fate: .stop(.replaced)),
        Case(stanza: streamError("515", conflict("replaced")), fate: .restart),
        Case(stanza: streamError("515", conflict("device_removed")), fate: .restart),
        Case(stanza: streamError("409"), fate: .stop(.replaced)),
        Case(
            stanza: streamError("503"), fate: .backOff(.serverUnavailable(code: 503)), waitsForClose: true),
        Case(stanza: streamError("429"), fate: .backOff(.rateLimited)),
        Case(stanza: streamError(nil, [Node("ack")]), fate: .backOff(.missingAck), waitsForClose: true),
        Case(stanza: streamError(nil, [Node("xml-not-well-formed")]), fate: .backOff(.malformedStanza)),
        Case(stanza: streamError("999"), fate: .backOff(.streamError(code: "999")), waitsForClose: true),
        Case(stanza: streamError(nil), fate: .backOff(.streamError(code: nil)), waitsForClose: true),
        // Only with 401 does the word say that the device was unlinked: keys are not set aside on a guess.
        Case(
            stanza: streamError(nil, conflict("device_removed")), fate: .backOff(.streamError(code: nil)),
            waitsForClose: true),
        Case(
            stanza: streamError("999", conflict("something_new")), fate: .backOff(.streamError(code: "999")),
            waitsForClose: true),
        Case(stanza: Node("xmlstreamend"), fate: .backOff(.closedByServer), waitsForClose: true),
    ]

    @Test(arguments: failures)
    func `a refused login has the consequence of its reason`(tested: Case) {
        var fixture = MachineFixture.awaitingSuccess()
        #expect(fixture.receive(tested.stanza) == [.closePipe])
        #expect(fixture.machine.isOpen == false)
        check(fixture.closePipe(), tested.fate, &fixture)
    }

    @Test(arguments: streamErrors)
    func `an error of the stream has the consequence of its form`(tested: Case) {
        var fixture = MachineFixture.online()
        #expect(fixture.receive(tested.stanza) == (tested.waitsForClose ? [] : [.closePipe]))
        #expect(fixture.machine.isOpen == false)
        let actions = fixture.closePipe(tested.waitsForClose ? .closed(code: 1006) : nil)
        #expect(actions.first == .phase(.disconnected))
        check(Array(actions.dropFirst()), tested.fate, &fixture)
    }

    /// How far a login has come.
    enum Progress: CaseIterable {
        case awaitingSuccess, preparing, activating

        var fixture: MachineFixture {
            var fixture = MachineFixture.awaitingSuccess()
            if self != .awaitingSuccess { _ = fixture.logIn() }
            if self == .activating { _ = fixture.machine.prepared() }
            return fixture
        }
    }

    @Test(arguments: streamErrors, Progress.allCases)
    func `it has so too before the device is online`(tested: Case, progress: Progress) {
        var fixture = progress.fixture
        #expect(fixture.receive(tested.stanza) == (tested.waitsForClose ? [] : [.closePipe]))
        #expect(fixture.machine.isOpen == false)
        let actions = fixture.closePipe(tested.waitsForClose ? .closed(code: 1006) : nil)
        check(actions.filter { $0 != .phase(.disconnected) }, tested.fate, &fixture)
    }

    @Test(arguments: failures + streamErrors)
    func `a device that is being linked is never logged out, and ends or goes on for the same reasons`(tested: Case) {
        var fixture = MachineFixture.pairing()
        _ = fixture.receive(tested.stanza)
        let actions = fixture.closePipe()
        guard case .setKeysAside(let reason) = tested.fate else { return check(actions, tested.fate, &fixture) }
        guard case .refused(let failure) = actions.end, actions.count == 2 else {
            Issue.record("\(actions)")
            return
        }
        switch reason {
        case .failure(let expected): #expect(failure == expected)
        case .deviceRemoved, .requested: #expect([401, 516].contains(failure.reason))
        }
    }

    @Test(arguments: streamErrors.filter(\.waitsForClose))
    func `a server that does not close after the end of its stream is closed after five seconds`(tested: Case) {
        var fixture = MachineFixture.online()
        _ = fixture.receive(tested.stanza)
        #expect(fixture.machine.deadline == fixture.now.uptime + .seconds(5))
        #expect(fixture.advance(by: .seconds(5)) == [.closePipe])
        check(Array(fixture.closePipe().dropFirst()), tested.fate, &fixture)
    }

    private func check(
        _ actions: [ConnectionStateMachine.Action], _ fate: Fate, _ fixture: inout MachineFixture,
        _ location: SourceLocation = #_sourceLocation
    ) {
        switch fate {
        case .backOff(let reason):
            #expect(actions.count == 1 && actions.reason == reason, "\(actions)", sourceLocation: location)
            let delay = actions.retryAfter ?? .zero
            #expect(delay >= .milliseconds(900), sourceLocation: location)
            #expect(fixture.advance(by: delay) == [.connect], sourceLocation: location)
        case .restart:
            #expect(
                actions == [.event(.disconnected(.restartRequired, retryAfter: .zero)), .connect],
                sourceLocation: location)
        case .setKeysAside(let reason):
            #expect(
                actions == [
                    .markLoggedOut(reason), .event(.ended(.loggedOut(reason))), .finish(.loggedOut(reason)),
                ], sourceLocation: location)
            #expect(fixture.machine.deadline == nil, sourceLocation: location)
        case .stop(let end):
            #expect(actions == [.event(.ended(end)), .finish(end)], sourceLocation: location)
            #expect(fixture.machine.deadline == nil, sourceLocation: location)
        }
    }

    @Test(arguments: [101, 102, 103, 104, 106])
    func `a temporary ban is waited for as many seconds as it has left`(code: Int) {
        var fixture = MachineFixture.awaitingSuccess()
        let ban = Node("failure", ["reason": "402", "code": .integer(code), "expire": "3600"])
        #expect(fixture.receive(ban) == [.closePipe])
        let until = fixture.now.date.addingTimeInterval(3600)
        #expect(fixture.closePipe() == [.event(.temporarilyBanned(code: code, until: until))])
        #expect(fixture.advance(by: .seconds(3599)) == [])
        #expect(fixture.advance(by: .seconds(1)) == [.connect])
    }

    @Test(arguments: ["", "0", "-1", "soon", "99999999999999999999"])
    func `a temporary ban without a usable time waits for a person`(expire: String) {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.receive(Node("failure", ["reason": "402", "code": "101", "expire": .string(expire)]))
        #expect(fixture.closePipe().end == .temporarilyBanned(code: 101))
    }

    @Test func `the texts of a logout are told`() {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.receive(
            Node(
                "failure",
                ["reason": "403", "logout_message_header": "Locked", "logout_message_subtext": "See your phone"]))
        let failure = ConnectFailure(reason: 403, header: "Locked", subtext: "See your phone")
        #expect(fixture.closePipe().end == .loggedOut(.failure(failure)))
    }

    @Test func `an unexplained 401 is followed by one login, and a second one stops with the keys kept`() {
        var fixture = MachineFixture.online()
        _ = fixture.receive(Self.streamError("401"))
        #expect(fixture.closePipe().reason == .unauthorized)
        _ = fixture.advanceToDeadline()
        _ = fixture.handshake()
        _ = fixture.goOnline()
        _ = fixture.receive(Self.streamError("401"))
        #expect(fixture.closePipe().end == .unauthorized)
    }

    @Test func `an unexplained 401 after a good connection counts as the first one`() {
        var fixture = MachineFixture.online()
        for _ in 0..<5 {
            _ = fixture.advance(by: .seconds(31))
            _ = fixture.receive(Self.streamError("401"))
            #expect(fixture.closePipe().reason == .unauthorized)
            _ = fixture.advanceToDeadline()
            _ = fixture.handshake()
            _ = fixture.goOnline()
        }
    }

    @Test func `being asked to slow down waits five steps longer`() throws {
        var fixture = MachineFixture.online()
        _ = fixture.receive(Self.streamError("429"))
        let delay = try #require(fixture.closePipe().retryAfter)
        #expect(delay >= .milliseconds(7200) && delay <= .milliseconds(8800))
    }

    @Test func `what follows the end of the stream changes nothing`() {
        var fixture = MachineFixture.online()
        _ = fixture.receive(Self.streamError(nil, Self.conflict("replaced")))
        #expect(fixture.receive(Self.streamError("515")) == [])
        #expect(fixture.receive(Node("message", ["id": "1"])) == [])
        #expect(fixture.closePipe().end == .replaced)
    }

    @Test func `restarts that never end are not made at once for ever`() {
        var fixture = MachineFixture()
        _ = fixture.machine.start()
        var delays: [Duration?] = []
        for _ in 0..<6 {
            _ = fixture.handshake()
            _ = fixture.receive(Self.streamError("515"))
            delays.append(fixture.closePipe().retryAfter)
            if fixture.machine.state != .connecting { _ = fixture.advanceToDeadline() }
        }
        #expect(delays.prefix(3).allSatisfy { $0 == .zero })
        #expect(delays.suffix(3).allSatisfy { $0 != .zero })
    }

    @Test func `of the server's texts only a beginning is kept`() {
        let text = String(repeating: "ü", count: 1 << 20)
        var refused = MachineFixture.awaitingSuccess()
        _ = refused.receive(
            Node(
                "failure",
                ["reason": "400", "logout_message_header": .string(text), "logout_message_subtext": .string(text)]))
        guard case .closing(.end(.refused(let failure)), _) = refused.machine.state else {
            Issue.record("\(refused.machine.state)")
            return
        }
        #expect(failure.header?.utf8.count == 1024 && failure.subtext?.utf8.count == 1024)
        var ended = MachineFixture.online()
        _ = ended.receive(Self.streamError(text))
        guard case .ending(.retry(.streamError(let code)), _) = ended.machine.state else {
            Issue.record("\(ended.machine.state)")
            return
        }
        #expect(code?.utf8.count == 128)
    }
}
