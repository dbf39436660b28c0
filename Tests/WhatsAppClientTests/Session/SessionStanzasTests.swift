import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct SessionStanzasTests {
    @Test func `stanzas have the service's shapes, byte for byte`() throws {
        let shapes: [(Node, String)] = [
            (Presence.available.stanza(name: "spoold"), "00f8051f048889fc0673706f6f6c64"),
            (
                Node.acknowledging(
                    Node(
                        "notification",
                        ["id": "123", "from": .jid(.service), "type": "companion_reg_refresh"])),
                "00f8091b150908ff82123f11fa000304fc15636f6d70616e696f6e5f7265675f72656672657368"
            ),
        ]
        for (stanza, hex) in shapes { #expect(try NodeEncoder.encode(stanza) == [UInt8](hex: hex)) }
        let ping = try NodeDecoder.decode(try #require([UInt8](hex: "00f8091908ff831b2a3f1657042911fa0003")))
        var own = Node.iq("get", xmlns: "w:p")
        own.attributes["id"] = "1.2-3"
        #expect(Set(own.attributes.map(\.key)) == Set(ping.attributes.map(\.key)))
        for attribute in own.attributes { #expect(ping.attributes[attribute.key] == attribute.value) }
    }

    @Test func `an acknowledgement of a message has no type`() {
        let message = Node(
            "message", ["id": "1", "from": "2@lid", "type": "text", "participant": "3@lid", "recipient": "4@lid"])
        #expect(
            Node.acknowledging(message)
                == Node(
                    "ack",
                    ["class": "message", "id": "1", "to": "2@lid", "participant": "3@lid", "recipient": "4@lid"]))
    }

    @Test(arguments: [
        (1_700_000_000.0, 0, "166400000"), (1_700_000_000.0, 1, "166401000"), (0, 0, "259200000"),
        (345_600.0, 0, "0"), (.infinity, 0, "259200000"), (-1e18, 0, "259200000"), (-345_600.0, 0, "0"),
    ])
    func `the number of a session is the time within a week`(seconds: Double, offset: Int, number: String) {
        let stanza = Node.unifiedSession(
            at: Date(timeIntervalSince1970: seconds), clockOffset: .seconds(offset))
        #expect(stanza.child("unified_session")?.string("id") == number)
    }

    @Test func `typing has the form the service takes`() {
        #expect(
            ChatState.composing.stanza(to: jid("1@lid"))
                == Node("chatstate", ["to": .jid(jid("1@lid"))], children: [Node("composing")]))
        #expect(ChatState.paused.stanza(to: jid("1@lid")).child("paused") != nil)
    }

    @Test(arguments: [
        ("wss://web.whatsapp.com/ws/chat", true), ("wss://whatsapp.com", true), ("ws://G.WhatsApp.Net.:443/x", true),
        ("wss://web.whatsapp.com.evil.example/ws", false), ("wss://notwhatsapp.com/ws", false),
        ("ws://127.0.0.1:8080/ws/chat", false), ("ws://[::1]/", false), ("file:///x", false),
    ])
    func `the real service is known by its host`(url: String, isProduction: Bool) throws {
        #expect(PipeEndpoint(url: try #require(URL(string: url))).isProduction == isProduction)
    }

    @Test func `the address of the service is complete`() {
        #expect(PipeEndpoint.production.isProduction)
        #expect(PipeEndpoint.production.headers.map(\.name) == ["Origin", "Cache-Control", "Pragma"])
    }
}
