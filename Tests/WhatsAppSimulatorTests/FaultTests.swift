import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppSimulator

/// Every fault does what it says.
struct FaultTests {
    private typealias Bench = ServiceBench

    private static func linked(_ faults: String) throws -> (Bench, TestDevice, ConnectionID) {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        try bench.fault(faults)
        return (bench, device, id)
    }

    private static func send(
        _ count: Int = 1, _ bench: inout Bench, _ device: inout TestDevice, _ id: ConnectionID,
        to number: String = Bench.bob
    ) throws {
        for index in 1...count { try bench.send("text \(index)", id: "A\(index)", to: number, from: &device, on: id) }
    }

    private static func acks(_ bench: Bench, _ id: ConnectionID) -> [String] {
        (bench.sent[id] ?? []).filter { $0.tag == "ack" }.map {
            "\($0.string("id") ?? "")\($0.string("error").map { " \($0)" } ?? "")"
        }
    }

    private static func texts(_ bench: Bench) -> [String] { bench.inbox(Bench.bob).map(\.text) }

    // MARK: Acks

    @Test func `an ack error hits the messages that were named, and those are not delivered`() throws {
        var (bench, device, id) = try Self.linked(
            #"{"on": "message", "nth": 2, "times": 2, "to": "\#(Bench.bob)", "do": "ackError", "code": 463}"#)
        try Self.send(1, &bench, &device, id, to: Bench.eve)
        try Self.send(4, &bench, &device, id)
        #expect(Self.acks(bench, id) == ["A1", "A1", "A2 463", "A3 463", "A4"])
        #expect(Self.texts(bench) == ["text 1", "text 4"])
        #expect(bench.service.faults.isEmpty)
        #expect(bench.complaints == [])
    }

    @Test func `an ack can be lost or late while the message arrives`() throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "message", "do": "dropAck"}, {"on": "message", "nth": 2, "do": "delayAck", "seconds": 7}]"#)
        try Self.send(2, &bench, &device, id)
        #expect(Self.texts(bench) == ["text 1", "text 2"])
        #expect(Self.acks(bench, id) == [])
        bench.pass(7)
        #expect(Self.acks(bench, id) == ["A2"])
    }

    @Test func `a connection that ends before the ack has its receipts after the next login`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "do": "disconnectBeforeAck"}"#)
        try Self.send(1, &bench, &device, id)
        #expect(bench.broken.contains(id))
        #expect(Self.acks(bench, id) == [])
        #expect(Self.texts(bench) == ["text 1"])
        bench.put(.disconnected(id))
        let second = try bench.logIn(&device)
        let receipt = try bench.next("receipt", on: second)
        #expect(receipt.string("id") == "A1")
        #expect(receipt.string("offline") != nil)
        bench.put(.stanza(second, TestDevice.ack(receipt)))
        // The same id once more settles it.
        try Self.send(1, &bench, &device, second)
        #expect(Self.acks(bench, second) == ["A1"])
        #expect(bench.inbox(Bench.bob).map(\.repeats) == [0])
        #expect(bench.complaints == [])
    }

    @Test func `a connection can end after the ack, or before the message counts`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "do": "disconnectAfterAck"}"#)
        try Self.send(1, &bench, &device, id)
        #expect(Self.acks(bench, id) == ["A1"])
        #expect(bench.closed.contains(id))
        bench.put(.disconnected(id))
        let second = try bench.logIn(&device)
        try bench.fault(#"{"on": "message", "do": "disconnect"}"#)
        try bench.send("lost", id: "A2", to: Bench.bob, from: &device, on: second)
        #expect(bench.closed.contains(second))
        #expect(Self.texts(bench) == ["text 1"])
    }

    // MARK: Delivery

    @Test func `a message that arrives twice is shown once`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "do": "duplicate"}"#)
        try Self.send(1, &bench, &device, id)
        #expect(bench.inbox(Bench.bob).map(\.repeats) == [1])
        #expect(bench.service.counts.rawRepeats == 1)
        #expect(bench.service.counts.shownMessages == 1)
        #expect((bench.sent[id] ?? []).filter { $0.tag == "receipt" && $0.string("type") == nil }.count == 2)
    }

    @Test func `receipts can come before the ack`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "do": "reorder"}"#)
        try Self.send(1, &bench, &device, id)
        let tags = (bench.sent[id] ?? []).map(\.tag).filter { ["ack", "receipt"].contains($0) }
        #expect(tags == ["receipt", "receipt", "ack"])
    }

    @Test func `a message can be taken and never arrive, or arrive late`() throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "message", "do": "undelivered"}, {"on": "message", "nth": 2, "do": "delayDelivery", "seconds": 9}]"#
        )
        try Self.send(2, &bench, &device, id)
        #expect(Self.acks(bench, id) == ["A1", "A2"])
        #expect(Self.texts(bench) == [])
        bench.pass(9)
        #expect(Self.texts(bench) == ["text 2"])
    }

    @Test func `a phone that has lost its session asks until it can read, and shows the message once`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "nth": 2, "do": "loseSession"}"#)
        try Self.send(2, &bench, &device, id)
        let retry = try #require((bench.sent[id] ?? []).first { $0.string("type") == "retry" })
        #expect(retry.child("retry")?.integer("count") == 1)
        #expect(retry.child("keys") == nil)
        let phone = try require(retry.jid("from"))
        // Once with the session that does not work, then with the keys that come along.
        for count in 1...2 {
            var enc = try device.enc(.text("text 2"), for: phone, chat: phone)
            enc.attributes["count"] = .integer(count)
            var children = [enc]
            if enc.string("type") == "pkmsg" {
                children.append(Node("device-identity", bytes: try require(device.proof).serialized()))
            }
            bench.put(
                .stanza(
                    id,
                    Node(
                        "message",
                        ["id": "A2", "to": .jid(phone), "type": "text", "device_fanout": "false"], children: children)))
            guard count == 1 else { continue }
            let second = try #require((bench.sent[id] ?? []).last { $0.string("type") == "retry" })
            var user = try require(second.child("keys"))
            user.content = .nodes(user.children + [try require(second.child("registration"))])
            user.attributes["jid"] = .jid(phone)
            try device.startSessions(Node("iq", children: [Node("list", children: [user])]))
        }
        #expect(Self.texts(bench) == ["text 1", "text 2"])
        #expect(bench.service.counts.undecryptable == 2)
        #expect(bench.complaints == [])
    }

    @Test func `a phone can answer and read`() throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "message", "do": "reply", "text": "STOP", "seconds": 2}, {"on": "message", "do": "read", "seconds": 1}]"#
        )
        _ = try bench.query(device.upload(ids: 1...10), on: id)
        try Self.send(1, &bench, &device, id)
        bench.pass(1)
        #expect((bench.sent[id] ?? []).contains { $0.string("type") == "read" })
        bench.pass(1)
        #expect(try device.decrypt(bench.next("message", on: id)) == "STOP")
    }

    // MARK: To the companion

    private static func incoming(_ faults: String) throws -> (Bench, TestDevice, [Node]) {
        var (bench, device, id) = try Self.linked(faults)
        _ = try bench.query(device.upload(ids: 1...10), on: id)
        for number in 1...2 {
            bench.put(.person(.send(from: Bench.bob, to: Bench.ann, text: "text \(number)", id: "B\(number)")))
        }
        return (bench, device, (bench.sent[id] ?? []).filter { $0.tag == "message" })
    }

    @Test func `a companion can get a message twice, late, or not at all`() throws {
        #expect(
            try Self.incoming(#"{"on": "delivery", "do": "duplicate"}"#).2.map { $0.string("id") } == [
                "B1", "B1", "B2",
            ])
        #expect(try Self.incoming(#"{"on": "delivery", "do": "reorder"}"#).2.map { $0.string("id") } == ["B2", "B1"])
        #expect(try Self.incoming(#"{"on": "delivery", "do": "drop"}"#).2.map { $0.string("id") } == ["B2"])
    }

    @Test func `a message held back comes alone when nothing follows`() throws {
        var (bench, _, id) = try Self.linked(#"{"on": "delivery", "do": "reorder"}"#)
        bench.put(.person(.send(from: Bench.bob, to: Bench.ann, text: "text", id: "B1")))
        #expect(throws: NothingSent.self) { try bench.next("message", on: id) }
        bench.pass(1)
        #expect(try bench.next("message", on: id).string("id") == "B1")
    }

    @Test func `a corrupt message is sent again when it is asked for`() throws {
        var (bench, device, messages) = try Self.incoming(#"{"on": "delivery", "do": "corrupt"}"#)
        let id = ConnectionID(number: 2)
        #expect(throws: (any Error).self) { try device.decrypt(messages[0]) }
        bench.sent = [:]
        for count in 1...2 {
            let retry = Node("retry", ["count": .integer(count), "id": "B1", "t": "0", "v": "1"])
            bench.put(
                .stanza(
                    id,
                    Node(
                        "receipt", ["id": "B1", "to": messages[0].attributes["from"] ?? "", "type": "retry"],
                        children: [retry, Node("registration", bytes: [0, 0, 0, 1])])))
            let again = try bench.next("message", on: id)
            #expect(again.child("enc")?.integer("count") == count)
            #expect(try device.decrypt(again) == "text 1")
        }
    }

    // MARK: Queries and logins

    @Test(arguments: ["usync", "preKeys", "upload"])
    func `a query can be refused, or never answered`(event: String) throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "\#(event)", "do": "iqError", "code": 429, "backoff": 60}, {"on": "\#(event)", "nth": 2, "do": "dropAnswer"}]"#
        )
        let lid = try bench.lid(of: Bench.bob)
        func query() throws -> Node {
            switch event {
            case "usync": device.deviceQuery([lid])
            case "preKeys": device.bundleQuery([lid])
            default: try device.upload(ids: 1...1)
            }
        }
        let error = try bench.query(query(), on: id).child("error")
        #expect(error?.integer("code") == 429)
        #expect(error?.string("text") == "rate-overlimit")
        #expect(error?.integer("backoff") == 60)
        #expect(throws: NothingSent.self) { try bench.query(query(), on: id) }
        #expect(try bench.query(query(), on: id).string("type") == "result")
        #expect(bench.complaints == [])
    }

    @Test func `bundles can lack the one-time key or be signed wrong`() throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "preKeys", "do": "withoutOneTimeKey"}, {"on": "preKeys", "nth": 2, "do": "wrongSignature"}]"#)
        let lid = try bench.lid(of: Bench.bob)
        let first = try TestDevice.bundle(
            try require(bench.query(device.bundleQuery([lid]), on: id).child("list")?.children.first))
        #expect(first.preKey == nil)
        try first.check()
        let second = try TestDevice.bundle(
            try require(bench.query(device.bundleQuery([lid]), on: id).child("list")?.children.first))
        #expect(throws: (any Error).self) { try second.check() }
    }

    @Test(arguments: [401, 402, 403, 405, 406, 409, 500, 501, 503])
    func `a login can be refused for any reason`(reason: Int) throws {
        var (bench, device, _) = try Self.linked(
            #"{"on": "login", "from": "\#(Bench.ann)", "do": "failure", "reason": \#(reason), "code": 101, "expire": 3600}"#
        )
        let id = try bench.logIn(&device, activates: false)
        let failure = try bench.next("failure", on: id)
        #expect(failure.integer("reason") == reason)
        #expect(failure.integer("code") == 101)
        #expect(failure.integer("expire") == 3600)
        #expect(bench.closed.contains(id))
        _ = try bench.logIn(&device)
        #expect(bench.complaints == [])
    }

    @Test func `a success can be late, and keepalives unanswered`() throws {
        var (bench, device, _) = try Self.linked(
            #"[{"on": "login", "do": "delaySuccess", "seconds": 4}, {"on": "login", "nth": 1, "do": "silence"}]"#)
        let id = try bench.logIn(&device, activates: false)
        #expect(throws: NothingSent.self) { try bench.next("success", on: id) }
        bench.pass(4)
        _ = try bench.next("success", on: id)
        #expect(throws: NothingSent.self) { try bench.query(device.iq("w:p", "get"), on: id) }
    }

    @Test(arguments: [("compress", FrameStyle.compressed), ("split", .split), ("join", .joined)])
    func `a login decides how frames look`(word: String, style: FrameStyle) throws {
        var (bench, device, _) = try Self.linked(#"{"on": "login", "do": "\#(word)"}"#)
        let id = try bench.logIn(&device)
        #expect(bench.styles[id] == style)
    }

    @Test func `a timer that comes too early is asked for again`() throws {
        var (bench, _, id) = try Self.linked(#"{"after": 10, "do": "disconnect"}"#)
        let due = try #require(bench.wake)
        bench.wake = nil
        bench.pass(9)
        #expect(bench.wake == due)
        bench.pass(1)
        #expect(bench.closed.contains(id))
    }

    // MARK: Streams and accounts

    @Test func `a stream can end in every way`() throws {
        let endings: [(String, (Node) -> Bool)] = [
            (#""do": "streamError", "code": 515"#, { $0.string("code") == "515" }),
            (#""do": "streamError", "code": 503"#, { $0.string("code") == "503" }),
            (#""do": "streamError", "child": "ack""#, { $0.child("ack") != nil }),
            (#""do": "conflict""#, { $0.child("conflict")?.string("type") == "replaced" }),
            (#""do": "conflict", "type": "device_removed", "code": 401"#, { $0.string("code") == "401" }),
        ]
        for (ending, condition) in endings {
            var (bench, _, id) = try Self.linked(#"{"after": 3, "from": "\#(Bench.ann)", \#(ending)}"#)
            #expect(!bench.closed.contains(id))
            bench.pass(3)
            #expect(condition(try bench.next("stream:error", on: id)), "\(ending)")
            #expect(bench.closed.contains(id))
        }
    }

    @Test func `a device can be unlinked, disconnected and pinged`() throws {
        var (bench, device, id) = try Self.linked(#"[{"do": "serverPing"}, {"do": "serverPing", "withoutId": true}]"#)
        let pings = (bench.sent[id] ?? []).filter { $0.string("xmlns") == "urn:xmpp:ping" }
        #expect(pings.map { $0.string("id") == nil } == [false, true])
        bench.put(
            .stanza(id, Node("iq", ["type": "result", "to": .jid(.service), "id": pings[0].attributes["id"] ?? ""])))
        bench.put(.stanza(id, Node("iq", ["type": "result", "to": .jid(.service)])))
        #expect(bench.complaints == [])
        try bench.fault(#"{"do": "disconnect"}"#)
        #expect(bench.closed.contains(id))
        bench.put(.disconnected(id))
        let second = try bench.logIn(&device)
        try bench.fault(#"{"do": "unlink"}"#)
        #expect(try bench.next("stream:error", on: second).child("conflict")?.string("type") == "device_removed")
        let third = try bench.logIn(&device, activates: false)
        #expect(try bench.next("failure", on: third).integer("reason") == 401)
    }

    @Test func `a time-lock refuses strangers, is announced, and ends`() throws {
        var (bench, device, id) = try Self.linked(
            #"{"do": "timeLock", "seconds": 60, "enforcement": "WEB_COMPANION_ONLY"}"#)
        let notification = try bench.next("notification", on: id)
        #expect(notification.string("type") == "mex")
        let text = try require(notification.child("update")?.text)
        #expect(text.contains(#""is_active":true"#))
        #expect(text.contains(#""time_enforcement_ends":"1700000060""#))
        #expect(text.contains("WEB_COMPANION_ONLY"))
        bench.put(.person(.send(from: Bench.eve, to: Bench.ann, text: "hi", id: "E1")))
        try Self.send(1, &bench, &device, id)
        try Self.send(1, &bench, &device, id, to: Bench.eve)
        #expect(Self.acks(bench, id) == ["A1 463", "A1"])
        bench.pass(60)
        try Self.send(1, &bench, &device, id)
        #expect(Self.acks(bench, id) == ["A1 463", "A1", "A1"])
        try bench.fault(#"{"do": "timeLock", "seconds": 0}"#)
        let lifted = (bench.sent[id] ?? []).last { $0.string("type") == "mex" }
        #expect(lifted?.child("update")?.text?.contains(#""is_active":false"#) == true)
    }

    @Test func `new chats above the cap are refused with 475`() throws {
        var (bench, device, id) = try Self.linked(
            #"{"do": "capping", "status": "FIRST_WARNING", "total": 1, "used": 0, "seconds": 100}"#)
        #expect(try bench.next("notification", on: id).child("update")?.text?.contains("FIRST_WARNING") == true)
        try Self.send(1, &bench, &device, id)
        #expect(try bench.next("notification", on: id).child("update")?.text?.contains("CAPPED") == true)
        try Self.send(1, &bench, &device, id, to: Bench.eve)
        try bench.send("again", id: "A2", to: Bench.bob, from: &device, on: id)
        #expect(Self.acks(bench, id) == ["A1", "A1 475", "A2"])
    }

    @Test func `the pre-keys of a companion can run low`() throws {
        var (bench, device, id) = try Self.linked("[]")
        _ = try bench.query(device.upload(ids: 1...20), on: id)
        try bench.fault(#"{"do": "preKeyCount", "count": 3}"#)
        #expect(try bench.next("notification", on: id).child("count")?.integer("value") == 3)
        #expect(
            try bench.query(device.iq("encrypt", "get", [Node("count")]), on: id).child("count")?.integer("value") == 3)
    }

    // MARK: People

    @Test func `a person with a new identity is announced, and can be written to again`() throws {
        var (bench, device, id) = try Self.linked("[]")
        try Self.send(1, &bench, &device, id)
        try bench.fault(#"{"to": "\#(Bench.bob)", "do": "identityChange"}"#)
        let notification = try bench.next("notification", on: id)
        #expect(notification.child("identity") != nil)
        #expect(notification.jid("from") == (try bench.lid(of: Bench.bob)))
        device.store.sessions = [:]
        try bench.send("two", id: "A2", to: Bench.bob, from: &device, on: id)
        #expect(Self.texts(bench) == ["text 1", "two"])
        #expect(bench.complaints == [])
    }

    @Test func `what happens to a person can wait for a login or a query`() throws {
        var (bench, device, id) = try Self.linked(
            #"[{"on": "usync", "to": "\#(Bench.bob)", "do": "addDevice"}, {"on": "login", "to": "\#(Bench.bob)", "do": "addDevice"}]"#
        )
        let lid = try bench.lid(of: Bench.bob)
        _ = try bench.query(device.deviceQuery([lid]), on: id)
        #expect(bench.service.accounts[Bench.bob]?.devices == [0, 1])
        _ = try bench.logIn(&device)
        #expect(bench.service.accounts[Bench.bob]?.devices == [0, 1, 2])
    }

    @Test func `a device list can change between query and send`() throws {
        var (bench, device, id) = try Self.linked(#"{"on": "message", "nth": 2, "do": "addDevice"}"#)
        try Self.send(2, &bench, &device, id)
        let ack = try #require((bench.sent[id] ?? []).last { $0.tag == "ack" })
        #expect(ack.string("phash") != nil)
        let notification = try bench.next("notification", on: id)
        #expect(notification.string("type") == "devices")
        #expect(notification.child("add")?.child("device")?.string("key-index") == "1")
        bench.sent = [:]
        // With the device that is gone now, the message names one that does not exist.
        let chat = try bench.lid(of: Bench.bob)
        let gone = chat.device(1)
        try device.startSessions(try bench.query(device.bundleQuery([gone]), on: id))
        try bench.fault(#"{"to": "\#(Bench.bob)", "do": "removeDevice"}"#)
        bench.put(.stanza(id, try device.message("three", id: "A3", to: chat, devices: [chat, gone])))
        #expect(try bench.next("ack", on: id).integer("error") == 479)
        #expect(bench.complaints == [])
    }

    @Test func `a phone that is off gets its messages when it is on again`() throws {
        var (bench, device, id) = try Self.linked(#"{"to": "\#(Bench.bob)", "do": "phoneOffline"}"#)
        try Self.send(2, &bench, &device, id)
        #expect(Self.acks(bench, id) == ["A1", "A2"])
        #expect(Self.texts(bench) == [])
        try bench.fault(#"{"to": "\#(Bench.bob)", "do": "phoneOnline"}"#)
        #expect(Self.texts(bench) == ["text 1", "text 2"])
        #expect((bench.sent[id] ?? []).filter { $0.tag == "receipt" && $0.string("type") == nil }.count == 2)
    }

    @Test func `a person can write of their own accord`() throws {
        var (bench, device, id) = try Self.linked("[]")
        _ = try bench.query(device.upload(ids: 1...5), on: id)
        try bench.fault(#"{"from": "\#(Bench.ann)", "to": "\#(Bench.bob)", "do": "reply", "text": "hello"}"#)
        #expect(try device.decrypt(bench.next("message", on: id)) == "hello")
    }
}
