import CryptoPrimitives
import Foundation
import WhatsAppBinary

/// A typical message stanza to and from its bytes, beside AES-256-GCM over these bytes, which every frame pays anyway.
enum NodeComparison {
    static func print(operations: Int) throws {
        let stanza = try Self.stanza()
        let bytes = try NodeEncoder.encode(stanza)
        guard try NodeDecoder.decode(bytes) == stanza else { throw BenchmarkError("the stanza does not come back") }
        let raw = try RawPrimitives(largestInput: bytes.count)
        let roundTrip = try Comparison(
            operations: operations,
            ours: { _ = try NodeDecoder.decode(NodeEncoder.encode(stanza)) },
            reference: { try raw.seal(bytes) })
        let encoding = try Comparison(
            operations: operations, ours: { _ = try NodeEncoder.encode(stanza) }, reference: { try raw.seal(bytes) })
        Figures.heading("node: message stanza of \(bytes.count) bytes, encoded and decoded")
        Figures.line("round trips a second", Figures.count(1 / roundTrip.ours))
        Figures.line("allocations a round trip", Figures.number(roundTrip.allocations))
        Figures.line("of them encoding", Figures.number(encoding.allocations))
        Figures.line("time beside 1 AES-256-GCM of these bytes", "\(Figures.number(roundTrip.ratio)) ×")
    }

    /// To both devices of a person and one of our own, each with its ciphertext.
    static func stanza() throws -> Node {
        var generator = SystemRandomNumberGenerator()
        let recipient = try JID("200000000000002@lid")
        let devices = try [recipient, recipient.withDevice(3), JID("100000000000001@lid")]
        let participants = devices.map { device in
            Node(
                "to", ["jid": .jid(device)],
                children: [Node("enc", ["v": "2", "type": "pkmsg"], bytes: generator.bytes(count: 180))])
        }
        return Node(
            "message",
            [
                "id": "3EB0B60EE93DD91536D839", "to": .jid(recipient), "type": "text",
                "peer_recipient_pn": .jid(try JID("15550002222@s.whatsapp.net")),
            ],
            children: [
                Node("participants", children: participants),
                Node("device-identity", bytes: generator.bytes(count: 190)),
            ])
    }
}
