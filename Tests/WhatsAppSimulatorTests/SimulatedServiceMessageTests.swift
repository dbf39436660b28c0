import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppSimulator

struct SimulatedServiceMessageTests {
    private typealias Bench = ServiceBench

    private static func linked(seed: UInt64 = 1) throws -> (Bench, TestDevice, ConnectionID) {
        var bench = Bench(seed: seed)
        var device = try TestDevice(seed: seed)
        let id = try bench.link(&device, to: Bench.ann)
        return (bench, device, id)
    }

    @Test func `a text reaches the recipient's phone and the own phone, and its receipts come back`() throws {
        var (bench, device, id) = try Self.linked()
        try bench.send("hello", id: "3EB0A1", to: Bench.bob, from: &device, on: id)
        let ack = try bench.next("ack", on: id)
        #expect(ack.string("class") == "message")
        #expect(ack.string("id") == "3EB0A1")
        #expect(ack.jid("from") == (try bench.lid(of: Bench.bob)))
        #expect(ack.attributes["error"] == nil)
        #expect(ack.attributes["phash"] == nil)
        let delivered = try bench.next("receipt", on: id)
        #expect(delivered.jid("from") == (try bench.lid(of: Bench.bob)))
        #expect(delivered.string("type") == nil)
        let own = try bench.next("receipt", on: id)
        #expect(own.string("type") == "sender")
        #expect(bench.inbox(Bench.bob).map(\.text) == ["hello"])
        #expect(bench.inbox(Bench.bob).map(\.from) == [Bench.ann])
        #expect(bench.inbox(Bench.ann).map(\.isFromMe) == [true])
        #expect(bench.inbox(Bench.ann).map(\.chat) == [Bench.bob])
        #expect(bench.complaints == [])
    }

    @Test func `the same id again is acknowledged and not shown again`() throws {
        var (bench, device, id) = try Self.linked()
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(try bench.next("ack", on: id).string("error") == nil)
        #expect(try bench.next("ack", on: id).string("error") == nil)
        #expect(bench.inbox(Bench.bob).map(\.repeats) == [0])
        #expect(bench.service.counts.acceptedMessages == 1)
        #expect(bench.service.counts.repeatedMessages == 1)
    }

    @Test func `a read receipt comes when the phone has read the message`() throws {
        var (bench, device, id) = try Self.linked()
        bench.service.addAccount(AccountScript(number: Bench.bob, readAfter: 5))
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        bench.sent = [:]
        bench.pass(4)
        #expect(bench.sent[id] == nil)
        bench.pass(1)
        #expect(try bench.next("receipt", on: id).string("type") == "read")
        #expect(bench.inbox(Bench.bob).map(\.isRead) == [true])
    }

    @Test func `a linked device of the recipient gets its own copy`() throws {
        var (bench, device, id) = try Self.linked()
        bench.service.addAccount(AccountScript(number: Bench.bob, devices: 2))
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(bench.inbox(Bench.bob, device: 1).map(\.text) == ["hello"])
        #expect(bench.inbox(Bench.bob, device: 2).map(\.text) == ["hello"])
        #expect(bench.complaints == [])
    }

    @Test func `a device left out is told by the participant hash`() throws {
        var (bench, device, id) = try Self.linked()
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        bench.sent = [:]
        bench.service.addAccount(AccountScript(number: Bench.bob, devices: 1))
        let chat = try bench.lid(of: Bench.bob)
        bench.put(.stanza(id, try device.message("two", id: "A2", to: chat, devices: [chat])))
        #expect(try bench.next("ack", on: id).string("phash")?.hasPrefix("2:") == true)
    }

    /// A way to make a right message wrong, and the code it is refused with.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: Int
        let apply: @Sendable (inout Node) throws -> Void

