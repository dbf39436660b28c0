import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

/// Linking under way, with a clock that tests move, and the phone on the other side.
struct PairingFixture {
    typealias Action = PairingStateMachine.Action

    var machine: PairingStateMachine
    var now = Moment(uptime: .seconds(5), date: Date(timeIntervalSince1970: 1_700_000_000))
    var generator = SeededGenerator(seed: 3)
    var phone: TestPhone

    init(isHosted: Bool = false) throws {
        self.phone = try TestPhone(isHosted: isHosted)
        self.machine = PairingStateMachine(
            keys: try DeviceKeys(using: &self.generator),
            companion: PairingStateMachine.Companion(clientType: .chrome, displayName: "Chrome (Linux)"))
    }

    /// The first QR text is shown.
    static func showing() throws -> PairingFixture {
        var fixture = try PairingFixture()
        _ = fixture.receive(TestPhone.pairDevice())
        return fixture
    }

    var identityKey: PublicKey { self.machine.keys.identity.identityKey.publicKey }

    mutating func receive(_ stanza: Node) -> [Action] {
        self.machine.received(stanza, self.now, using: &self.generator)
    }

    mutating func advance(by duration: Duration) -> [Action] {
        self.now = self.now + duration
        return self.machine.reached(self.now)
    }

    /// Asks for a code and has the server accept it.
    mutating func acceptCode(reference: String = "code-ref") throws -> PairingStateMachine.CodeOffer {
        let offer = try self.machine.offerCode(nil, to: jid("15551234567@s.whatsapp.net"), using: &self.generator)
        _ = try self.machine.codeAccepted(offer, answer: Self.helloAnswer(reference), self.now)
        return offer
    }

    static func helloAnswer(_ reference: String) -> Node {
        Node(
            "iq", ["type": "result"],
            children: [
                Node(
                    "link_code_companion_reg",
                    children: [Node("link_code_pairing_ref", bytes: Array(reference.utf8))])
            ])
    }

    /// What the phone sends when the code was typed in.
    mutating func primaryHello(
        _ code: PairingCode, _ hello: CompanionHello, reference: String = "code-ref"
    ) throws -> (Node, PrimaryCodePairing) {
        let pairing = try PrimaryCodePairing(
            code: code, companion: hello.wrappedEphemeral, using: &self.generator)
        let answer = PrimaryHello(
            wrappedEphemeral: pairing.wrappedEphemeral, identityKey: self.phone.identity.key.publicKey,
            reference: Array(reference.utf8))
        return (TestPhone.notification("link_code_companion_reg", answer.node), pairing)
    }
}

extension [PairingStateMachine.Action] {
    /// The QR text that is to be shown, and for how long.
    var qrCode: (code: PairingQRCode, duration: Duration)? {
        for case .event(.qrCode(let code, let duration)) in self { return (code, duration) }
        return nil
    }

    var failure: PairingFailure? {
        for case .fail(let failure) in self { return failure }
        return nil
    }
}
