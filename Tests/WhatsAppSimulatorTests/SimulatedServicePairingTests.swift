import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppSimulator

struct SimulatedServicePairingTests {
    private typealias Bench = ServiceBench

    @Test func `a scanned code links the device under the account's next number`() throws {
        var bench = Bench()
        var first = try TestDevice(seed: 1)
        var second = try TestDevice(seed: 2)
        _ = try bench.link(&first, to: Bench.ann)
        _ = try bench.link(&second, to: Bench.ann)
        #expect(first.pn?.description == "\(Bench.ann):1@s.whatsapp.net")
        #expect(second.pn?.description == "\(Bench.ann):2@s.whatsapp.net")
        #expect(first.lid?.device == 1)
        #expect(bench.complaints == [])
    }

    @Test func `the first device hears of the second`() throws {
        var bench = Bench()
        var first = try TestDevice(seed: 1)
        var second = try TestDevice(seed: 2)
        let id = try bench.link(&first, to: Bench.ann)
        _ = try bench.link(&second, to: Bench.ann)
        let notification = try bench.next("notification", on: id)
        #expect(notification.string("type") == "account_sync")
        #expect(notification.child("devices")?.children("device").count == 3)
    }

    private static func registered(_ bench: inout Bench, _ device: TestDevice) throws -> (ConnectionID, String) {
        let id = bench.connect(device, try device.registration())
        let offer = try bench.next("iq", on: id)
        return (id, try require(offer.child("pair-device")?.children.first?.text))
    }