        init(_ description: String, _ code: Int, _ apply: @escaping @Sendable (inout Node) throws -> Void) {
            self.testDescription = description
            self.code = code
            self.apply = apply
        }
    }

    static func enc(_ node: inout Node, _ change: (inout Node) -> Void) throws {
        var participants = try require(node.child("participants"))
        var to = try require(participants.children.first)
        var enc = try require(to.child("enc"))
        change(&enc)
        to.content = .nodes([enc])
        participants.content = .nodes([to] + participants.children.dropFirst())
        node.content = .nodes([participants] + node.children.dropFirst())
    }

    static let damages: [Damage] = [
        Damage("no type", 479) { $0.attributes["type"] = nil },
        Damage("an unknown type", 479) { $0.attributes["type"] = "novel" },
        Damage("media without media type", 479) { $0.attributes["type"] = "media" },
        Damage("a channel", 405) { $0.attributes["to"] = .jid(try JID("120363000000000001@newsletter")) },
        Damage("nobody", 400) { $0.attributes["to"] = .jid(.service) },
        Damage("a device as recipient", 400) { $0.attributes["to"] = .jid(try require($0.jid("to")).withDevice(3)) },
        Damage("a participant hash", 479) { $0.attributes["phash"] = "2:AAAAAAAA" },
        Damage("an unknown child", 479) { $0.content = .nodes($0.children + [Node("franking")]) },
        Damage("no participants", 400) { $0.content = .nodes(Array($0.children.dropFirst())) },
        Damage("empty participants", 400) {
            $0.content = .nodes([Node("participants", children: [])] + $0.children.dropFirst())
        },
        Damage("a participant twice", 400) {
            let participants = try require($0.child("participants"))
            let twice = Node("participants", children: participants.children + participants.children.prefix(1))
            $0.content = .nodes([twice] + $0.children.dropFirst())
        },
        Damage("mixed addressing", 400) {
            var participants = try require($0.child("participants"))
            var to = try require(participants.children.first)
            to.attributes["jid"] = .jid(try JID(user: ServiceBench.bob, server: .user))
            participants.content = .nodes([to] + participants.children.dropFirst())
            $0.content = .nodes([participants] + $0.children.dropFirst())
        },
        Damage("an unknown device", 479) {
            var participants = try require($0.child("participants"))
            var to = try require(participants.children.first)
            to.attributes["jid"] = .jid(try require(to.jid("jid")).withDevice(9))
            participants.content = .nodes([to] + participants.children.dropFirst())
            $0.content = .nodes([participants] + $0.children.dropFirst())
        },
        Damage("a ciphertext of version 1", 400) { try enc(&$0) { $0.attributes["v"] = "1" } },
        Damage("a ciphertext of another kind", 400) { try enc(&$0) { $0.attributes["type"] = "skmsg" } },
        Damage("a ciphertext as text", 400) { try enc(&$0) { $0.content = .text("abc") } },
        Damage("a ciphertext with a count", 479) { try enc(&$0) { $0.attributes["count"] = "1" } },
        Damage("a media type", 479) { try enc(&$0) { $0.attributes["mediatype"] = "image" } },
        Damage("no device identity", 479) { $0.content = .nodes([try require($0.children.first)]) },
        Damage("a device identity that is no protobuf", 479) {
            $0.content = .nodes([try require($0.children.first), Node("device-identity", bytes: [255, 255])])
        },
        Damage("an altered device identity", 479) {
            var bytes = try require($0.child("device-identity")?.bytes)
            bytes[bytes.count - 1] ^= 1
            $0.content = .nodes([try require($0.children.first), Node("device-identity", bytes: bytes)])
        },
        Damage("another's number", 400) {
            $0.attributes["peer_recipient_pn"] = .jid(try JID(user: ServiceBench.eve, server: .user))
        },
        Damage("a token as text", 479) { $0.content = .nodes($0.children + [Node("tctoken", content: .text("1"))]) },
    ]

    @Test(arguments: damages)
    func `a wrong message is refused with its code and complained about`(damage: Damage) throws {
        var (bench, device, id) = try Self.linked()
        let chat = try bench.lid(of: Bench.bob)
        try device.startSessions(try bench.query(device.bundleQuery([chat]), on: id))
        var message = try device.message("hello", id: "A1", to: chat, devices: [chat])
        try damage.apply(&message)
        bench.put(.stanza(id, message))
        let ack = try bench.next("ack", on: id)
        #expect(ack.integer("error") == damage.code)
        #expect(ack.string("id") == "A1")
        #expect(bench.service.complaints.entries.map(\.answer) == ["ack error \(damage.code)"])
        #expect(bench.service.complaints.entries.map(\.sender) == ["\(Bench.ann):1"])
        #expect(bench.inbox(Bench.bob).isEmpty)
        #expect(bench.service.counts.acceptedMessages == 0)
    }

    @Test func `a message without id ends the stream`() throws {
        var (bench, device, id) = try Self.linked()
        let chat = try bench.lid(of: Bench.bob)
        try device.startSessions(try bench.query(device.bundleQuery([chat]), on: id))
        var message = try device.message("hello", id: "A1", to: chat, devices: [chat])
        message.attributes["id"] = nil
        bench.put(.stanza(id, message))
        #expect(try bench.next("stream:error", on: id).child("xml-not-well-formed") != nil)
        #expect(bench.closed.contains(id))
    }

    @Test func `a number without account is refused, or swallowed when told so`() throws {
        var (bench, _, id) = try Self.linked()
        bench.service.missing.insert(Bench.eve)
        let chat = try JID(user: Bench.eve, server: .user)
        // Any ciphertext will do: nobody decrypts it.
        let enc = Node("enc", ["v": "2", "type": "msg"], bytes: [1, 2, 3])
        let message = Node("message", ["id": "A1", "to": .jid(chat), "type": "text"], children: [enc])
        bench.put(.stanza(id, message))
        #expect(try bench.next("ack", on: id).integer("error") == 404)
        bench.service.settings.unregistered = .accept
        bench.put(.stanza(id, message))
        #expect(try bench.next("ack", on: id).attributes["error"] == nil)
        #expect(bench.complaints == [])
    }

    @Test func `a text that others should not get wrapped is complained about`() throws {
        var (bench, device, id) = try Self.linked()
        let chat = try bench.lid(of: Bench.bob)
        try device.startSessions(try bench.query(device.bundleQuery([chat]), on: id))
        let own = try require(device.lid)
        device.lid = chat
        let enc = try device.enc(.text("hello"), for: chat, chat: own)
        device.lid = own
        let identity = Node("device-identity", bytes: try require(device.proof).serialized())
        bench.put(
            .stanza(id, Node("message", ["id": "A1", "to": .jid(chat), "type": "text"], children: [enc, identity])))
        #expect(bench.complaints == ["a message to others is wrapped as one for own devices"])
    }

    @Test func `numbers and hidden identifiers both lead to the same phone`() throws {
        var (bench, device, id) = try Self.linked()
        let number = try JID(user: Bench.bob, server: .user)
        try device.startSessions(try bench.query(device.bundleQuery([number]), on: id))
        bench.put(.stanza(id, try device.message("hello", id: "A1", to: number, devices: [number])))
        #expect(try bench.next("receipt", on: id).jid("from") == number)
        #expect(bench.inbox(Bench.bob).map(\.text) == ["hello"])
    }

    @Test func `what is acknowledged leaves the queue, the rest comes again`() throws {
        var (bench, device, id) = try Self.linked()
        _ = try bench.query(device.upload(ids: 1...10), on: id)
        for number in 1...3 {
            bench.put(.person(.send(from: Bench.bob, to: Bench.ann, text: "text \(number)", id: "B\(number)")))
        }
        bench.put(.stanza(id, TestDevice.ack(try bench.next("notification", on: id))))
        let first = try bench.next("message", on: id)
        bench.put(.stanza(id, Node("receipt", ["id": "B1", "to": first.attributes["from"] ?? ""])))
        #expect(try bench.next("ack", on: id).string("class") == "receipt")
        bench.put(.stanza(id, TestDevice.ack(first)))
        bench.put(.stanza(id, TestDevice.ack(try bench.next("message", on: id))))
        bench.put(.disconnected(id))
        let second = try bench.logIn(&device)
        #expect((bench.sent[second] ?? []).filter { $0.tag == "message" }.map { $0.string("id") } == ["B3"])
        #expect(bench.complaints == [])
        let sent = bench.service.phones[SimulatedDeviceID(number: Bench.bob)]?.sent
        let (phone, companion) = (SimulatedDeviceID(number: Bench.ann), SimulatedDeviceID(number: Bench.ann, device: 1))
        #expect(sent?["B1"]?.deliveredTo == [phone, companion])
        #expect(sent?["B2"]?.deliveredTo == [phone])
    }

    @Test func `a repetition nobody asked for is complained about`() throws {
        var (bench, device, id) = try Self.linked()
        try bench.send("hello", id: "A1", to: Bench.bob, from: &device, on: id)
        let chat = try bench.lid(of: Bench.bob)
        var enc = try device.enc(.text("hello"), for: chat, chat: chat)
        enc.attributes["count"] = "1"
        let identity = Node("device-identity", bytes: try require(device.proof).serialized())
        bench.put(
            .stanza(
                id,
                Node(
                    "message", ["id": "A1", "to": .jid(chat), "type": "text", "device_fanout": "false"],
                    children: [enc, identity])))
        #expect(bench.complaints == ["a repetition that \(Bench.bob) did not ask for"])
        #expect(bench.inbox(Bench.bob).map(\.repeats) == [1])
    }
}
