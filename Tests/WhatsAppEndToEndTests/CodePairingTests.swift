import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator

struct CodePairingTests {
    static let ann = LoopbackBench.ann
    static let first = SimulatedDeviceID(number: Self.ann, device: 1)

    @Test func `a code that is entered on the phone links the device`() async throws {
        try await LoopbackBench.run { bench in
            let device = try bench.device()
            try await device.run { device in
                _ = try await device.nextQRCode()
                let code = try await device.session.requestPairingCode(for: JID(phoneToPair: "+1 (555) 000-1111"))
                try await device.expect(.pairing(.code(code)))
                #expect(try await bench.server.enterCode(code.displayText, number: Self.ann) == Self.first)
                _ = try await device.expectLinked()
                try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
            }
            #expect(await device.store.credentials.jid?.description == "\(Self.ann):1@s.whatsapp.net")
            #expect(await device.store.secrets.count == 1)
        }
    }

    @Test func `another code links nothing, and a new one can be asked for when the phone keeps silent`() async throws {
        try await LoopbackBench.run { bench in
            let device = try bench.device()
            try await device.run { device in
                _ = try await device.nextQRCode()
                await device.pass(.seconds(10))
                let phone = try JID(phoneToPair: Self.ann)
                _ = try await device.session.requestPairingCode(for: phone, code: PairingCode("1111-1111"))
                try await device.expect(.pairing(.code(PairingCode("1111-1111"))))
                await #expect(throws: PairingRefusal.wrongCode) {
                    try await bench.server.enterCode("1111-1112", number: Self.ann)
                }
                try await device.settle()
                #expect(await device.store.credentials.jid == nil)
                #expect(await bench.devices() == [0])

                // The phone has a minute to answer; the first text is over before.
                await device.pass(.seconds(50))
                _ = try await device.nextQRCode(validFor: .seconds(20))
                try await device.settle()
                await device.pass(.seconds(10))
                try await device.expect(.pairing(.codeExpired))
                _ = try await device.nextQRCode(validFor: .seconds(10))
                let code = try await device.session.requestPairingCode(for: phone)
                try await device.expect(.pairing(.code(code)))
                #expect(try await bench.server.enterCode(code.displayText, number: Self.ann) == Self.first)
                _ = try await device.expectLinked()
            }
            #expect(await device.store.credentials.jid?.device == 1)
        }
    }

    @Test func `the phone can ask for another code`() async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, .refreshCode)])
            try await bench.device().run { device in
                _ = try await device.nextQRCode()
                let phone = try JID(phoneToPair: Self.ann)
                let void = try await device.session.requestPairingCode(for: phone)
                try await device.expect(.pairing(.code(void)))
                await #expect(throws: PairingRefusal.refreshed) {
                    try await bench.server.enterCode(void.displayText, number: Self.ann)
                }
                try await device.expect(.pairing(.codeExpired))
                let code = try await device.session.requestPairingCode(for: phone)
                #expect(code != void)
                try await device.expect(.pairing(.code(code)))
                #expect(try await bench.server.enterCode(code.displayText, number: Self.ann) == Self.first)
                _ = try await device.expectLinked()
            }
        }
    }

    @Test func `a code for a number without account is refused and not shown`() async throws {
        var scenario = Scenario()
        scenario.notOnWhatsApp = [Self.ann]
        try await LoopbackBench.run(scenario) { bench in
            try await bench.device().run { device in
                _ = try await device.nextQRCode()
                let error = await #expect(throws: ClientError.self) {
                    try await device.session.requestPairingCode(for: JID(phoneToPair: Self.ann))
                }
                guard case .refused(let refusal) = error else { throw try #require(error) }
                #expect(refusal.code == 400)
                await device.session.stop()
                try await device.expect(.ended(.stopped))
            }
        }
    }

    @Test(arguments: [
        (FaultAction.wrongHMAC, PairSuccessRefusal.hmacMismatch, "401", "hmac-mismatch"),
        (.wrongAccountSignature, .accountSignatureMismatch, "401", "signature-mismatch"),
    ])
    func `a tampered answer to a code is refused too`(
        fault: FaultAction, expected: PairSuccessRefusal, errorCode: String, text: String
    ) async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, fault)])
            let device = try bench.device()
            let end = try await device.run { device in
                _ = try await device.nextQRCode()
                let code = try await device.session.requestPairingCode(for: JID(phoneToPair: Self.ann))
                try await device.expect(.pairing(.code(code)))
                await #expect(throws: PairingRefusal.refusedByDevice(code: errorCode, text: text)) {
                    try await bench.server.enterCode(code.displayText, number: Self.ann)
                }
                try await device.expect(.ended(.pairingFailed(.refused(expected))))
            }
            #expect(end == .pairingFailed(.refused(expected)))
            #expect(await device.store.credentials.jid == nil)
            #expect(await bench.devices() == [0])
        }
    }
}
