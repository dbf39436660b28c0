import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppSimulator

struct SimulatedServiceQueryTests {
    private typealias Bench = ServiceBench

    private static func linked() throws -> (Bench, TestDevice, ConnectionID) {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        return (bench, device, id)
    }

    private static func code(_ answer: Node) -> Int? { answer.child("error")?.integer("code") }

    // MARK: Numbers and devices

    @Test func `numbers are found by either name, and unknown ones are out`() throws {
        var (bench, device, id) = try Self.linked()
        bench.service.missing.insert(Bench.eve)
        let answer = try bench.query(device.contactQuery([Bench.bob, Bench.eve]), on: id)
        let users = try require(answer.child("usync")?.child("list")).children
        #expect(users[0].jid("jid") == (try bench.lid(of: Bench.bob)))
        #expect(users[0].jid("pn_jid")?.user == Bench.bob)
        #expect(users.map { $0.child("contact")?.string("type") } == ["in", "out"])
        #expect(users.map { $0.child("contact")?.text } == ["+\(Bench.bob)", "+\(Bench.eve)"])
        bench.service.settings.naming = .pn
        let second = try bench.query(device.contactQuery([Bench.bob]), on: id)
        let user = try require(second.child("usync")?.child("list")?.children.first)
        #expect(user.jid("jid")?.user == Bench.bob)
        #expect(user.attributes["pn_jid"] == nil)
        #expect(bench.complaints == [])
    }

    @Test func `a device list has the devices with their indexes, signed by the account`() throws {
        var (bench, device, id) = try Self.linked()
        bench.service.addAccount(AccountScript(number: Bench.bob, devices: 1))
        let lid = try bench.lid(of: Bench.bob)
        let answer = try bench.query(device.deviceQuery([lid]), on: id)
        let user = try require(answer.child("usync")?.child("list")?.children.first)
        let devices = try require(user.child("devices"))
        #expect(devices.child("device-list")?.children.map { $0.string("id") } == ["0", "1"])
        #expect(devices.child("device-list")?.children.map { $0.string("key-index") } == [nil, "1"])
        let list = try KeyIndexList(serialized: try require(devices.child("key-index-list")?.bytes))
        #expect(list.validIndexes == [0, 1])
        #expect(list.currentIndex == 1)
    }

    @Test(arguments: ["sid", "mode", "last", "index", "context"])
    func `a user query without one of its attributes is refused`(name: String) throws {
        var (bench, device, id) = try Self.linked()
        var iq = device.contactQuery([Bench.bob])
        var usync = try require(iq.child("usync"))
        usync.attributes[name] = nil
        iq.content = .nodes([usync])
        #expect(Self.code(try bench.query(iq, on: id)) == 400)
        #expect(bench.complaints == ["a user query without \(name)"])
    }

    @Test func `wrong user queries are refused`() throws {
        var (bench, device, id) = try Self.linked()
        let user = Node("user", ["jid": .jid(try bench.lid(of: Bench.bob))])
        let wrong = [
            device.iq("usync", "get"),
            device.usync([Node("age")], [user], context: "message"),
            device.usync([], [user], context: "message"),
            device.usync([Node("devices", ["version": "1"])], [user], context: "message"),
            device.usync([Node("contact")], [], context: "message"),
            device.usync([Node("contact")], [Node("user")], context: "message"),
            device.usync(
                [Node("contact")], [Node("user", children: [Node("contact", content: .text("555"))])],
                context: "interactive"),
            device.usync(
                [Node("devices", ["version": "2"])],
                [Node("user", ["jid": .jid(try bench.lid(of: Bench.bob).withDevice(2))])], context: "message"),
        ]
        for iq in wrong { #expect(Self.code(try bench.query(iq, on: id)) == 400, "\(iq)") }
        #expect(bench.complaints.count == wrong.count)
    }

    @Test func `many users in one query are let pass with a complaint`() throws {
        var (bench, device, id) = try Self.linked()
        let numbers = (0..<51).map { "1555111\(1000 + $0)" }
        #expect(try bench.query(device.contactQuery(numbers), on: id).string("type") == "result")
        #expect(bench.complaints == ["51 users in one query"])
    }

    // MARK: Pre-keys

    @Test func `each one-time key is handed out once, and their owner is told when few are left`() throws {
        var (bench, device, id) = try Self.linked()
        _ = try bench.query(device.upload(ids: 1...6), on: id)
        var other = try TestDevice(seed: 2)
        let second = try bench.link(&other, to: Bench.bob)
        let lid = try require(device.lid)
        var ids: [UInt32] = []
        for _ in 1...7 {
            let answer = try bench.query(other.bundleQuery([lid]), on: second)
            let user = try require(answer.child("list")?.children.first)
            let bundle = try TestDevice.bundle(user)
            try bundle.check()
            if let id = bundle.preKey?.id { ids.append(id) }
        }
        #expect(ids == [1, 2, 3, 4, 5, 6])
        let counts = (bench.sent[id] ?? []).filter { $0.string("type") == "encrypt" }
        #expect(counts.map { $0.child("count")?.string("value") } == ["4", "3", "2", "1", "0"])
        #expect(
            try bench.query(device.iq("encrypt", "get", [Node("count")]), on: id).child("count")?.integer("value") == 0)
    }

