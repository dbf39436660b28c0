import CryptoPrimitives
import SignalProtocol
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

@Suite struct CodePairingTests {
    private func hello(of offer: PairingStateMachine.CodeOffer) throws -> CompanionHello {
        try CompanionHello(try #require(offer.hello.child("link_code_companion_reg")))
    }

    @Test func `a code is shown once the server has accepted it, and leads to a link`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.machine.offerCode(
            nil, to: jid("15551234567@s.whatsapp.net"), using: &fixture.generator)
        #expect(fixture.machine.code == nil)
        let hello = try hello(of: offer)
        #expect(hello.phone == jid("15551234567@s.whatsapp.net"))
        #expect(hello.noiseKey == fixture.machine.keys.noiseKey.publicKey)
        let code = offer.pairing.code
        let answer = PairingFixture.helloAnswer("code-ref")
        #expect(try fixture.machine.codeAccepted(offer, answer: answer, fixture.now) == [.event(.code(code))])

        // The code is typed in.
        let (notification, primary) = try fixture.primaryHello(code, hello)
        let actions = fixture.receive(notification)
        guard case .answer(let primaryHello)? = actions.last, actions.count == 2 else {
            Issue.record("\(actions)")
            return
        }
        let oldSecret = fixture.machine.keys.advSecret
        let finish = fixture.machine.answer(primaryHello, fixture.now, using: &fixture.generator)
        guard case .save(.advSecret(let secret), let then, _)? = finish.first, case .finishCode(let iq)? = then.first
        else {
            Issue.record("\(finish)")
            return
        }
        let companionFinish = try CompanionFinish(try #require(iq.child("link_code_companion_reg")))
        let opened = try primary.open(
            companionFinish.keyBundle, companion: companionFinish.identityKey, identity: fixture.phone.identity.key)
        #expect(opened == secret && secret != oldSecret)
        #expect(fixture.machine.finishAnswered(isRefused: false, fixture.now) == [])

        let success = try fixture.phone.pairSuccess(fixture.identityKey, advSecret: secret)
        guard case .save(.account, _, _)? = fixture.receive(success).first else {
            Issue.record("not linked")
            return
        }
    }

    @Test func `a code can be asked for only while a device is being linked`() throws {
        var fixture = try PairingFixture()
        let phone = jid("15551234567@s.whatsapp.net")
        #expect(throws: ClientError.notPairing) {
            _ = try fixture.machine.offerCode(nil, to: phone, using: &fixture.generator)
        }
        _ = fixture.receive(TestPhone.pairDevice())
        _ = fixture.receive(Node("ib", children: [Node("downgrade_webclient")]))
        #expect(throws: ClientError.notPairing) {
            _ = try fixture.machine.offerCode(nil, to: phone, using: &fixture.generator)
        }
    }

    @Test func `an acceptance without reference leaves nothing behind`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.machine.offerCode(
            nil, to: jid("15551234567@s.whatsapp.net"), using: &fixture.generator)
        #expect(throws: ClientError.malformedAnswer("link_code_pairing_ref")) {
            _ = try fixture.machine.codeAccepted(offer, answer: Node("iq"), fixture.now)
        }
        #expect(fixture.machine.code == nil)
    }

    @Test func `a code is void after three minutes`() throws {
        var fixture = try PairingFixture.showing()
        _ = fixture.advance(by: .seconds(1))
        _ = try fixture.acceptCode()
        let actions = fixture.advance(by: .seconds(180))
        #expect(actions.first == .event(.codeExpired))
        #expect(fixture.machine.code == nil)
    }

    @Test func `a code outlives the QR texts, and then ends the linking`() throws {
        var fixture = try PairingFixture.showing()
        _ = fixture.advance(by: .seconds(1))
        _ = try fixture.acceptCode()
        var actions: [PairingFixture.Action] = []
        for _ in 0..<8 { actions += fixture.advance(by: .seconds(20)) }
        #expect(actions.last == .event(.qrCodesExhausted))
        #expect(fixture.advance(by: .seconds(20)) == [.event(.codeExpired), .fail(.timedOut)])
    }

    @Test func `the server may take a code back`() throws {
        var fixture = try PairingFixture.showing()
        _ = try fixture.acceptCode()
        let refresh = Node(
            "link_code_companion_reg", ["stage": "refresh_code", "force_manual_refresh": "true"],
            children: [Node("link_code_pairing_ref", content: .text("code-ref"))])
        let actions = fixture.receive(TestPhone.notification("link_code_companion_reg", refresh))
        #expect(actions.last == .event(.codeExpired))
        #expect(fixture.machine.code == nil)
    }

    @Test func `an answer to another code is not looked at`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.acceptCode()
        let (notification, _) = try fixture.primaryHello(
            offer.pairing.code, try hello(of: offer), reference: "another")
        #expect(fixture.receive(notification).count == 1)
    }

    @Test func `a code is answered three times at most`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.acceptCode()
        let (notification, _) = try fixture.primaryHello(offer.pairing.code, try hello(of: offer))
        for _ in 0..<3 { #expect(fixture.receive(notification).count == 2) }
        #expect(fixture.receive(notification).last == .event(.codeExpired))
        #expect(fixture.receive(notification).count == 1)
    }

    @Test func `a second answer after the last step does not change the secret`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.acceptCode()
        let (notification, _) = try fixture.primaryHello(offer.pairing.code, try hello(of: offer))
        guard case .answer(let primaryHello)? = fixture.receive(notification).last else {
            Issue.record("no answer")
            return
        }
        _ = fixture.machine.answer(primaryHello, fixture.now, using: &fixture.generator)
        let secret = fixture.machine.keys.advSecret
        #expect(fixture.machine.answer(primaryHello, fixture.now, using: &fixture.generator) == [])
        #expect(fixture.receive(notification).count == 1)
        #expect(fixture.receive(TestPhone.refresh).count == 1, "nor does a refresh")
        #expect(fixture.machine.keys.advSecret == secret)

        // Nothing came of it: the QR text is shown again with the secret that counts now.
        let actions = fixture.advance(by: .seconds(60))
        #expect(actions.contains(.event(.codeExpired)))
        #expect(actions.qrCode?.code.advSecret == secret)
        #expect(fixture.receive(TestPhone.refresh).count == 2)
    }

    @Test func `a last step that the server refuses makes the code void`() throws {
        var fixture = try PairingFixture.showing()
        let offer = try fixture.acceptCode()
        let (notification, _) = try fixture.primaryHello(offer.pairing.code, try hello(of: offer))
        guard case .answer(let primaryHello)? = fixture.receive(notification).last else {
            Issue.record("no answer")
            return
        }
        _ = fixture.machine.answer(primaryHello, fixture.now, using: &fixture.generator)
        #expect(fixture.machine.finishAnswered(isRefused: true, fixture.now).first == .event(.codeExpired))
    }

    @Test func `an answer that is not readable, or has only a passkey's part, is acknowledged and no more`() throws {
        var fixture = try PairingFixture.showing()
        _ = try fixture.acceptCode()
        let reference = Node("link_code_pairing_ref", bytes: Array("code-ref".utf8))
        for children in [
            [reference],
            [reference, Node("link_code_pairing_wrapped_primary_ephemeral_pub", bytes: [1, 2, 3])],
        ] {
            let registration = Node("link_code_companion_reg", ["stage": "primary_hello"], children: children)
            #expect(fixture.receive(TestPhone.notification("link_code_companion_reg", registration)).count == 1)
        }
        #expect(fixture.machine.code != nil)
    }
}
