import Foundation
import Logging
import SignalProtocol
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

/// A device that is in a group with Peter (a phone and a companion) and others, whom tests add.
struct GroupBench {
    static let group = jid("120363000000000001@g.us")
    static let peter = (lid: MessengerBench.lid, pn: MessengerBench.pn)

    let bench: MessengerBench

    static func online() async throws -> GroupBench {
        let bench = GroupBench(bench: try await MessengerBench.online())
        await bench.setMembers([Self.peter.lid])
        return bench
    }

    var channel: FakeChannel { self.bench.channel }

    /// A member's hidden id.
    static func member(_ number: Int) -> JID { jid("\(300_000_000_000_000 + number)@lid") }
    static func pn(_ number: Int) -> JID { jid("\(15_560_000_000 + number)@s.whatsapp.net") }

    /// One more person, with these devices.
    func addPerson(_ number: Int, devices: [UInt16] = [0]) async throws -> JID {
        let lid = Self.member(number)
        for device in devices {
            try await self.channel.add(
                TestPeer(lid.withDevice(device), seed: UInt64(number * 1000 + Int(device) + 100_000)))
        }
        return lid
    }

    /// The group as the server tells it. We belong to it too.
    func setMembers(_ members: [JID], mode: String = "lid", expiration: Int? = nil) async {
        let own = jid(mode == "lid" ? MessengerBench.ownLID : MessengerBench.ownPN)
        await self.setParticipants(
            ([own] + members).map { Node("participant", ["jid": .jid($0)]) }, mode: mode, expiration: expiration)
    }

    func setParticipants(_ participants: [Node], mode: String = "lid", expiration: Int? = nil) async {
        let ephemeral = expiration.map { [Node("ephemeral", ["expiration": .integer($0)])] } ?? []
        await self.channel.setGroup(
            Self.group,
            Node(
                "group", ["id": "120363000000000001", "addressing_mode": .string(mode)],
                children: participants + ephemeral))
    }

    /// The server says that the group has changed.
    func tellChange() async {
        await self.bench.handle(
            MessengerBench.notification("w:gp2", from: Self.group, children: [Node("modify")]))
    }

    /// The server says that somebody's devices have changed.
    func tellDevices(of member: JID) async {
        await self.bench.handle(
            MessengerBench.notification("devices", from: member, children: [Node("update")]))
    }

    func send(_ text: String = "hello", id: String = "A1") async -> SendOutcome {
        await self.bench.messenger.send(OutgoingText(id: id, recipient: Self.group, text: text))
    }

    /// Sends, and gives the stanza.
    func sent(_ text: String, id: String) async throws -> Node {
        let outcome = await self.send(text, id: id)
        guard case .sent = outcome, let stanza = await self.channel.messages.last else {
            throw Unexpected("\(outcome)")
        }
        return stanza
    }

    /// Who gets our sender key in a stanza.
    static func receivers(_ stanza: Node) -> [JID] {
        stanza.child("participants")?.children("to").compactMap { $0.jid("jid") } ?? []
    }

    func open(_ stanza: Node, at device: JID, as name: JID? = nil) async throws -> String {
        let address = self.bench.address
        return try await self.channel.with(device) { try $0.openGroup(stanza, from: address, as: name).conversation }
    }

    /// A device as it is now, which lives on by itself.
    func copy(of device: JID) async throws -> TestPeer { try await self.channel.with(device) { $0 } }

    func retry(_ id: String, from device: JID, count: Int = 1, keys: Node? = nil, registration: UInt32? = nil) async {
        var stanza = MessengerBench.retry(id, count: count, from: Self.group, registration: registration, keys: keys)
        stanza.attributes["participant"] = .jid(device)
        await self.bench.handle(stanza)
        await self.bench.messenger.performJobs()
    }

    /// What went out again; acknowledgements apart.
    var repetitions: [Node] {
        get async { await self.channel.sent.filter { $0.tag == "message" } }
    }
}

extension TestPeer {
    /// Whether it can read a group message with what it has, and what the stanza brings it.
    func canRead(_ stanza: Node, from sender: ProtocolAddress) -> Bool {
        var copy = self
        return (try? copy.openGroup(stanza, from: sender)) != nil
    }
}
