import CryptoPrimitives
import SignalProtocol
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

@Suite struct PairingStateMachineTests {
    // MARK: QR texts

    @Test func `six texts are shown for 160 seconds in all, the first one longest`() throws {
        var fixture = try PairingFixture()
        let actions = fixture.receive(TestPhone.pairDevice())
        #expect(actions.first == .send(Node("iq", ["to": .jid(.service), "type": "result", "id": "100"])))
        var shown = [try #require(actions.qrCode)]
        var passed = Duration.zero
        var isOver = false
        while !isOver {
            let deadline = try #require(fixture.machine.deadline)
            passed += deadline - fixture.now.uptime
            let actions = fixture.advance(by: deadline - fixture.now.uptime)
            if let next = actions.qrCode { shown.append(next) }
            isOver = actions == [.event(.qrCodesExhausted), .fail(.timedOut)]
        }
        #expect(shown.map(\.code.reference) == (1...6).map { "2@REF\($0)" })
        #expect(shown.map(\.duration) == [60, 20, 20, 20, 20, 20].map(Duration.seconds))
        #expect(passed == .seconds(160))
        #expect(fixture.machine.deadline == nil)
    }

    @Test func `another number of texts is shown for 20 seconds each`() throws {
        var fixture = try PairingFixture()
        #expect(fixture.receive(TestPhone.pairDevice(references: 5)).qrCode?.duration == .seconds(20))
    }

    @Test func `a text carries the device's keys`() throws {
        var fixture = try PairingFixture()
        let shown = try #require(fixture.receive(TestPhone.pairDevice()).qrCode).code
        let read = try PairingQRCode(shown.text)
        #expect(read.noiseKey == fixture.machine.keys.noiseKey.publicKey)
        #expect(read.identityKey == fixture.identityKey)
        #expect(read.advSecret == fixture.machine.keys.advSecret)
        #expect(read.clientType == .chrome)
    }

    @Test func `texts that cannot be shown are left out`() throws {
        var fixture = try PairingFixture()
        var iq = TestPhone.pairDevice()
        iq.content = .nodes([
            Node(
                "pair-device",
                children: [
                    Node("ref"), Node("ref", bytes: [0xFF]), Node("ref", bytes: []),
                    Node("ref", bytes: [UInt8](repeating: 65, count: 2000)), Node("ref", content: .text("2@OK")),
                ])
        ])
        #expect(fixture.receive(iq).qrCode?.code.reference == "2@OK")
    }

    @Test(arguments: ["companion_reg_refresh", "pair-device-rotate-qr"])
    func `a refresh shows the same text with a new secret, once that is stored`(child: String) throws {
        var fixture = try PairingFixture.showing()
        let old = fixture.machine.keys.advSecret
        _ = fixture.advance(by: .seconds(10))
        let actions = fixture.receive(TestPhone.notification("companion_reg_refresh", Node(child)))
        let new = fixture.machine.keys.advSecret
        #expect(old != new)
        guard case .save(.advSecret(let saved), let then, let otherwise)? = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(saved == new && otherwise == [.fail(.notStored)])
        #expect(then.qrCode?.code.reference == "2@REF1")
        #expect(then.qrCode?.code.advSecret == new)
        #expect(then.qrCode?.duration == .seconds(50))
        // The next text has the new secret too, and only that one is accepted.
        #expect(fixture.advance(by: .seconds(50)).qrCode?.code.advSecret == new)
        let stale = try fixture.phone.pairSuccess(fixture.identityKey, advSecret: old)
        #expect(fixture.receive(stale).failure == .refused(.hmacMismatch))
    }

    @Test func `every notification is acknowledged, first of all`() throws {
        var fixture = try PairingFixture.showing()
        for type in ["companion_reg_refresh", "link_code_companion_reg", "registration", "something_new"] {
            let ack = Node(
                "ack", ["class": "notification", "id": "77", "to": .jid(.service), "type": .string(type)])
            #expect(fixture.receive(TestPhone.notification(type, Node("nothing"))).first == .send(ack))
        }
        #expect(fixture.receive(Node("presence")) == [])
    }

    @Test(arguments: ["passkey_prologue_request", "crsc_continuation"])
    func `an account that wants a passkey is told`(type: String) throws {
        var fixture = try PairingFixture.showing()
        let actions = fixture.receive(TestPhone.notification(type, Node("passkey_request_options")))
        #expect(actions.count == 2 && actions.failure == .passkeyRequired)
    }

    @Test func `a phone without multi-device is told`() throws {
        var fixture = try PairingFixture.showing()
        #expect(fixture.receive(Node("ib", children: [Node("downgrade_webclient")])) == [.fail(.phoneNotMultiDevice)])
        #expect(fixture.receive(Node("ib", children: [Node("downgrade_webclient")])) == [])
    }

    // MARK: The phone's answer

    @Test(arguments: [false, true])
    func `a good answer is stored before the reply leaves`(isHosted: Bool) throws {
        var fixture = try PairingFixture(isHosted: isHosted)
        _ = fixture.receive(TestPhone.pairDevice())
        let key = fixture.identityKey
        let offer = try fixture.phone.offer(for: key)
        let secret = fixture.machine.keys.advSecret
        let success = TestPhone.pairSuccess(container: try offer.container(advSecret: secret))
        let actions = fixture.receive(success)
        guard case .save(.account(let account), let then, let otherwise)? = actions.first, actions.count == 1 else {
            Issue.record("\(actions)")
            return
        }
        #expect(account.jid == jid("15551234567:7@s.whatsapp.net"))
        #expect(account.lid == jid("123456789012345:7@lid"))
        #expect(account.platform == "android" && account.businessName == "Spool Inc")
        try account.identity.verify(for: key)
        guard case .send(let reply)? = then.first else {
            Issue.record("\(then)")
            return
        }
        #expect(Array(then.dropFirst()) == [.event(.linked(account)), .linked])
        let identity = try #require(reply.child("pair-device-sign")?.child("device-identity"))
        #expect(identity.string("key-index") == "3")
        #expect(try offer.accept(identity.bytes ?? []) == account.identity)
        #expect(
            otherwise == [
                .send(PairSuccessRefusal.encodingFailed.reply(to: "200")), .fail(.notStored),
            ])
        #expect(fixture.receive(success) == [], "a second answer is not looked at")
        #expect(fixture.machine.deadline == nil)
    }

