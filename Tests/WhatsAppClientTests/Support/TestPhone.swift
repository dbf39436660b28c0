import CryptoPrimitives
import Foundation
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

/// The phone of an account: what it and the server say when a device is linked.
struct TestPhone {
    var identity: PrimaryIdentity
    var generator = SeededGenerator(seed: 17)

    init(isHosted: Bool = false) throws {
        self.identity = PrimaryIdentity(
            key: try KeyPair(using: &self.generator), rawID: 0x1234_5678, isHosted: isHosted)
    }

    static func pairDevice(references: Int = 6) -> Node {
        let refs = (1...max(references, 1)).prefix(references).map { Node("ref", bytes: Array("2@REF\($0)".utf8)) }
        return Node(
            "iq", ["from": .jid(.service), "type": "set", "id": "100", "xmlns": "md"],
            children: [Node("pair-device", children: refs)])
    }

    static func notification(_ type: String, _ child: Node) -> Node {
        Node(
            "notification", ["from": .jid(.service), "id": "77", "type": .string(type), "t": "1700000000"],
            children: [child])
    }

    static let refresh = Self.notification("companion_reg_refresh", Node("companion_reg_refresh"))

    mutating func offer(for identityKey: PublicKey) throws -> LinkOffer {
        try self.identity.link(
            identityKey, keyIndex: 3, now: Date(timeIntervalSince1970: 1_700_000_000), using: &self.generator)
    }

    /// The server's message when the phone has accepted this device.
    mutating func pairSuccess(_ identityKey: PublicKey, advSecret: SecretBytes) throws -> Node {
        Self.pairSuccess(container: try self.offer(for: identityKey).container(advSecret: advSecret))
    }

    static func pairSuccess(container: [UInt8], device: Node? = nil) -> Node {
        let device =
            device
            ?? Node(
                "device",
                ["jid": .jid(jid("15551234567:7@s.whatsapp.net")), "lid": .jid(jid("123456789012345:7@lid"))])
        let success = Node(
            "pair-success",
            children: [
                Node("device-identity", bytes: container), device, Node("platform", ["name": "android"]),
                Node("biz", ["name": "Spool Inc"]),
            ])
        return Node(
            "iq", ["from": .jid(.service), "type": "set", "id": "200", "xmlns": "md", "t": "1700000000"],
            children: [success])
    }
}
