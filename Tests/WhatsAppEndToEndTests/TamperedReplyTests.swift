import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator

/// The phone's last look at a device: the reply that it gets must have the signatures that belong together.
struct TamperedReplyTests {
    static let ann = LoopbackBench.ann

    enum Tampering: CaseIterable {
        case deviceSignature, accountSignature, details, keyIndex, accountKeyIncluded, noIdentity

        func done(to reply: Node, _ identity: DeviceIdentity) throws -> Node {
            var device = try #require(reply.child("pair-device-sign")?.child("device-identity"))
            var bytes = try #require(device.bytes)
            switch self {
            // The last field, behind the account's signature and two bytes of its own.
            case .deviceSignature: bytes[bytes.count - 1] ^= 1
            case .accountSignature: bytes[bytes.count - 67] ^= 1
            case .details: bytes[3] ^= 1
            case .keyIndex: device.attributes["key-index"] = "99"
            case .accountKeyIncluded: bytes = try identity.serialized()
            case .noIdentity: bytes = []
            }
            device.content = .bytes(bytes)
            var tampered = reply
            tampered.content = .nodes([Node("pair-device-sign", children: [device])])
            return tampered
        }
    }

    @Test func `a reply as it should be links the device`() async throws {
        try await LoopbackBench.run { bench in
            try await RawCompanion.run(bench) { companion in
                let code = try await companion.qrCode()
                async let linked = bench.server.scan(code.text, as: Self.ann)
                try await companion.send(try await companion.sign().reply)
                #expect(try await linked == SimulatedDeviceID(number: Self.ann, device: 1))
            }
        }
    }

    @Test(arguments: Tampering.allCases)
    func `a reply that was tampered with links nothing`(tampering: Tampering) async throws {
        try await LoopbackBench.run(complaints: ["closed"]) { bench in
            try await RawCompanion.run(bench) { companion in
                let code = try await companion.qrCode()
                let scan = Task { try await bench.server.scan(code.text, as: Self.ann) }
                let (identity, reply) = try await companion.sign()
                try await companion.send(try tampering.done(to: reply, identity))
                let refusal = await #expect(throws: PairingRefusal.self) { try await scan.value }
                guard case .badReply = refusal else {
                    Issue.record("\(String(describing: refusal))")
                    return
                }
                #expect(await bench.devices() == [0])
                #expect(await bench.server.state.companions.isEmpty)
            }
        }
    }
}
