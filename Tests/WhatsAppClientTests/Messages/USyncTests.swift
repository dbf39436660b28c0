import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct USyncTests {
    static let now = Date(timeIntervalSince1970: 1_700_000_000)

    private func answer(_ users: [Node], result: [Node] = []) -> Node {
        let usync = Node("usync", children: [Node("result", children: result), Node("list", children: users)])
        return Node("iq", ["type": "result"], children: [usync])
    }

    @Test func `the query about devices has the form the service knows`() {
        let iq = USync.devicesQuery(of: [jid("200000000000002@lid"), jid("100000000000001@lid")], sid: "S")
        #expect(
            iq
                == .iq(
                    "get", xmlns: "usync",
                    children: [
                        Node(
                            "usync",
                            ["sid": "S", "mode": "query", "last": "true", "index": "0", "context": "message"],
                            children: [
                                Node("query", children: [Node("devices", ["version": "2"])]),
                                Node(
                                    "list",
                                    children: ["200000000000002@lid", "100000000000001@lid"].map {
                                        Node("user", ["jid": .jid(jid($0))])
                                    }),
                            ])
                    ]))
    }

    @Test func `the query about numbers asks for them with plus`() throws {
        let iq = USync.contactsQuery(of: ["15550002222"], sid: "S")
        let usync = try #require(iq.child("usync"))
        #expect(usync.string("context") == "interactive")
        #expect(usync.child("query")?.child("contact")?.string("addressing_mode") == "lid")
        #expect(usync.child("list")?.children.first?.child("contact")?.text == "+15550002222@c.us")
        #expect(
            usync.child("list")?.children.first?.child("contact")?.content == .bytes(Array("+15550002222@c.us".utf8)))
    }

    @Test func `the query for hidden ids is one for full users`() {
        let usync = USync.lidsQuery(of: [jid("15550002222@s.whatsapp.net")], sid: "S").child("usync")
        #expect(usync?.string("mode") == "full")
        #expect(usync?.string("context") == "background")
        #expect(usync?.child("query")?.child("lid") != nil)
    }

    @Test func `answers about numbers are matched by their text and keep the account the server names`() throws {
        let users = [
            Node("user", children: [Node("contact", ["type": "out"], bytes: Array("+15550009999@c.us".utf8))]),
            // A Brazilian number written with the ninth digit: the account has it without.
            Node(
                "user", ["jid": .jid(jid("3@lid")), "pn_jid": .jid(jid("551155550000@s.whatsapp.net"))],
                children: [Node("contact", ["type": "in"], content: .text("+5511955550000"))]),
            Node(
                "user", ["jid": .jid(jid("15550004444@c.us"))],
                children: [Node("contact", ["type": "in"], bytes: Array("+15550004444@c.us".utf8))]),
            Node("user", children: [Node("contact", ["type": "in"], bytes: Array("+15550005555@c.us".utf8))]),
            Node("user", children: [Node("contact", ["type": "invalid"], bytes: Array("+1@c.us".utf8))]),
            Node(
                "user",
                children: [
                    Node(
                        "contact", ["type": "in"],
                        children: [Node("error", ["code": "429"])])
                ]),
            Node("user", children: [Node("contact", ["type": "new"], bytes: Array("+15550006666@c.us".utf8))]),
            Node("user"),
        ]
        let answer = try USync.answer(self.answer(users), about: "contact", now: Self.now)
        #expect(
            answer.numbers == [
                "15550009999": NumberLookup(account: nil, askedAt: Self.now),
                "5511955550000": NumberLookup(
                    account: jid("3@lid"), pn: jid("551155550000@s.whatsapp.net"), askedAt: Self.now),
                "15550004444": NumberLookup(account: jid("15550004444@s.whatsapp.net"), askedAt: Self.now),
                "15550005555": NumberLookup(account: nil, askedAt: Self.now),
                "1": NumberLookup(account: nil, askedAt: Self.now),
            ])
        #expect(answer.mappings == [LIDMapping(lid: "3", pn: "551155550000")])
    }

    @Test func `an error of the whole part means that nothing is known`() throws {
        let contact = Node(
            "contact", children: [Node("error", ["code": "429", "text": "rate-overlimit", "backoff": "90"])])
        let refused = ClientError.refused(IQError(code: 429, text: "rate-overlimit", backoff: .seconds(90)))
        #expect(throws: refused) {
            try USync.answer(self.answer([], result: [contact]), about: "contact", now: Self.now)
        }
        #expect(throws: ClientError.malformedAnswer("usync")) {
            try USync.answer(Node("iq"), about: "contact", now: Self.now)
        }
    }

    @Test func `device lists are read, and nonsense in them is passed over`() throws {
        let devices = [
            Node("device", ["id": "0"]), Node("device", ["id": "3", "key-index": "2"]), Node("device", ["id": "x"]),
            Node("device", ["id": "4", "key-index": "5", "is_hosted": "true"]), Node("device", ["id": "99"]),
            Node("device", ["id": "70000"]), Node("device", ["id": "7"]),
        ]
        let user = Node(
            "user", ["jid": .jid(jid("2@lid"))],
            children: [Node("devices", children: [Node("device-list", children: devices)])])
        let answer = try USync.answer(
            self.answer([user, Node("user", ["jid": "9@lid"])]), about: "devices", now: Self.now)
        let list = DeviceList(
            devices: [
                .init(id: 0), .init(id: 3, keyIndex: 2), .init(id: 4, keyIndex: 5, isHosted: true),
                .init(id: 99, isHosted: true), .init(id: 7),
            ], fetchedAt: Self.now)
        #expect(answer.deviceLists == [jid("2@lid"): list])
    }

    @Test func `a companion without key index gets nothing, and hosted ones have a server of their own`() {
        let list = DeviceList(
            devices: [
                .init(id: 0), .init(id: 3, keyIndex: 2), .init(id: 7), .init(id: 99, isHosted: true),
            ], fetchedAt: Self.now)
        #expect(list.targets(of: jid("2@lid")) == [jid("2@lid"), jid("2:3@lid"), jid("2:99@hosted.lid")])
        #expect(
            list.targets(of: jid("2@s.whatsapp.net")) == [
                jid("2@s.whatsapp.net"), jid("2:3@s.whatsapp.net"), jid("2:99@hosted"),
            ])
    }
}
