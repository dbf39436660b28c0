public import WhatsAppBinary
public import WhatsAppCrypto

extension WhatsAppSession {
    /// Asks for a code that links this device when it is typed into the phone with this number. To be called when the
    /// first QR text was shown, and again when a code has expired.
    ///
    /// - Parameters:
    ///   - phone: see `JID.init(phoneToPair:)`.
    ///   - code: one of the caller's choice; otherwise a fresh one.
    /// - Returns: the code, once the server has accepted it and not before. An event tells it too.
    /// - Throws: `notPairing`; `refused` with 400 for a display name or number the server does not take, or too many
    ///   codes for a number; what `query` throws.
    public func requestPairingCode(
        for phone: JID, code: PairingCode? = nil
    ) async throws(ClientError) -> PairingCode {
        guard let pairing else { throw .notPairing }
        let number = self.connectionNumber
        let offer = try pairing.offerCode(code, to: phone, using: &self.generator)
        let answer = try await self.query(offer.hello)
        guard number == self.connectionNumber, var pairing = self.pairing else { throw .notPairing }
        let actions = try pairing.codeAccepted(offer, answer: answer, self.time.now)
        self.pairing = pairing
        self.perform(pairing: actions)
        self.rearmTimer()
        return offer.pairing.code
    }

    /// Unlinks this device at the server and sets its keys aside; `run` returns `loggedOut`.
    ///
    /// When this throws, the device is as it was: its keys are kept.
    public func logout() async throws(ClientError) {
        guard let jid = self.credentials?.jid, self.machine.isOpen else { throw .notConnected }
        let request = Node("remove-companion-device", ["jid": .jid(jid), "reason": "user_initiated"])
        _ = try await self.query(.iq("set", xmlns: "md", children: [request]))
        self.end(.loggedOut(.requested))
    }
}
