import CryptoPrimitives
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

/// Linking through a whole session, against a server and a phone of the test.
@Suite struct LinkingSessionTests {
    private func qrCode(_ bench: SessionBench) async throws -> PairingQRCode {
        while true {
            if case .pairing(.qrCode(let code, _)) = try await bench.nextEvent() { return code }
        }
    }

    @Test func `a scanned QR text links the device, and it comes back logged in`() async throws {
        try await SessionBench(jid: nil).run { bench in
            let server = try await bench.accept()
            #expect(server.payload.hasDevicePairingData && !server.payload.passive)
            try await server.send(TestPhone.pairDevice())
            #expect(try await server.receive("iq").string("id") == "100")
            let code = try PairingQRCode(try await self.qrCode(bench).text)

            var phone = try TestPhone()
            let offer = try phone.offer(for: code.identityKey)
            try await server.send(
                TestPhone.pairSuccess(container: try offer.container(advSecret: code.advSecret)))
            let reply = try await server.receive("iq")
            let account = try #require(await bench.store.account, "stored before the reply left")
            let identity = reply.child("pair-device-sign")?.child("device-identity")?.bytes
            #expect(try offer.accept(try #require(identity)) == account.identity)
            try await bench.expect(.event(.pairing(.linked(account))))
            try await server.send(Node("success", ["t": "1"]))
            try await server.send(Node("stream:error", ["code": "515"]))
            try await bench.expect(.event(.disconnected(.restartRequired, retryAfter: .zero)))

            let again = try await bench.acceptLogin()
            #expect(again.payload.username == 15_551_234_567 && again.payload.device == 7)
            #expect(again.clientKey == server.clientKey)
        }
    }

    @Test func `a typed code links the device`() async throws {
        try await SessionBench(jid: nil).run { bench in
            let server = try await bench.accept()
            await #expect(throws: ClientError.notPairing) {
                try await bench.session.requestPairingCode(for: jid("15551234567@s.whatsapp.net"))
            }
            try await server.send(TestPhone.pairDevice())
            let shown = try await self.qrCode(bench)

            let request = Task {
                try await bench.session.requestPairingCode(for: jid("15551234567@s.whatsapp.net"))
            }
            let iq = try await server.receive("iq") { $0.child("link_code_companion_reg") != nil }
            let hello = try CompanionHello(try #require(iq.child("link_code_companion_reg")))
            try await server.answer(iq, PairingFixture.helloAnswer("code-ref").children)
            let code = try await request.value
            try await bench.expect(.event(.pairing(.code(code))))

            var fixture = try PairingFixture()
            let (notification, primary) = try fixture.primaryHello(code, hello)
            try await server.send(notification)
            #expect(try await server.receive("ack").string("type") == "link_code_companion_reg")
            let finishIQ = try await server.receive("iq")
            let finish = try CompanionFinish(try #require(finishIQ.child("link_code_companion_reg")))
            let secret = try primary.open(
                finish.keyBundle, companion: finish.identityKey, identity: fixture.phone.identity.key)
            #expect(await bench.store.secrets == [secret], "stored before the last step left")
            try await server.answer(finishIQ)
            try await server.send(try fixture.phone.pairSuccess(shown.identityKey, advSecret: secret))
            #expect(try await server.receive("iq").child("pair-device-sign") != nil)
            // A plain close is as good as the restart.
            await server.pipe.close()
            _ = try await bench.acceptLogin()
        }
    }

    @Test func `a code the server refuses leaves nothing behind`() async throws {
        try await SessionBench(jid: nil).run { bench in
            let server = try await bench.accept()
            try await server.send(TestPhone.pairDevice())
            _ = try await self.qrCode(bench)
            let request = Task {
                try await bench.session.requestPairingCode(for: jid("15551234567@s.whatsapp.net"))
            }
            let iq = try await server.receive("iq") { $0.child("link_code_companion_reg") != nil }
            try await server.refuse(iq, code: 400, ["text": "bad-request"])
            await #expect(throws: ClientError.refused(IQError(code: 400, text: "bad-request"))) {
                try await request.value
            }
            #expect(await bench.session.pairing?.code == nil)
        }
    }

    @Test func `a tampered HMAC is answered with an error and ends the session`() async throws {
        let end = try await self.link { phone, code in
            try phone.pairSuccess(code.identityKey, advSecret: SecretBytes([UInt8](repeating: 9, count: 32)))
        } expecting: { reply, bench in
            #expect(reply.child("error")?.string("text") == "hmac-mismatch")
            #expect(await bench.store.account == nil)
        }
        #expect(end == .pairingFailed(.refused(.hmacMismatch)))
    }

    @Test func `a tampered signature is answered with an error and ends the session`() async throws {
        let end = try await self.link { phone, code in
            try phone.pairSuccess(code.noiseKey, advSecret: code.advSecret)
        } expecting: { reply, bench in
            #expect(reply.child("error")?.string("text") == "signature-mismatch")
            #expect(await bench.store.account == nil)
        }
        #expect(end == .pairingFailed(.refused(.accountSignatureMismatch)))
    }

    @Test func `a device that cannot be stored is not linked`() async throws {
        let end = try await self.link(storeFails: true) { phone, code in
            try phone.pairSuccess(code.identityKey, advSecret: code.advSecret)
        } expecting: { reply, _ in
            #expect(reply.child("error")?.string("code") == "500")
        }
        #expect(end == .pairingFailed(.notStored))
    }

    private func link(
        storeFails: Bool = false, _ success: @escaping @Sendable (inout TestPhone, PairingQRCode) throws -> Node,
        expecting check: @escaping @Sendable (Node, SessionBench) async throws -> Void
    ) async throws -> SessionEnd {
        let bench = try SessionBench(jid: nil)
        return try await bench.run { bench in
            let server = try await bench.accept()
            try await server.send(TestPhone.pairDevice())
            _ = try await server.receive("iq")
            let code = try await self.qrCode(bench)
            if storeFails { await bench.store.failFromNowOn() }
            var phone = try TestPhone()
            try await server.send(try success(&phone, code))
            try await check(try await server.receive("iq"), bench)
            #expect(try await server.isClosed())
            while true {
                if case .ended = try await bench.nextEvent() { return }
            }
        }
    }

    @Test func `nobody scans, and the session ends by itself`() async throws {
        let bench = try SessionBench(jid: nil)
        let end = try await bench.run { bench in
            let server = try await bench.accept()
            try await server.send(TestPhone.pairDevice())
            var shown = 0
            let answers = Task {
                while true {
                    let iq = try await server.receive("iq")
                    if iq.string("xmlns") == "w:p" { try await server.answer(iq) }
                }
            }
            while true {
                let event = try await bench.nextEvent()
                if case .pairing(.qrCode(_, let duration)) = event {
                    shown += 1
                    for _ in 0..<Int(duration / .seconds(20)) {
                        try await bench.settle()
                        await bench.pass(.seconds(20))
                    }
                }
                if case .ended = event { break }
            }
            #expect(shown == 6)
            answers.cancel()
        }
        #expect(end == .pairingFailed(.timedOut))
    }
}