    @Test func `a bundle nobody has is an error of its user`() throws {
        var (bench, device, id) = try Self.linked()
        let lid = try bench.lid(of: Bench.bob)
        let answer = try bench.query(device.bundleQuery([lid, lid.withDevice(7)]), on: id)
        let users = try require(answer.child("list")).children
        #expect(users.map { $0.child("error")?.string("code") } == [nil, "404"])
    }

    @Test func `a digest says what the service has`() throws {
        var (bench, device, id) = try Self.linked()
        #expect(Self.code(try bench.query(device.iq("encrypt", "get", [Node("digest")]), on: id)) == 404)
        _ = try bench.query(device.upload(ids: 1...3), on: id)
        let answer = try bench.query(device.iq("encrypt", "get", [Node("digest")]), on: id)
        let digest = try require(answer.child("digest"))
        var input = device.identityPair.publicKey.bytes + device.signedPreKey.keyPair.publicKey.bytes
        input += device.signedPreKey.signature
        for id in 1...3 as ClosedRange<UInt32> { input += device.store.preKeys[id]?.keyPair.publicKey.bytes ?? [] }
        #expect(try digest.child("hash")?.bytes == Digest.sha1.hash(input))
        #expect(digest.child("list")?.children.count == 3)
    }

    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let apply: @Sendable (inout [Node]) throws -> Void

