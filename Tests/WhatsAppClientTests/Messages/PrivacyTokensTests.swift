import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct PrivacyTokensTests {
    private static let week: Double = 604_800
    /// The third day of some week.
    private static let now = Date(timeIntervalSince1970: 2800 * week + 200_000)

    private static func token(_ seconds: Double) -> PrivacyToken {
        PrivacyToken(token: SecretBytes([1, 2, 3]), date: Date(timeIntervalSince1970: seconds))
    }

    @Test func `a token holds for this week and the three before`() {
        #expect(PrivacyTokens.isValid(Self.token(2797 * Self.week), now: Self.now))
        #expect(!PrivacyTokens.isValid(Self.token(2797 * Self.week - 1), now: Self.now))
        #expect(PrivacyTokens.isValid(Self.token(2800 * Self.week), now: Self.now))
    }

    @Test func `ours is due once a week`() {
        #expect(PrivacyTokens.isDue(issuedAt: nil, now: Self.now))
        #expect(PrivacyTokens.isDue(issuedAt: Date(timeIntervalSince1970: 2800 * Self.week - 1), now: Self.now))
        #expect(!PrivacyTokens.isDue(issuedAt: Date(timeIntervalSince1970: 2800 * Self.week), now: Self.now))
    }

    @Test func `the stand-in for strangers is an HMAC over the hidden id`() throws {
        let node = try PrivacyTokens.node(
            salt: SecretBytes((0..<32).map { UInt8($0) }), recipient: jid("200000000000002:3@lid"))
        #expect(node.tag == "cstoken")
        #expect(node.bytes?.hex == "6aba3ae852ba473effb8f8e6506ec261870cc68de2207a67d9aecb635e873fb7")
    }

    @Test func `tokens are for people only`() {
        for text in ["2@lid", "2@s.whatsapp.net"] { #expect(PrivacyTokens.apply(to: jid(text))) }
        for text in ["0@s.whatsapp.net", "1@g.us", "status@broadcast", "1@newsletter", "1@bot", "s.whatsapp.net"] {
            #expect(!PrivacyTokens.apply(to: jid(text)))
        }
    }

    @Test func `issuing names each person with the time`() {
        let iq = PrivacyTokens.issue(to: [jid("2@lid")], now: Date(timeIntervalSince1970: 1_700_000_000.9))
        #expect(
            iq
                == .iq(
                    "set", xmlns: "privacy",
                    children: [
                        Node(
                            "tokens",
                            children: [
                                Node(
                                    "token", ["jid": .jid(jid("2@lid")), "t": "1700000000", "type": "trusted_contact"])
                            ])
                    ]))
    }

    @Test func `a notification gives its newest token`() {
        func token(_ t: String, type: String = "trusted_contact", _ bytes: [UInt8]) -> Node {
            Node("token", ["type": .string(type), "t": .string(t)], bytes: bytes)
        }
        func read(_ tokens: [Node]) -> PrivacyToken? {
            PrivacyTokens.token(in: Node("notification", children: [Node("tokens", children: tokens)]))
        }
        #expect(read([token("10", [1]), token("20", [2]), token("15", [3])])?.token == SecretBytes([2]))
        #expect(read([token("x", [1])]) == nil)
        #expect(read([token("10", [])]) == nil)
        #expect(read([token("10", type: "other", [1])]) == nil)
        #expect(read([token("10", [UInt8](repeating: 1, count: 1025))]) == nil)
        #expect(PrivacyTokens.token(in: Node("notification")) == nil)
    }
}
