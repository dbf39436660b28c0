import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerHostilityTests {
    private static let tags = [
        "message", "receipt", "notification", "call", "ib", "chatstate", "presence", "ack", "enc", "retry", "keys",
        "list",
        "item", "tokens", "token", "count", "identity", "digest", "devices", "device", "update", "dirty",
        "registration",
        "skey", "key", "value", "signature", "type", "composing", "unavailable", "device-identity",
    ]
    private static let keys = [
        "id", "from", "type", "t", "participant", "recipient", "sender_pn", "sender_lid", "count", "v", "offline",
        "jid",
        "lid", "category", "value",
    ]
    private static let values = [
        "A1", "2@lid", "200000000000002@lid", "15550002222@s.whatsapp.net", "1@g.us", "s.whatsapp.net", "retry", "read",
        "encrypt", "devices", "privacy_token", "mex", "account_sync", "msg", "pkmsg", "skmsg", "2", "-1",
        "99999999999999999999", "", "trusted_contact", "100000000000001@lid", "peer",
    ]

    private static func node(depth: Int, using generator: inout SeededGenerator) -> Node {
        var attributes = Attributes()
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let key = self.keys.randomElement(using: &generator) ?? "id"
            attributes[key] = .string(self.values.randomElement(using: &generator) ?? "")
        }
        let tag = (depth == 0 ? self.tags[..<8] : self.tags[8...]).randomElement(using: &generator) ?? "message"
        switch Int.random(in: 0...3, using: &generator) {
        case 0: return Node(tag, attributes)
        case 1: return Node(tag, attributes, bytes: generator.bytes(count: Int.random(in: 0...80, using: &generator)))
        default:
            guard depth < 4 else { return Node(tag, attributes) }
            let count = Int.random(in: 0...4, using: &generator)
            return Node(
                tag, attributes, children: (0..<count).map { _ in self.node(depth: depth + 1, using: &generator) })
        }
    }

    @Test func `stanzas of any kind leave the messenger working`() async throws {
        let seed: UInt64 = 77
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            await bench.handle(Self.node(depth: 0, using: &generator))
            await bench.messenger.performJobs()
        }
        // Somebody may have said that Peter has a new identity, but nobody can have broken his sessions.
        #expect(
            await bench.send("still here", id: "A2") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)),
            "seed \(seed)")
        await bench.handle(try await bench.message(WAMessage(text: "me too"), id: "B9"))
        #expect(bench.heard.texts.last?.text == "me too", "seed \(seed)")
    }

    @Test func `ciphertexts with any byte changed change nothing`() async throws {
        let bench = try await MessengerBench.online()
        let stanza = try await bench.message(WAMessage(text: "first"), id: "B1")
        let enc = try #require(stanza.child("enc"))
        let bytes = try #require(enc.bytes)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x55
            var copy = stanza
            copy.content = .nodes([Node("enc", enc.attributes, bytes: changed)])
            copy.attributes["id"] = .string("X\(index)")
            await bench.handle(copy)
            await bench.handle(
                Node("message", copy.attributes, children: [Node("enc", enc.attributes, bytes: Array(bytes[..<index]))])
            )
        }
        #expect(bench.heard.texts.count <= 1, "the few bytes outside the code are the sender's own words")
        await bench.handle(try await bench.message(WAMessage(text: "second"), id: "B2"))
        #expect(bench.heard.texts.last?.text == "second")
    }

    @Test func `random answers of the server end in an outcome`() async throws {
        let bench = try await MessengerBench.online()
        var generator = SeededGenerator(seed: 5)
        for number in 0..<300 {
            let node = Self.node(depth: 0, using: &generator)
            _ = try? USync.answer(node, about: "contact", now: bench.date.now)
            _ = try? BundleStanzas.bundles(in: Node("iq", children: [Node("list", children: node.children)]))
            await bench.channel.answer(.success(node))
            _ = await bench.send(id: "R\(number)")
        }
        #expect(await bench.channel.messages.count >= 300)
    }
}