        init(_ description: String, _ apply: @escaping @Sendable (inout [Node]) throws -> Void) {
            self.testDescription = description
            self.apply = apply
        }
    }

    static let uploads: [Damage] = [
        Damage("another order") { $0.swapAt(0, 1) },
        Damage("a registration of three bytes") { $0[0] = Node("registration", bytes: [1, 2, 3]) },
        Damage("another type") { $0[1] = Node("type", bytes: [6]) },
        Damage("an identity as text") { $0[2] = Node("identity", content: .text("abc")) },
        Damage("another identity") { $0[2] = Node("identity", bytes: [UInt8](repeating: 9, count: 32)) },
        Damage("no keys") { $0[3] = Node("list", children: []) },
        Damage("a key twice") { $0[3] = Node("list", children: $0[3].children + $0[3].children) },
        Damage("a key with id 0") {
            let key = $0[3].children[0]
            $0[3] = Node(
                "list",
                children: [Node("key", children: [Node("id", bytes: [0, 0, 0]), try require(key.child("value"))])])
        },
        Damage("a wrong signature") {
            var signature = try require($0[4].child("signature")?.bytes)
            signature[0] ^= 1
            $0[4] = Node("skey", children: $0[4].children.dropLast() + [Node("signature", bytes: signature)])
        },
    ]

    @Test(arguments: uploads)
    func `a wrong upload is refused`(damage: Damage) throws {
        var (bench, device, id) = try Self.linked()
        var iq = try device.upload(ids: 1...2)
        var children = iq.children
        try damage.apply(&children)
        iq.content = .nodes(children)
        #expect([400, 406].contains(Self.code(try bench.query(iq, on: id))))
        #expect(bench.complaints.count == 1)
        #expect(bench.service.companions.values.first?.preKeys.count == 0)
    }

    // MARK: Others

    @Test func `unknown kinds are refused with 501, and wrong questions with 400`() throws {
        var (bench, device, id) = try Self.linked()
        #expect(Self.code(try bench.query(device.iq("w:profile:picture", "get", [Node("x")]), on: id)) == 501)
        #expect(Self.code(try bench.query(device.iq("w:g2", "get", [Node("x")]), on: id)) == 400)
        #expect(Self.code(try bench.query(device.iq("w:g2", "set", [Node("create")]), on: id)) == 501)
        #expect(Self.code(try bench.query(device.iq("w:m", "set", [Node("x")]), on: id)) == 400)
        #expect(bench.complaints.count == 4)
    }

    @Test func `an iq without id, with a used one, or not for the service is complained about`() throws {
        var (bench, device, id) = try Self.linked()
        var ping = device.iq("w:p", "get")
        _ = try bench.query(ping, on: id)
        _ = try bench.query(ping, on: id)
        ping.attributes["id"] = nil
        bench.put(.stanza(id, ping))
        var other = device.iq("w:p", "get")
        other.attributes["to"] = .jid(try bench.lid(of: Bench.bob))
        #expect(Self.code(try bench.query(other, on: id)) == 400)
        #expect(bench.complaints.count == 3)
    }

    @Test func `the service answers pings, and what it is told of dirt`() throws {
        var (bench, device, id) = try Self.linked()
        #expect(try bench.query(device.iq("w:p", "get"), on: id).integer("t") == 1_700_000_000)
        let clean = device.iq("urn:xmpp:whatsapp:dirty", "set", [Node("clean", ["type": "groups"])])
        #expect(try bench.query(clean, on: id).string("type") == "result")
    }

    @Test func `queries about restrictions are answered, unknown ones refused`() throws {
        var (bench, device, id) = try Self.linked()
        func mex(_ id: String) -> Node {
            device.iq(
                "w:mex", "get", [Node("query", ["query_id": .string(id)], bytes: Array(#"{"variables":{}}"#.utf8))])
        }
        let lock = try bench.query(mex("23983697327930364"), on: id)
        #expect(lock.child("result")?.text == #"{"data":{"xwa2_fetch_account_reachout_timelock":{"is_active":false}}}"#)
        #expect(try bench.query(mex("24503548349331633"), on: id).child("result")?.text?.contains("NONE") == true)
        #expect(Self.code(try bench.query(mex("1"), on: id)) == 400)
    }

    @Test func `a token that was given is known by its recipient, and no other is`() throws {
        var (bench, device, id) = try Self.linked()
        var peer = try TestDevice(seed: 2)
        let second = try bench.link(&peer, to: Bench.bob)
        let lid = try bench.lid(of: Bench.bob)
        let token = Node("token", ["jid": .jid(lid), "t": "1700000000", "type": "trusted_contact"])
        let answer = try bench.query(device.iq("privacy", "set", [Node("tokens", children: [token])]), on: id)
        #expect(answer.string("type") == "result")
        let notification = try bench.next("notification", on: second)
        let bytes = try require(notification.child("tokens")?.child("token")?.bytes)
        let ann = try bench.lid(of: Bench.ann)
        try peer.startSessions(try bench.query(peer.bundleQuery([ann]), on: second))
        for (number, tokenBytes) in [bytes, [1, 2, 3]].enumerated() {
            var message = try peer.message("hi", id: "B\(number)", to: ann, devices: [ann])
            message.content = .nodes(message.children + [Node("tctoken", bytes: tokenBytes)])
            bench.put(.stanza(second, message))
        }
        #expect(bench.complaints == ["a token that the recipient did not give"])
    }

    @Test func `presence and typing reach those concerned`() throws {
        var (bench, _, id) = try Self.linked()
        let lid = try bench.lid(of: Bench.bob)
        let typing = Node("chatstate", ["to": .jid(lid)], children: [Node("composing")])
        bench.put(.stanza(id, typing))
        #expect(bench.service.phones[SimulatedDeviceID(number: Bench.bob)]?.typingCount ?? 0 == 0)
        bench.put(.stanza(id, Node("presence", ["type": "available", "name": "Ann"])))
        bench.put(.stanza(id, typing))
        #expect(bench.service.phones[SimulatedDeviceID(number: Bench.bob)]?.typingCount == 1)
        bench.put(.stanza(id, Node("presence", ["type": "subscribe", "to": .jid(lid)])))
        #expect(try bench.next("presence", on: id).jid("from") == lid)
        bench.put(.person(.setOnline(number: Bench.bob, false)))
        #expect(try bench.next("presence", on: id).string("type") == "unavailable")
        bench.put(.person(.setTyping(from: Bench.bob, to: Bench.ann, true)))
        #expect(try bench.next("chatstate", on: id).child("composing") != nil)
        #expect(bench.complaints == [])
        bench.put(.stanza(id, Node("presence", ["type": "available"])))
        bench.put(.stanza(id, Node("presence", ["type": "odd", "name": "Ann"])))
        bench.put(.stanza(id, Node("chatstate", ["to": .jid(lid)])))
        bench.put(.stanza(id, Node("ib", children: [Node("odd")])))
        bench.put(.stanza(id, Node("stream")))
        #expect(bench.complaints.count == 5)
    }

    @Test func `acks and receipts for what was never sent are complained about`() throws {
        var (bench, _, id) = try Self.linked()
        let lid = try bench.lid(of: Bench.bob)
        bench.put(.stanza(id, Node("ack", ["class": "notification", "id": "77", "to": .jid(lid), "type": "devices"])))
        bench.put(.stanza(id, Node("ack", ["class": "notification"])))
        bench.put(.stanza(id, Node("receipt", ["id": "X", "to": .jid(lid)])))
        bench.put(.stanza(id, Node("receipt", ["id": "X", "to": .jid(.service)])))
        bench.put(.stanza(id, Node("receipt", ["to": .jid(lid)])))
        bench.put(.stanza(id, Node("iq", ["type": "result", "id": "never"])))
        #expect(bench.complaints.count == 6)
    }

    @Test func `a device that is not linked yet may do little`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = bench.connect(device, try device.registration())
        #expect(try bench.query(device.iq("w:p", "get"), on: id).string("type") == "result")
        #expect(Self.code(try bench.query(device.contactQuery([Bench.bob]), on: id)) == 401)
        bench.put(.stanza(id, Node("message", ["id": "A1"])))
        #expect(bench.complaints.count == 2)
    }
}
