import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerGroupReceiveTests {
    /// A message of a member's device, with its key when it is the first.
    private func message(
        _ bench: GroupBench, _ text: String, id: String = "B1", from device: JID = MessengerBench.lid,
        withKey: Bool, group: JID = GroupBench.group
    ) async throws -> Node {
        var children: [Node] = []
        if withKey {
            let key = try await bench.channel.with(device) { try $0.senderKey(of: group) }
            children = try await bench.bench.message(key, id: id, from: device).children
        }
        children.append(try await bench.channel.with(device) { try $0.groupEnc(WAMessage(text: text), to: group) })
        return Node(
            "message",
            [
                "from": .jid(group), "participant": .jid(device), "id": .string(id), "type": "text", "t": "1700000100",
            ], children: children)
    }

    private func record(_ bench: GroupBench, of device: JID = MessengerBench.lid, in group: JID = GroupBench.group)
        async throws -> SenderKeyRecord?
    {
        let name = SenderKeyName(groupID: group.description, sender: ProtocolAddress(device))
        return try await bench.bench.store.read { try $0.loadSenderKey(for: name) }
    }

    @Test func `a message of a group is opened and confirmed, and is no reply to us`() async throws {
        let bench = try await GroupBench.online()
        let first = try await self.message(bench, "STOP", withKey: true)
        await bench.bench.handle(first)
        let second = try await self.message(bench, "STOP", id: "B2", withKey: false)
        await bench.bench.handle(second)
        #expect(
            await bench.channel.sent
                == ["B1", "B2"].map { id in
                    Node(
                        "receipt",
                        [
                            "id": .string(id), "to": .jid(GroupBench.group), "participant": .jid(MessengerBench.lid),
                            "type": "inactive",
                        ])
                })
        #expect(bench.bench.heard.messages.isEmpty)
        // The chain has moved, so both were opened.
        let message = try SenderKeyMessage(serialized: try #require(second.child("enc")?.bytes))
        var record = try #require(try await self.record(bench))
        #expect(throws: SignalError.self) { _ = try record.decrypt(message) }
    }

    @Test func `what comes again is confirmed again`() async throws {
        let bench = try await GroupBench.online()
        let stanza = try await self.message(bench, "hi", withKey: true)
        for _ in 0..<3 { await bench.bench.handle(stanza) }
        #expect(await bench.channel.sent.map(\.tag) == ["receipt", "receipt", "receipt"])
    }

    @Test func `order of the ciphertexts does not matter`() async throws {
        let bench = try await GroupBench.online()
        var stanza = try await self.message(bench, "hi", withKey: true)
        stanza.content = .nodes(stanza.children.reversed())
        await bench.bench.handle(stanza)
        #expect(await bench.channel.sent.map(\.tag) == ["receipt"])
    }

    @Test func `a key that we lack is asked for, with keys when nothing pairwise came`() async throws {
        let bench = try await GroupBench.online()
        _ = try await bench.channel.with(MessengerBench.lid) { try $0.senderKey(of: GroupBench.group) }
        await bench.bench.handle(try await self.message(bench, "hi", withKey: false))
        let sent = await bench.channel.sent
        #expect(sent.map(\.tag) == ["receipt", "ack"])
        #expect(sent[0].string("type") == "retry")
        #expect(sent[0].jid("to") == GroupBench.group && sent[0].jid("participant") == MessengerBench.lid)
        #expect(sent[0].child("retry")?.string("count") == "1")
        #expect(sent[0].child("keys") != nil)
        #expect(sent[1].jid("participant") == MessengerBench.lid)
        // The member says it again, for us alone, and brings its key.
        var again = try await bench.channel.with(MessengerBench.lid) { try $0.senderKey(of: GroupBench.group) }
        again.conversation = "hi"
        var stanza = try await bench.bench.message(again, id: "B1")
        stanza.attributes["from"] = .jid(GroupBench.group)
        stanza.attributes["participant"] = .jid(MessengerBench.lid)
        await bench.bench.handle(stanza)
        await bench.bench.handle(try await self.message(bench, "more", id: "B2", withKey: false))
        #expect(await bench.channel.sent.dropFirst(2).map { $0.string("type") } == ["inactive", "inactive"])
        #expect(bench.bench.heard.messages.isEmpty)
    }

    @Test func `when the key cannot be opened its message is not looked at`() async throws {
        let bench = try await GroupBench.online()
        var stanza = try await self.message(bench, "hi", withKey: true)
        var encs = stanza.children
        var bytes = try #require(encs[0].bytes)
        bytes[bytes.count - 1] ^= 1
        encs[0].content = .bytes(bytes)
        stanza.content = .nodes(encs)
        await bench.bench.handle(stanza)
        let sent = await bench.channel.sent
        #expect(sent.map(\.tag) == ["receipt", "ack"])
        #expect(sent[0].string("type") == "retry" && sent.count { $0.string("type") == "retry" } == 1)
    }

    @Test func `a key for another group, or one that came in no group, is not taken`() async throws {
        let bench = try await GroupBench.online()
        let other = jid("120363000000000002@g.us")
        let key = try await bench.channel.with(MessengerBench.lid) { try $0.senderKey(of: other) }
        var stanza = try await bench.bench.message(key, id: "B1")
        await bench.bench.handle(stanza)
        stanza = try await bench.bench.message(key, id: "B2")
        stanza.attributes["from"] = .jid(GroupBench.group)
        stanza.attributes["participant"] = .jid(MessengerBench.lid)
        await bench.bench.handle(stanza)
        var broken = WAMessage()
        broken.senderKeyDistributionMessage.groupID = GroupBench.group.description
        broken.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = Data([0x33, 1, 2])
        stanza = try await bench.bench.message(broken, id: "B3")
        stanza.attributes["from"] = .jid(GroupBench.group)
        stanza.attributes["participant"] = .jid(MessengerBench.lid)
        await bench.bench.handle(stanza)
        #expect(await bench.channel.sent.map(\.tag) == ["receipt", "receipt", "receipt"])
        #expect(try await self.record(bench, in: other) == nil)
        #expect(try await self.record(bench) == nil)
    }

    @Test func `nobody can put a key in the place of another member's, or of ours`() async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        let own = SenderKeyName(groupID: GroupBench.group.description, sender: bench.bench.address)
        let before = try await bench.bench.store.read { try $0.loadSenderKey(for: own) }
        await bench.bench.handle(try await self.message(bench, "hi", from: MessengerBench.companion, withKey: true))
        #expect(try await bench.bench.store.read { try $0.loadSenderKey(for: own) } == before)
        #expect(try await self.record(bench) == nil)
        #expect(try await self.record(bench, of: MessengerBench.companion) != nil)
    }

    @Test func `what our own phone says in a group is confirmed as our own`() async throws {
        let bench = try await GroupBench.online()
        await bench.bench.handle(
            try await self.message(bench, "hi", from: MessengerBench.ownPhone, withKey: true))
        #expect(await bench.channel.sent.map { $0.string("type") } == ["sender"])
        #expect(bench.bench.heard.messages.isEmpty)
    }

    @Test func `a message of a group that says not by whom is acknowledged`() async throws {
        let bench = try await GroupBench.online()
        let enc = Node("enc", ["v": "2", "type": "skmsg"], bytes: [1])
        for participant in [nil, "1@g.us", "s.whatsapp.net"] as [AttributeValue?] {
            var stanza = Node("message", ["from": .jid(GroupBench.group), "id": "B1"], children: [enc])
            stanza.attributes["participant"] = participant
            await bench.bench.handle(stanza)
        }
        #expect(await bench.channel.sent.map(\.tag) == ["ack", "ack", "ack"])
    }

    // MARK: Receipts

    @Test func `the first reader of a group message makes it delivered and read`() async throws {
        let bench = try await GroupBench.online()
        let reader = Person(lid: MessengerBench.lid, pn: MessengerBench.pn)
        func receipt(_ id: String, _ type: String? = nil, from device: JID = MessengerBench.companion) -> Node {
            var node = MessengerBench.receipt(id, type: type, from: GroupBench.group)
            node.attributes["participant"] = .jid(device)
            return node
        }
        let list = Node(
            "participants", ["key": "A4"],
            children: [Node("user", ["jid": .jid(MessengerBench.lid), "t": "1700000200"])])
        let stanzas = [
            receipt("A1"), receipt("A1", from: GroupBench.member(1)), receipt("A1", "read"),
            receipt("A2", from: MessengerBench.ownPhone), MessengerBench.receipt("A3", from: GroupBench.group),
            MessengerBench.receipt("A4", type: "read", from: GroupBench.group, children: [list]),
        ]
        for stanza in stanzas {
            await bench.bench.handle(stanza)
            await bench.bench.messenger.handReceiptsOver()
        }
        let date = Date(timeIntervalSince1970: 1_700_000_200)
        #expect(
            bench.bench.heard.messages == [
                .receipts([Receipt(.delivered, ids: ["A1"], person: reader, date: date)]),
                .receipts([Receipt(.read, ids: ["A1"], person: reader, date: date)]),
                .receipts([Receipt(.read, ids: ["A4"], person: reader, date: date)]),
            ])
        #expect(await bench.channel.sent == stanzas.map { .acknowledging($0) })
    }
}
