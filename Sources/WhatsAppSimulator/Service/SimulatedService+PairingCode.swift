import CryptoPrimitives
import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// A new device names the phone and sends a key under the code it shows; the person enters the code into the phone,
// which answers with a key of its own; from both the device makes the secret that QR pairing shows in the picture.
extension SimulatedService {
    mutating func receiveLinkCode(_ iq: Node, on id: ConnectionID, _ registration: Registration) throws(StanzaRefusal) {
        guard let node = iq.child("link_code_companion_reg") else {
            throw StanzaRefusal(400, "an iq about linking has no known child")
        }
        switch node.string("stage") {
        case "companion_hello": try self.receiveHello(node, iq, on: id, registration)
        case "companion_finish": try self.receiveFinish(node, iq, on: id, registration)
        default: throw StanzaRefusal(400, "an unknown stage of linking by code")
        }
    }

    private mutating func receiveHello(
        _ node: Node, _ iq: Node, on id: ConnectionID, _ registration: Registration
    ) throws(StanzaRefusal) {
        let hello: CompanionHello
        do {
            hello = try CompanionHello(node)
        } catch {
            throw StanzaRefusal(400, "the companion hello: \(error)")
        }
        guard hello.clientType != .unknown else { throw StanzaRefusal(400, "the client type 0 is refused") }
        guard Self.isDisplayName(hello.displayName) else {
            throw StanzaRefusal(400, "the display name must read like Chrome (Linux)")
        }
        guard hello.noiseKey == registration.noiseKey else {
            throw StanzaRefusal(400, "the companion hello has another static key than the handshake")
        }
        guard let device = self.resolve(hello.phone), device.isPhone else {
            throw StanzaRefusal(.error(400), "this number has no account", isComplaint: false)
        }
        var registration = registration
        let reference = self.random.bytes(count: 24)
        registration.code = Registration.CodeProgress(number: device.number, hello: hello, reference: reference)
        self.connections[id]?.stage = .registering(registration)
        let answer = Node(
            "link_code_companion_reg", children: [Node("link_code_pairing_ref", bytes: reference)])
        self.answer(iq, on: id, [answer])
    }

    /// `Browser (System)`, both of them real.
    private static func isDisplayName(_ name: String) -> Bool {
        let browsers = ["Chrome", "Edge", "Firefox", "IE", "Opera", "Safari"]
        let systems = ["Linux", "Ubuntu", "Debian", "Windows", "Mac OS", "macOS", "Android"]
        return browsers.contains { browser in systems.contains { "\(browser) (\($0))" == name } }
    }

    /// A person enters a pairing code.
    /// - Returns: the connection on which the answer is awaited.
    mutating func enterCode(_ text: String, number: String) throws(PairingRefusal) -> ConnectionID {
        guard let code = try? PairingCode(text) else { throw .malformedCode }
        guard self.account(number) != nil, let phone = self.primary(of: number) else { throw .unknownNumber }
        guard let wanting = self.registration(wantingCodeOf: number) else { throw .noCodeWanted }
        let id = wanting.0
        var (_, registration, progress) = wanting
        guard self.takeFaults(on: .pairing, from: nil, to: number, where: { $0 == .refreshCode }).isEmpty else {
            let child = Node(
                "link_code_companion_reg", ["stage": "refresh_code", "force_manual_refresh": "false"],
                children: [Node("link_code_pairing_ref", bytes: progress.reference)])
            self.sendPairing("link_code_companion_reg", child, to: id)
            throw .refreshed
        }
        self.pairings[id] = nil
        do {
            let primary = try PrimaryCodePairing(
                code: code, companion: progress.hello.wrappedEphemeral, using: &self.random)
            progress.primary = primary
            registration.code = progress
            self.connections[id]?.stage = .registering(registration)
            let hello = PrimaryHello(
                wrappedEphemeral: primary.wrappedEphemeral, identityKey: phone.identityKeyPair.publicKey,
                reference: progress.reference)
            self.sendPairing("link_code_companion_reg", hello.node, to: id)
        } catch {
            throw .badReply("\(error)")
        }
        return id
    }

    func wantsCode(of number: String) -> Bool { self.registration(wantingCodeOf: number) != nil }

    private func registration(
        wantingCodeOf number: String
    ) -> (ConnectionID, Registration, Registration.CodeProgress)? {
        for (id, connection) in self.connections.sorted(by: { $0.key.number > $1.key.number }) {
            if case .registering(let registration) = connection.stage, let code = registration.code,
                code.number == number
            {
                return (id, registration, code)
            }
        }
        return nil
    }

    private mutating func receiveFinish(
        _ node: Node, _ iq: Node, on id: ConnectionID, _ registration: Registration
    ) throws(StanzaRefusal) {
        let finish: CompanionFinish
        do {
            finish = try CompanionFinish(node)
        } catch {
            throw StanzaRefusal(400, "the companion finish: \(error)")
        }
        guard let progress = registration.code, let primary = progress.primary,
            finish.reference == progress.reference
        else { throw StanzaRefusal(400, "a companion finish for a code nobody has entered") }
        guard finish.identityKey == registration.preKeys.identityKey else {
            throw StanzaRefusal(400, "the companion finish has another identity key than the registration")
        }
        guard let phone = self.primary(of: progress.number) else { throw StanzaRefusal(404, "no such account") }
        // The result says only that the bundle was handed on; a phone that cannot open it says nothing.
        self.answer(iq, on: id)
        let secret: SecretBytes
        do {
            secret = try primary.open(
                finish.keyBundle, companion: finish.identityKey, identity: phone.identityKeyPair)
        } catch {
            self.pairings[id] = .wrongCode
            return
        }
        do {
            try self.offer(on: id, registration, number: progress.number, advSecret: secret)
        } catch {
            self.pairings[id] = .badReply(error.description)
        }
    }
}
