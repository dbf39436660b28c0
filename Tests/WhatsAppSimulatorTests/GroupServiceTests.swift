import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppSimulator

struct GroupServiceTests {
    private static let ann = ServiceBench.ann
    private static let bob = ServiceBench.bob
    private static let eve = ServiceBench.eve

    private static func bench(_ naming: GroupNaming = .lid) throws -> GroupBench {
        try GroupBench(members: [Self.bob, Self.eve], naming: naming)
    }

    @Test(arguments: GroupNaming.allCases)
    func `a text reaches every device of every member, the own phone too`(naming: GroupNaming) throws {
        var bench = try Self.bench(naming)
        bench.change { $0.addAccount(AccountScript(number: Self.eve, devices: 1)) }
        try bench.send("hello", id: "A1")
        let ack = try bench.ack()
        #expect(ack.jid("from") == bench.group)
        #expect(ack.string("error") == nil)
        #expect(ack.string("phash") == nil)
        for number in [Self.ann, Self.bob, Self.eve] { #expect(bench.texts(number) == ["hello"]) }
        #expect(bench.texts(Self.eve, device: 1) == ["hello"])
        #expect(bench.bench.inbox(Self.bob).map(\.from) == [Self.ann])
        try bench.send("again", id: "A2")
        #expect(bench.texts(Self.bob) == ["hello", "again"])
        #expect(bench.bench.complaints == [])
    }

    @Test(arguments: GroupNaming.allCases)
    func `receipts say which member they are from`(naming: GroupNaming) throws {
        var bench = try Self.bench(naming)
        try bench.send("hello", id: "A1")
        let receipts = (bench.bench.sent[bench.connection] ?? []).filter { $0.tag == "receipt" }
        #expect(receipts.count == 3)
        #expect(receipts.allSatisfy { $0.jid("from") == bench.group })
        let server: JID.Server = naming == .pn ? .user : .lid
        #expect(receipts.compactMap { $0.jid("participant") }.allSatisfy { $0.server == server })
        #expect(receipts.count { $0.string("type") == "sender" } == 1)
    }

    @Test func `members are listed by hidden identifier, by number, or both`() throws {
        for (naming, servers) in [
            (GroupNaming.lid, [JID.Server.lid, .lid, .lid]), (.pn, [.user, .user, .user]),
            (.mixed, [.lid, .user, .lid]),
        ] {
            var bench = try Self.bench(naming)
            let answer = try bench.bench.query(bench.device.groupQuery(bench.group), on: bench.connection)
            let group = try require(answer.child("group"))
            #expect(group.children("participant").compactMap { $0.jid("jid")?.server } == servers)
            #expect(group.string("addressing_mode") == (naming == .pn ? "pn" : "lid"))
            #expect(group.string("subject") == "Staff")
            #expect(answer.jid("from") == bench.group)
        }
    }

    @Test func `the own groups are listed, and others are not told`() throws {
        var bench = try Self.bench()
        bench.change { _ = $0.makeGroup(GroupScript(subject: "Other", members: [Self.bob])) }
        let own = try bench.bench.query(bench.device.ownGroupsQuery(), on: bench.connection)
        #expect(own.child("groups")?.children.map { $0.string("subject") } == ["Staff"])
        let other = try require(bench.bench.service.groups.values.first { $0.subject == "Other" }).id
        let refused = try bench.bench.query(bench.device.groupQuery(other), on: bench.connection)
        #expect(refused.child("error")?.string("code") == "403")
        let nothing = try bench.bench.query(bench.device.groupQuery(JID("1-2@g.us")), on: bench.connection)
        #expect(nothing.child("error")?.string("code") == "404")
    }

    @Test func `a query about groups can be refused by a fault`() throws {
        var bench = try Self.bench()
        try bench.bench.fault(#"{"on": "groupQuery", "do": "iqError", "code": 429}"#)
        let refused = try bench.bench.query(bench.device.groupQuery(bench.group), on: bench.connection)
        #expect(refused.child("error")?.string("code") == "429")
    }

    @Test func `who is not in a group cannot write there`() throws {
        var bench = try Self.bench()
        try bench.send("hello", id: "A1")
        _ = try bench.ack()
        let everybody = try bench.everybody()
        let group = bench.group.description
        bench.change { service in
            let result = service.removeMember(Self.ann, from: group, byAdmin: true)
            #expect(result == nil)
        }
        try bench.send(.text("still here"), id: "A2", to: everybody)
        #expect(try bench.ack().string("error") == "403")
        #expect(bench.texts(Self.bob) == ["hello"])
        try bench.put(Node("message", ["id": "A3", "to": "1-2@g.us", "type": "text"]))
        #expect(try bench.ack().string("error") == "404")
        #expect(bench.bench.complaints == [])
    }

    @Test func `only admins may write where it says so`() throws {
        var bench = try Self.bench()
        let everybody = try bench.everybody()
        let group = bench.group.description
        bench.change { $0.groups[group]?.isAnnouncement = true }
        try bench.send(.text("from the maker"), id: "A1", to: everybody)
        #expect(try bench.ack().string("error") == nil)
        bench.change { service in
            let script = GroupScript(subject: "News", members: [Self.bob, Self.ann], isAnnouncement: true)
            _ = service.makeGroup(script)
        }
        let news = try require(bench.bench.service.groups.values.first { $0.subject == "News" }).id
        try bench.put(Node("message", ["id": "A2", "to": .jid(news), "type": "text"]))
        #expect(try bench.ack().string("error") == "403")
    }

    @Test func `another addressing mode than the group's is refused with it`() throws {
        var bench = try Self.bench()
        let old = try bench.everybody()
        try bench.bench.fault(
            #"{"do": "groupAddressing", "group": "\#(bench.group)", "addressing": "pn"}"#)
        try bench.send(.text("hello"), id: "A1", to: old)
        let refused = try bench.ack()
        #expect(refused.string("error") == "421")
        #expect(refused.string("addressing_mode") == "pn")
        try bench.rotate()
        try bench.send("hello", id: "A1")
        #expect(try bench.ack().string("error") == nil)
        #expect(bench.texts(Self.bob) == ["hello"])
        #expect(bench.bench.complaints == [])
    }

    @Test func `a joined member gets the key and nothing from before`() throws {
        var bench = try Self.bench()
        let dan = "15550004444"
        try bench.send("before", id: "A1")
        let group = bench.group.description
        bench.change { service in
            let result = service.addMember(dan, to: group)
            #expect(result == nil)
        }
        let added = try bench.bench.next("notification", on: bench.connection)
        #expect(added.string("type") == "w:gp2")
        try bench.send("after", id: "A2")
        #expect(bench.texts(dan) == ["after"])
        #expect(bench.texts(Self.bob) == ["before", "after"])
        #expect(bench.bench.complaints == [])
    }

    @Test func `a member who has left gets nothing and can read nothing once the key is new`() throws {
        var bench = try Self.bench()
        try bench.send("before", id: "A1")
        let group = bench.group.description
        bench.change { service in
            let result = service.removeMember(Self.eve, from: group, byAdmin: false)
            #expect(result == nil)
        }
        bench.bench.sent[bench.connection]?.removeAll { $0.tag != "notification" }
        let left = try require(bench.bench.sent[bench.connection]?.last)
        #expect(left.child("leave")?.child("participant")?.jid("phone_number")?.user == Self.eve)
        bench.acknowledgeNotifications()
        try bench.rotate()
        try bench.send("after", id: "A2")
        #expect(try bench.ack().string("phash") == nil)
        #expect(bench.texts(Self.eve) == ["before"])
        #expect(bench.texts(Self.bob) == ["before", "after"])
        #expect(bench.bench.service.counts.readableByFormerMembers == 0)
        #expect(bench.bench.complaints == [])
    }

    @Test func `who goes on with a key that somebody has taken along is complained about`() throws {
        var bench = try Self.bench()
        try bench.send("before", id: "A1")
        let group = bench.group.description
        bench.change { service in
            let result = service.removeMember(Self.eve, from: group, byAdmin: true)
            #expect(result == nil)
        }
        try bench.send("not told yet", id: "A2")
        #expect(bench.bench.complaints == [])
        #expect(bench.bench.service.counts.readableByFormerMembers == 1)
        bench.acknowledgeNotifications()
        try bench.send("told", id: "A3")
        #expect(
            bench.bench.complaints == [
                "a message to a group with a sender key that \(Self.eve) has, who is gone",
                "\(Self.eve), who has left the group, could read a message",
            ])
        #expect(bench.texts(Self.eve) == ["before"])
    }

    @Test func `a device that was unlinked is noticed like a member who has left`() throws {
        var bench = try Self.bench()
        bench.change { $0.addAccount(AccountScript(number: Self.bob, devices: 1)) }
        try bench.send("before", id: "A1")
        bench.change { service in
            let result = service.relink(Self.bob)
            #expect(result == 1)
        }
        bench.acknowledgeNotifications()
        try bench.send("told", id: "A2")
        #expect(
            bench.bench.complaints == [
                "a message to a group with a sender key that \(Self.bob):1 has, who is gone"
            ])
        try bench.rotate()
        try bench.send("new key", id: "A3")
        #expect(bench.texts(Self.bob, device: 2) == ["told", "new key"])
        #expect(bench.bench.complaints.count == 1)
    }

    @Test func `a hash over other devices is answered with the right one`() throws {
        var bench = try Self.bench()
        try bench.send("before", id: "A1")
        _ = try bench.ack()
        let old = try bench.everybody()
        bench.change { $0.addAccount(AccountScript(number: Self.bob, devices: 1)) }
        try bench.send(.text("stale"), id: "A2", to: old)
        let right = try ParticipantHash.hash(of: bench.everybody() + [require(bench.device.lid)])
        #expect(try bench.ack().string("phash") == right)
        #expect(bench.texts(Self.bob, device: 1) == [])
        #expect(bench.bench.complaints == [])
        // The same id again with the key for the one that was left out: it alone gets it.
        try bench.send("stale", id: "A2")
        #expect(bench.texts(Self.bob, device: 1) == ["stale"])
        #expect(bench.bench.inbox(Self.bob).map(\.repeats) == [0, 0])
        #expect(bench.bench.service.counts.staleHashes == 1)
    }

    @Test func `a device that was never given the key is named, as is a hash that is wrong or missing`() throws {
        var bench = try Self.bench()
        let everybody = try bench.everybody()
        let missing = try bench.device.groupMessage(
            .text("hello"), id: "A1", to: bench.group, newcomers: [], everybody: everybody)
        try bench.put(missing)
        #expect(bench.bench.complaints.count == 1)
        #expect(bench.bench.complaints.first?.hasPrefix("the sender key was never given to") == true)
        try bench.send(.text("hello"), id: "A2", to: everybody)
        #expect(bench.bench.complaints.count == 1)
        var wrong = try bench.device.groupMessage(
            .text("hello"), id: "A3", to: bench.group, newcomers: [], everybody: everybody)
        wrong.attributes["phash"] = "2:AAAAAAAA"
        try bench.put(wrong)
        #expect(bench.bench.complaints.last == "the phash is not that of the devices the message is for")
        wrong.attributes["phash"] = nil
        wrong.attributes["id"] = "A4"
        try bench.put(wrong)
        #expect(bench.bench.complaints.last == "a message to a group without phash")
    }

    @Test func `a phone that has lost its keys asks again, and gets the message with the key`() throws {
        var bench = try Self.bench()
        try bench.send("first", id: "A1")
        try bench.bench.fault(#"{"on": "message", "to": "\#(Self.bob)", "do": "loseSession"}"#)
        try bench.send("second", id: "A2")
        #expect(bench.texts(Self.bob) == ["first"])
        func retry() throws -> Node {
            let receipts = bench.bench.sent[bench.connection] ?? []
            return try require(receipts.last { $0.tag == "receipt" && $0.string("type") == "retry" })
        }
        let first = try retry()
        #expect(first.jid("from") == bench.group)
        let participant = try require(first.jid("participant"))
        try bench.put(
            bench.device.groupRepetition(.text("second"), id: "A2", to: bench.group, for: participant, count: 1))
        // Without session even that cannot be read; the second receipt brings keys.
        let keys = try require(retry().child("keys"))
        try bench.device.startSession(with: participant, keys, retry().child("registration"))
        try bench.put(
            bench.device.groupRepetition(.text("second"), id: "A2", to: bench.group, for: participant, count: 2))
        #expect(bench.texts(Self.bob) == ["first", "second"])
        try bench.send("third", id: "A3")
        #expect(bench.texts(Self.bob) == ["first", "second", "third"])
        #expect(bench.texts(Self.eve) == ["first", "second", "third"])
        #expect(bench.bench.complaints == [])
    }

    @Test func `a phone writes to a group, and a device that cannot read it asks again`() throws {
        var bench = try Self.bench()
        let group = bench.group.description
        try bench.put(bench.device.upload(ids: 1...5))
        bench.change { $0.send(.text("one"), from: Self.bob, to: group, id: "B1") }
        let first = try bench.bench.next("message", on: bench.connection)
        #expect(first.jid("from") == bench.group)
        #expect(try bench.device.decryptGroup(first) == "one")
        try bench.put(Self.receipt(for: first))
        bench.change { $0.send(.text("two"), from: Self.bob, to: group, id: "B2") }
        let second = try bench.bench.next("message", on: bench.connection)
        #expect(second.children("enc").map { $0.string("type") } == ["skmsg"])
        #expect(try bench.device.decryptGroup(second) == "two")
        #expect(bench.texts(Self.eve) == ["one", "two"])
        var retry = Self.receipt(for: second)
        retry.attributes["type"] = "retry"
        retry.content = .nodes([
            Node("retry", ["count": "1", "id": "B2", "t": "1", "v": "1"]), Node("registration", bytes: [0, 0, 0, 1]),
        ])
        try bench.put(retry)
        let again = try bench.bench.next("message", on: bench.connection)
        #expect(again.child("enc")?.string("count") == "1")
        #expect(try bench.device.decryptGroup(again) == "two")
        #expect(bench.bench.complaints == [])
    }

    @Test func `a phone uses a new key when somebody has left`() throws {
        var bench = try Self.bench()
        let group = bench.group.description
        bench.change { $0.send(.text("one"), from: Self.bob, to: group, id: "B1") }
        bench.change { _ = $0.removeMember(Self.eve, from: group, byAdmin: true) }
        bench.change { $0.send(.text("two"), from: Self.bob, to: group, id: "B2") }
        let messages = (bench.bench.sent[bench.connection] ?? []).filter { $0.tag == "message" }
        #expect(messages.map { $0.children("enc").count } == [2, 2])
        #expect(bench.texts(Self.eve) == ["one"])
    }

    struct WrongMessage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: String
        let change: @Sendable (inout Node) -> Void
    }

    private static func wrong(
        _ name: String, _ code: String, _ change: @escaping @Sendable (inout Node) -> Void
    ) -> WrongMessage { WrongMessage(testDescription: name, code: code, change: change) }

    private static let wrongMessages = [
        Self.wrong("with a token", "479") { $0.append(Node("tctoken", bytes: [1])) },
        Self.wrong("with a number beside it", "479") {
            $0.attributes["peer_recipient_pn"] = "15550002222@s.whatsapp.net"
        },
        Self.wrong("without ciphertext for all", "400") { $0.drop("enc") },
        Self.wrong("with two ciphertexts for all", "400") { node in
            if let enc = node.child("enc") { node.append(enc) }
        },
        Self.wrong("with a media type on a text", "479") {
            $0.changeChild("enc") { $0.attributes["mediatype"] = "image" }
        },
        Self.wrong("with a body that cannot be read", "400") { $0.changeChild("enc") { $0.content = .bytes([0x33]) } },
        Self.wrong("of type media without media type", "479") { $0.attributes["type"] = "media" },
        Self.wrong("with a hash that is none", "400") { $0.attributes["phash"] = "1:abc" },
        Self.wrong("with an unknown mode", "400") { $0.attributes["addressing_mode"] = "other" },
        Self.wrong("without device-identity", "479") { $0.drop("device-identity") },
        Self.wrong("with a participant named otherwise", "400") { node in
            node.changeChild("participants") { list in
                guard case .nodes(var children) = list.content else { return }
                children[0].attributes["jid"] = "15550002222@s.whatsapp.net"
                list.content = .nodes(children)
            }
        },
    ]

    @Test(arguments: Self.wrongMessages)
    func `a wrong message to a group is refused`(message: WrongMessage) throws {
        var bench = try Self.bench()
        let everybody = try bench.everybody()
        let missing = everybody.filter { !bench.device.hasSession(with: $0) }
        try bench.device.startSessions(
            try bench.bench.query(bench.device.bundleQuery(missing), on: bench.connection))
        var node = try bench.device.groupMessage(
            .text("hello"), id: "A1", to: bench.group, newcomers: everybody, everybody: everybody)
        message.change(&node)
        try bench.put(node)
        #expect(try bench.ack().string("error") == message.code)
        #expect(bench.bench.complaints.count == 1)
        #expect(bench.texts(Self.bob) == [])
    }

    @Test func `a stranger among the participants is refused`() throws {
        var bench = try Self.bench()
        let dan = try bench.bench.lid(of: "15550004444")
        try bench.send(.text("hello"), id: "A1", to: bench.everybody() + [dan])
        #expect(try bench.ack().string("error") == "479")
        #expect(bench.bench.complaints.count == 1)
    }

    private static func receipt(for stanza: Node) -> Node {
        var node = Node("receipt")
        for key in ["id", "participant"] { node.attributes[key] = stanza.attributes[key] }
        node.attributes["to"] = stanza.attributes["from"]
        return node
    }
}

extension Node {
    fileprivate mutating func append(_ child: Node) { self.content = .nodes(self.children + [child]) }

    fileprivate mutating func drop(_ tag: String) { self.content = .nodes(self.children.filter { $0.tag != tag }) }

    fileprivate mutating func changeChild(_ tag: String, _ change: (inout Node) -> Void) {
        var children = self.children
        for index in children.indices where children[index].tag == tag { change(&children[index]) }
        self.content = .nodes(children)
    }
}
