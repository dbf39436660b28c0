import CryptoPrimitives
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

// Linking by a code that a person types into the phone. A code is asked for in two steps, as the server has to accept it
// before anybody sees it; until then nothing is kept.
extension PairingStateMachine {
    /// A code that the server was asked to accept.
    struct CodeOffer: Sendable {
        let pairing: CompanionCodePairing
        let phone: JID
        /// The request.
        let hello: Node
    }

    /// Makes a code for the account with this number. Takes some 50 ms, on purpose.
    func offerCode(
        _ code: PairingCode?, to phone: JID, using generator: inout some RandomNumberGenerator
    ) throws(ClientError) -> CodeOffer {
        guard self.hasReferences, !self.isOver else { throw .notPairing }
        let pairing: CompanionCodePairing
        do {
            pairing = try CompanionCodePairing(code: code ?? PairingCode(using: &generator), using: &generator)
        } catch {
            throw .pairingCodeFailed(error)
        }
        let hello = CompanionHello(
            phone: phone, wrappedEphemeral: pairing.wrappedEphemeral, noiseKey: self.keys.noiseKey.publicKey,
            clientType: self.companion.clientType, displayName: self.companion.displayName)
        return CodeOffer(pairing: pairing, phone: phone, hello: .iq("set", xmlns: "md", children: [hello.node]))
    }

    /// The server has accepted the code: it may be shown. An earlier one is void.
    mutating func codeAccepted(
        _ offer: CodeOffer, answer: Node, _ now: Moment
    ) throws(ClientError) -> [Action] {
        guard !self.isOver else { throw .notPairing }
        let reference = answer.child("link_code_companion_reg")?.child("link_code_pairing_ref")?.bytes
        guard let reference, !reference.isEmpty else { throw .malformedAnswer("link_code_pairing_ref") }
        self.code = CodeAttempt(
            pairing: offer.pairing, phone: offer.phone, reference: reference, until: now.uptime + Limit.code)
        return [.event(.code(offer.pairing.code))]
    }

    mutating func notified(
        _ notification: Node, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard !self.isOver, notification.isFromService else { return [] }
        switch notification.string("type") {
        case "companion_reg_refresh":
            let isRefresh = ["companion_reg_refresh", "pair-device-rotate-qr"]
                .contains { notification.child($0) != nil }
            return isRefresh ? self.refreshSecret(now, using: &generator) : []
        case "link_code_companion_reg":
            return notification.child("link_code_companion_reg").map { self.codeNotified($0, now) } ?? []
        case "passkey_prologue_request", "crsc_continuation": return self.fail(.passkeyRequired)
        default: return []
        }
    }

    private mutating func codeNotified(_ registration: Node, _ now: Moment) -> [Action] {
        guard var code, registration.child("link_code_pairing_ref")?.bytes == code.reference else { return [] }
        if registration.string("stage") == "refresh_code" { return self.dropCode(now) }
        // Without a key only the passkey's way follows.
        guard registration.child("link_code_pairing_wrapped_primary_ephemeral_pub") != nil else { return [] }
        guard !code.isFinished, now.uptime < code.until, let hello = try? PrimaryHello(registration) else { return [] }
        code.attempts += 1
        self.code = code
        return code.attempts > Limit.codeAttempts ? self.dropCode(now) : [.answer(hello)]
    }

    /// Answers the phone. Takes some 50 ms, on purpose.
    mutating func answer(
        _ hello: PrimaryHello, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard !self.isOver, var code, !code.isFinished else { return [] }
        let identity = self.keys.identity.identityKeyPair.keyPair
        // A phone that sends what cannot be answered may try again with the same code.
        guard
            let end = try? code.pairing.finish(
                answering: hello, reference: code.reference, identity: identity, using: &generator)
        else { return [] }
        code.isFinished = true
        code.until = now.uptime + Limit.codeAnswer
        self.code = code
        self.keys.advSecret = end.advSecret
        let finish = CompanionFinish(
            phone: code.phone, keyBundle: end.keyBundle, identityKey: identity.publicKey, reference: code.reference)
        return [
            .save(
                .advSecret(end.advSecret),
                then: [.finishCode(.iq("set", xmlns: "md", children: [finish.node]))], otherwise: [.fail(.notStored)])
        ]
    }

    /// The server's answer to the last step; only an error tells something.
    mutating func finishAnswered(isRefused: Bool, _ now: Moment) -> [Action] {
        isRefused && self.code?.isFinished == true ? self.dropCode(now) : []
    }

    /// QR texts shown before the code's last step hold a secret that is void: the current one is shown again.
    mutating func dropCode(_ now: Moment) -> [Action] {
        guard let code, !self.isOver else { return [] }
        self.code = nil
        let isOutOfTexts = self.current == nil
        return [.event(.codeExpired)] + (code.isFinished ? self.showCurrent(now) : [])
            + (isOutOfTexts ? self.fail(.timedOut) : [])
    }
}
