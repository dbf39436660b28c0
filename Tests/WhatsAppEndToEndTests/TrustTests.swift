import CryptoPrimitives
import NoiseProtocol
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSimulator

struct TrustTests {
    static let ann = LoopbackBench.ann

    @Test func `a server under another root is told nothing, neither by a new device nor by a linked one`()
        async throws
    {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            var generator = SeededGenerator(seed: 7)
            let other = try KeyPair(using: &generator).publicKey
            for store in [try MemoryCredentials(seed: 300), MemoryCredentials(credentials)] {
                try await bench.device(store, trusting: other).run { device in
                    guard case .disconnected(let reason, let delay) = try await device.nextEvent() else {
                        Issue.record("not refused")
                        return
                    }
                    #expect(reason == .noise(.certificateRefused(.wrongSignature(.intermediate))))
                    #expect(reason.isCertificateRefused && delay > .zero)
                }
            }
            #expect(await bench.server.counts.logins == 1)
        }
    }

    @Test func `a server that fails to prove itself is left, and tried again later`() async throws {
        let faults: [(FaultAction, @Sendable (NoiseError) -> Bool)] = [
            (.wrongRoot, { $0 == .certificateRefused(.wrongSignature(.intermediate)) }),
            (.wrongLeaf, { $0 == .certificateRefused(.otherServerKey) }),
            (
                .expiredCertificate,
                { if case .certificateRefused(.expired(.intermediate, _)) = $0 { true } else { false } }
            ),
            (.corruptHandshake, { $0 == .fieldNotAuthentic(.serverPayload) }),
            (.corruptFrame, { $0 == .frameNotAuthentic(number: 0) }),
        ]
        for (fault, isExpected) in faults {
            var scenario = Scenario()
            scenario.faults = [Fault(on: .connection, fault)]
            try await LoopbackBench.run(scenario) { bench in
                try await bench.device().run { device in
                    guard case .disconnected(.noise(let error), let delay) = try await device.nextEvent() else {
                        Issue.record("\(fault) was not noticed")
                        return
                    }
                    #expect(isExpected(error), "\(fault): \(error)")
                    device.clock.advance(by: delay)
                    _ = try await device.nextQRCode()
                }
            }
        }
    }
}
