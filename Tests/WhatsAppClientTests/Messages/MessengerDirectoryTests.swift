import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerDirectoryTests {
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)
    private static let peter = NumberLookup(account: MessengerBench.lid, pn: MessengerBench.pn, askedAt: Self.now)
    private static let nobody = NumberLookup(account: nil, askedAt: Self.now)

    @Test func `numbers are asked for once, and their names are learnt`() async throws {
        let bench = try await MessengerBench()
        let numbers = ["15550002222", "15550009999", "not a number", ""]
        #expect(try await bench.messenger.knownLookups(of: numbers).isEmpty)
        let lookups = try await bench.messenger.lookUp(numbers)
        #expect(lookups == ["15550002222": Self.peter, "15550009999": Self.nobody])
        #expect(try await bench.messenger.lookUp(numbers) == lookups)
        #expect(try await bench.messenger.knownLookups(of: numbers) == lookups)
        #expect(await bench.channel.queries.count == 1)
        #expect(try await bench.store.read { try $0.loadLID(ofPN: "15550002222") } == "200000000000002")
    }

    @Test func `answers get old: those that say no after a week, the others after a month`() async throws {
        let bench = try await MessengerBench()
        _ = try await bench.messenger.lookUp(["15550002222", "15550009999"])
        bench.date.advance(by: 7 * 86_400)
        #expect(
            try await bench.messenger.knownLookups(of: ["15550002222", "15550009999"]).keys.sorted() == ["15550002222"])
        bench.date.advance(by: 23 * 86_400)
        #expect(try await bench.messenger.knownLookups(of: ["15550002222", "15550009999"]).isEmpty)
    }

    @Test func `many numbers are asked for in portions`() async throws {
        let bench = try await MessengerBench()
        let numbers = (0..<120).map { "1555100\(1000 + $0)" }
        #expect(try await bench.messenger.lookUp(numbers + numbers).count == 120)
        let sizes = await bench.channel.queries.map { $0.child("usync")?.child("list")?.children.count }
        #expect(sizes == [50, 50, 20])
    }

    @Test func `asking too much is an error of its own, and what came before is kept`() async throws {
        let bench = try await MessengerBench()
        let refused = IQError(code: 429, text: "rate-overlimit", backoff: .seconds(300))
        _ = try await bench.messenger.lookUp(["15550002222"])
        await bench.channel.refuse("contact", .refused(refused))
        await #expect(throws: ClientError.refused(refused)) {
            try await bench.messenger.lookUp(["15550002222", "15550009999"])
        }
        #expect(refused.isRateLimit)
        #expect(
            try await bench.messenger.knownLookups(of: ["15550002222", "15550009999"]) == ["15550002222": Self.peter])
    }

    @Test(arguments: ["devices", "account_sync", "encrypt"])
    func `news about devices has them fetched anew`(type: String) async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.forget()
        let stanza =
            switch type {
            case "devices":
                MessengerBench.notification(type, from: MessengerBench.pn, children: [Node("add")])
            case "encrypt": MessengerBench.notification(type, from: MessengerBench.lid, children: [Node("identity")])
            default:
                MessengerBench.notification(type, from: jid(MessengerBench.ownPN), children: [Node("devices")])
            }
        await bench.handle(stanza)
        #expect(await bench.channel.sent == [.acknowledging(stanza)])
        _ = await bench.send(id: "A2")
        let asked = await bench.channel.queries("usync").first?.child("usync")?.child("list")?.children.compactMap {
            $0.jid("jid")
        }
        #expect(asked == [type == "account_sync" ? MessengerBench.ownPhone : MessengerBench.lid])
    }

    @Test func `a new identity voids all sessions of the person under both names, and is told`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        await bench.messenger.performJobs()
        await bench.channel.forget()
        let addresses = [MessengerBench.lid, MessengerBench.companion].map { ProtocolAddress($0) }
        #expect(try await bench.store.read { try $0.addressesWithoutSession(among: addresses) }.isEmpty)
        try await bench.channel.with(MessengerBench.lid) { try $0.reinstall() }
        await bench.handle(
            MessengerBench.notification("encrypt", from: MessengerBench.pn, children: [Node("identity")]))
        try await bench.store.read { state throws in
            #expect(try state.addressesWithoutSession(among: addresses) == Set(addresses))
            #expect(try state.loadIdentities(for: addresses).isEmpty)
        }
        #expect(bench.heard.events == [.identityChanged(of: MessengerBench.pn)])
        await bench.messenger.performJobs()
        #expect(await bench.channel.queries("privacy").count == 1, "they get a new token")
        _ = await bench.send("again", id: "A2")
        let stanza = try #require(await bench.channel.messages.last)
        #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "again")
    }

    @Test func `a new identity of ours, or of a companion, is nobody's business`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        for from in [MessengerBench.companion, MessengerBench.ownPhone, jid(MessengerBench.ownPN)] {
            await bench.handle(MessengerBench.notification("encrypt", from: from, children: [Node("identity")]))
        }
        #expect(bench.heard.events.isEmpty)
        let addresses = [MessengerBench.companion, MessengerBench.ownPhone].map { ProtocolAddress($0) }
        #expect(try await bench.store.read { try $0.addressesWithoutSession(among: addresses) }.isEmpty)
    }

    @Test func `tokens are kept under the hidden id, the newest only`() async throws {
        let bench = try await MessengerBench.online()
        func token(_ t: Int, _ byte: UInt8) -> Node {
            let token = Node("token", ["type": "trusted_contact", "t": .integer(t)], bytes: [byte])
            return MessengerBench.notification(
                "privacy_token", from: MessengerBench.pn, children: [Node("tokens", children: [token])])
        }
        for stanza in [token(1_700_000_010, 1), token(1_700_000_005, 2), token(1_700_000_010, 3)] {
            await bench.handle(stanza)
        }
        let stored = try await bench.store.read { try $0.loadPrivacyToken(of: MessengerBench.lid) }
        #expect(stored == PrivacyToken(token: SecretBytes([1]), date: Self.now + 10))
        #expect(await bench.channel.sent.count == 3)
    }

    @Test func `limits of the account are told`() async throws {
        let bench = try await MessengerBench.online()
        let json =
            #"{"data":{"xwa2_notify_account_reachout_timelock":"#
            + #"{"is_active":true,"time_enforcement_ends":"1700003600"}}}"#
        let update = Node("update", ["op_name": "NotificationUserReachoutTimelockUpdate"], bytes: Array(json.utf8))
        await bench.handle(MessengerBench.notification("mex", from: .service, children: [update]))
        let lock = TimeLock(isActive: true, ends: Date(timeIntervalSince1970: 1_700_003_600))
        #expect(bench.heard.events == [.timeLock(lock)])
        #expect(try await bench.messenger.queryTimeLock() == nil, "the server says nothing")
        #expect(try await bench.messenger.queryCapping() == nil)
        #expect(
            await bench.channel.queries("w:mex").map { $0.child("query")?.string("query_id") } == [
                "23983697327930364", "24503548349331633",
            ])
    }

    @Test func `every notification and call is acknowledged`() async throws {
        let bench = try await MessengerBench.online()
        let types = [
            "encrypt", "devices", "account_sync", "privacy_token", "server_sync", "w:gp2", "mediaretry", "mex",
            "link_code_companion_reg", "companion_reg_refresh", "registration", "picture", "status", "contacts",
            "disappearing_mode", "business", "newsletter", "pay", "psa", "hosted", "something new",
        ]
        var stanzas = types.enumerated().map { MessengerBench.notification($1, from: MessengerBench.lid, id: "N\($0)") }
        stanzas.append(Node("call", ["from": .jid(MessengerBench.lid), "id": "C1"], children: [Node("offer")]))
        for stanza in stanzas { await bench.handle(stanza) }
        #expect(await bench.channel.sent == stanzas.map { .acknowledging($0) })
    }

    @Test func `what the server calls dirty is called clean`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(Node("ib", children: [Node("dirty", ["type": "groups", "timestamp": "17"])]))
        await bench.messenger.performJobs()
        let clean = await bench.channel.queries.first?.child("clean")
        #expect(clean?.attributes == ["type": "groups", "timestamp": "17"])
    }

    @Test func `history teaches names, tokens, the salt and our own name`() async throws {
        let bench = try await MessengerBench()
        var history = WAHistorySync()
        history.nctSalt = Data(repeating: 4, count: 32)
        var mapping = WAPhoneNumberToLIDMapping()
        (mapping.pnJid, mapping.lidJid) = ("15550002222@s.whatsapp.net", "200000000000002@lid")
        history.phoneNumberToLidMappings = [mapping, WAPhoneNumberToLIDMapping()]
        var conversation = WAHistoryConversation()
        conversation.id = "15550002222@s.whatsapp.net"
        conversation.tcToken = Data([1, 2])
        conversation.tcTokenTimestamp = 1_700_000_000
        conversation.tcTokenSenderTimestamp = 1_700_000_001
        history.conversations = [conversation, WAHistoryConversation()]
        var name = WAHistoryPushname()
        (name.id, name.pushname) = ("15550001111@s.whatsapp.net", "Spool")
        history.pushnames = [WAHistoryPushname(), name]
        try await bench.messenger.learn(history)
        try await bench.store.read { state throws in
            let device = try state.loadDevice()
            #expect(device.pushName == "Spool")
            #expect(device.nctSalt == SecretBytes([UInt8](repeating: 4, count: 32)))
            #expect(try state.loadPrivacyToken(of: MessengerBench.lid)?.token == SecretBytes([1, 2]))
            #expect(try state.loadTokenIssueDate(for: MessengerBench.lid) == Self.now + 1)
        }
    }

    @Test func `typing goes to the hidden id`() async throws {
        let bench = try await MessengerBench.online()
        try await bench.messenger.sendChatState(.composing, to: MessengerBench.pn)
        #expect(await bench.channel.sent == [ChatState.composing.stanza(to: MessengerBench.lid)])
    }
}