    @Test func `an answer without hidden id, business and platform is good too`() throws {
        var fixture = try PairingFixture.showing()
        let container = try fixture.phone.offer(for: fixture.identityKey)
            .container(advSecret: fixture.machine.keys.advSecret)
        var success = TestPhone.pairSuccess(
            container: container, device: Node("device", ["jid": "15551234567:7@s.whatsapp.net"]))
        success.content = .nodes([
            Node("pair-success", children: Array(success.child("pair-success")?.children.prefix(2) ?? []))
        ])
        guard case .save(.account(let account), _, _)? = fixture.receive(success).first else {
            Issue.record("not accepted")
            return
        }
        #expect(account.lid == nil && account.platform == nil && account.businessName == nil)
    }

    @Test func `a wrong HMAC is refused with 401 hmac-mismatch`() throws {
        var fixture = try PairingFixture.showing()
        let other = SecretBytes([UInt8](repeating: 1, count: 32))
        try checkRefusal(
            &fixture, try fixture.phone.pairSuccess(fixture.identityKey, advSecret: other), .hmacMismatch, "401",
            "hmac-mismatch")
    }

    @Test func `a wrong account signature is refused with 401 signature-mismatch`() throws {
        var fixture = try PairingFixture.showing()
        let other = try KeyPair(using: &fixture.generator).publicKey
        let secret = fixture.machine.keys.advSecret
        try checkRefusal(
            &fixture, try fixture.phone.pairSuccess(other, advSecret: secret), .accountSignatureMismatch, "401",
            "signature-mismatch")
    }

    /// What can be wrong with a phone's answer, with what the server is told.
    static let damages: [(Damage, PairSuccessRefusal, AttributeValue, AttributeValue)] = [
        (.container, .malformedContainer, "500", "internal-error"),
        (.hmac, .hmacMismatch, "401", "hmac-mismatch"),
        (.accountType, .hmacMismatch, "401", "hmac-mismatch"),
        (.identity, .malformedIdentity, "500", "internal-error"),
        (.details, .malformedDetails, "500", "internal-error"),
        (.accountKeySize, .wrongAccountKeySize(actual: 31), "401", "signature-mismatch"),
        (.accountKey, .accountSignatureMismatch, "401", "signature-mismatch"),
        (.accountSignatureSize, .wrongAccountSignatureSize(actual: 63), "401", "signature-mismatch"),
        (.accountSignature, .accountSignatureMismatch, "401", "signature-mismatch"),
        (.signedDetails, .accountSignatureMismatch, "401", "signature-mismatch"),
    ]

    @Test(arguments: damages)
    func `an answer that is wrong anywhere is refused with its code, and nothing is stored`(
        damage: Damage, refusal: PairSuccessRefusal, code: AttributeValue, text: AttributeValue
    ) throws {
        var fixture = try PairingFixture.showing()
        let secret = fixture.machine.keys.advSecret
        let container = try fixture.phone.offer(for: fixture.identityKey).container(advSecret: secret)
        let spoiled = try damage.done(to: container, advSecret: secret)
        try checkRefusal(&fixture, TestPhone.pairSuccess(container: spoiled), refusal, code, text)
        #expect(fixture.machine.deadline == nil && fixture.machine.isOver)
    }

    @Test func `an answer without identity is refused`() throws {
        var fixture = try PairingFixture.showing()
        try checkRefusal(&fixture, TestPhone.pairSuccess(container: []), .hmacMismatch, "401", "hmac-mismatch")
    }

    private func checkRefusal(
        _ fixture: inout PairingFixture, _ success: Node, _ refusal: PairSuccessRefusal, _ code: AttributeValue,
        _ text: AttributeValue
    ) throws {
        let reply = Node(
            "iq", ["id": "200", "to": .jid(.service), "type": "error"],
            children: [Node("error", ["code": code, "text": text])])
        #expect(fixture.receive(success) == [.send(reply), .fail(.refused(refusal))])
    }

    @Test(arguments: [
        "15551234567@s.whatsapp.net", "123456789012345:7@lid", "s.whatsapp.net", "no address", "120363@g.us",
    ])
    func `an answer must name a companion's address`(address: String) throws {
        var fixture = try PairingFixture.showing()
        let container = try fixture.phone.offer(for: fixture.identityKey)
            .container(advSecret: fixture.machine.keys.advSecret)
        let success = TestPhone.pairSuccess(container: container, device: Node("device", ["jid": .string(address)]))
        let actions = fixture.receive(success)
        #expect(actions.failure == .malformedAnswer)
        guard case .send(let reply)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(reply.child("error")?.string("code") == "500")
    }
}