    @Test func `texts that are no code of a waiting device are refused`() throws {
        var bench = Bench(everyNumberHasAccount: false)
        bench.service.addAccount(AccountScript(number: Bench.ann))
        let device = try TestDevice(seed: 1)
        let (_, reference) = try Self.registered(&bench, device)
        #expect(throws: PairingRefusal.unknownNumber) {
            try bench.service.scan(device.qr(reference), number: Bench.bob)
        }
        #expect(throws: PairingRefusal.unknownReference) {
            try bench.service.scan(device.qr("2@other"), number: Bench.ann)
        }
        #expect(throws: PairingRefusal.foreignKeys) {
            try bench.service.scan(try TestDevice(seed: 2).qr(reference), number: Bench.ann)
        }
        #expect(throws: PairingRefusal.self) { try bench.service.scan("hello", number: Bench.ann) }
        #expect(bench.complaints == ["the QR text has other keys than the handshake"])
    }

    @Test func `a device nobody links is closed after its time`() throws {
        var bench = Bench()
        let (id, _) = try Self.registered(&bench, try TestDevice(seed: 1))
        bench.pass(159)
        #expect(!bench.closed.contains(id))
        bench.pass(1)
        #expect(bench.closed.contains(id))
    }

    @Test func `a reply that was tampered with links nothing`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.scan(&device, Bench.ann)
        var reply = try device.answer(pairSuccess: bench.next("iq", on: id))
        var sign = try require(reply.child("pair-device-sign"))
        var identity = try require(sign.child("device-identity"))
        var bytes = try require(identity.bytes)
        bytes[bytes.count - 1] ^= 1
        identity.content = .bytes(bytes)
        sign.content = .nodes([identity])
        reply.content = .nodes([sign])
        bench.put(.stanza(id, reply))
        #expect(bench.closed.contains(id))
        #expect(bench.complaints.count == 1)
        #expect(bench.service.companions.isEmpty)
    }

    @Test func `an error reply is the person's to see`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.scan(&device, Bench.ann)
        let success = try bench.next("iq", on: id)
        let error = Node("error", ["code": "401", "text": "hmac-mismatch"])
        bench.put(
            .stanza(
                id,
                Node(
                    "iq", ["type": "error", "id": success.attributes["id"] ?? "", "to": .jid(.service)],
                    children: [error])))
        #expect(bench.service.pairings[id] == .refused(code: "401", text: "hmac-mismatch"))
    }

    @Test(arguments: ["wrongHMAC", "wrongAccountSignature", "garbageContainer"])
    func `a spoiled pair-success is noticed`(word: String) throws {
        var bench = Bench()
        try bench.fault(#"{"on": "pairing", "do": "\#(word)"}"#)
        var device = try TestDevice(seed: 1)
        let id = try bench.scan(&device, Bench.ann)
        let success = try bench.next("iq", on: id)
        #expect(throws: PairSuccessRefusal.self) { try device.answer(pairSuccess: success) }
    }

    @Test func `a hosted account, and a success with little in it, can be linked too`() throws {
        for word in ["hosted", "bare", "withoutLID", "straySuccess"] {
            var bench = Bench()
            try bench.fault(#"{"on": "pairing", "do": "\#(word)"}"#)
            var device = try TestDevice(seed: 1)
            let id = try bench.scan(&device, Bench.ann)
            let success = try bench.next("iq", on: id)
            #expect((success.child("pair-success")?.child("platform") == nil) == (word == "bare"))
            if word == "straySuccess" { _ = try bench.next("success", on: id) }
            bench.put(.stanza(id, try device.answer(pairSuccess: success)))
            #expect(try bench.next("stream:error", on: id).string("code") == "515")
            #expect((device.lid == nil) == (word == "withoutLID"))
        }
    }

    @Test func `a device may have to wait for its restart, or gets none`() throws {
        var bench = Bench()
        try bench.fault(#"[{"on": "pairing", "do": "delayRestart", "seconds": 3}]"#)
        var device = try TestDevice(seed: 1)
        var id = try bench.scan(&device, Bench.ann)
        bench.put(.stanza(id, try device.answer(pairSuccess: bench.next("iq", on: id))))
        #expect(!bench.closed.contains(id))
        bench.pass(3)
        #expect(try bench.next("stream:error", on: id).string("code") == "515")
        try bench.fault(#"{"on": "pairing", "do": "closeInsteadOfRestart"}"#)
        device = try TestDevice(seed: 2)
        id = try bench.scan(&device, Bench.ann)
        bench.put(.stanza(id, try device.answer(pairSuccess: bench.next("iq", on: id))))
        #expect(bench.closed.contains(id))
        #expect(throws: NothingSent.self) { try bench.next("stream:error", on: id) }
    }

    @Test func `a secret that was to be replaced links nothing`() throws {
        var bench = Bench()
        try bench.fault(#"{"on": "pairing", "do": "refresh"}"#)
        let device = try TestDevice(seed: 1)
        let (id, reference) = try Self.registered(&bench, device)
        #expect(throws: PairingRefusal.refreshed) {
            try bench.service.scan(device.qr(reference), number: Bench.ann)
        }
        bench.take(bench.service.finish())
        #expect(try bench.next("notification", on: id).string("type") == "companion_reg_refresh")
        #expect(throws: PairingRefusal.retiredSecret) {
            try bench.service.scan(device.qr(reference), number: Bench.ann)
        }
    }

    @Test func `an account that wants a passkey says so`() throws {
        var bench = Bench()
        try bench.fault(#"{"on": "pairing", "do": "passkey"}"#)
        let device = try TestDevice(seed: 1)
        let (id, reference) = try Self.registered(&bench, device)
        #expect(throws: PairingRefusal.passkeyWanted) {
            try bench.service.scan(device.qr(reference), number: Bench.ann)
        }
        bench.take(bench.service.finish())
        #expect(try bench.next("notification", on: id).string("type") == "passkey_prologue_request")
    }

    // MARK: By code

    private static func hello(
        _ bench: inout Bench, _ device: inout TestDevice, _ pairing: CompanionCodePairing, on id: ConnectionID,
        display: String = "Chrome (Linux)"
    ) throws -> Node {
        let hello = CompanionHello(
            phone: try JID(user: Bench.ann, server: .user), wrappedEphemeral: pairing.wrappedEphemeral,
            noiseKey: device.noise.publicKey, clientType: .chrome, displayName: display)
        return try bench.query(device.iq("md", "set", [hello.node]), on: id)
    }

    @Test func `a code that is entered links the device, a wrong one does not`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let (id, _) = try Self.registered(&bench, device)
        let pairing = try CompanionCodePairing(code: PairingCode("ABCD-1234"), using: &device.generator)
        let answer = try Self.hello(&bench, &device, pairing, on: id)
        let reference = try require(answer.child("link_code_companion_reg")?.children.first?.bytes)
        for (code, isRight) in [("WXYZ1234", false), ("ABCD1234", true)] {
            _ = try bench.service.enterCode(code, number: Bench.ann)
            bench.take(bench.service.finish())
            let hello = try bench.next("notification", on: id)
            let end = try pairing.finish(
                answering: PrimaryHello(try require(hello.children.first)), reference: reference,
                identity: device.identityPair, using: &device.generator)
            let finish = CompanionFinish(
                phone: try JID(user: Bench.ann, server: .user), keyBundle: end.keyBundle,
                identityKey: device.identityPair.publicKey, reference: reference)
            #expect(try bench.query(device.iq("md", "set", [finish.node]), on: id).string("type") == "result")
            guard isRight else {
                #expect(bench.service.pairings[id] == .wrongCode)
                continue
            }
            let success = try bench.next("iq", on: id)
            bench.put(.stanza(id, try device.answer(pairSuccess: success, secret: end.advSecret)))
            #expect(bench.service.pairings[id] == .linked(SimulatedDeviceID(number: Bench.ann, device: 1)))
        }
    }

    @Test func `a wrong companion hello is refused with 400`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let (id, _) = try Self.registered(&bench, device)
        let pairing = try CompanionCodePairing(code: PairingCode("ABCD-1234"), using: &device.generator)
        let answer = try Self.hello(&bench, &device, pairing, on: id, display: "Lynx (BeOS)")
        #expect(answer.child("error")?.integer("code") == 400)
        #expect(throws: PairingRefusal.noCodeWanted) {
            try bench.service.enterCode("ABCD1234", number: Bench.ann)
        }
        #expect(throws: PairingRefusal.malformedCode) { try bench.service.enterCode("0", number: Bench.ann) }
    }

    @Test func `a device can be asked for another code`() throws {
        var bench = Bench()
        try bench.fault(#"{"on": "pairing", "do": "refreshCode"}"#)
        var device = try TestDevice(seed: 1)
        let (id, _) = try Self.registered(&bench, device)
        let pairing = try CompanionCodePairing(code: PairingCode("ABCD-1234"), using: &device.generator)
        _ = try Self.hello(&bench, &device, pairing, on: id)
        #expect(throws: PairingRefusal.refreshed) {
            try bench.service.enterCode("ABCD1234", number: Bench.ann)
        }
        bench.take(bench.service.finish())
        let notification = try bench.next("notification", on: id)
        #expect(notification.child("link_code_companion_reg")?.string("stage") == "refresh_code")
    }
}
