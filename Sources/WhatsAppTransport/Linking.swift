import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto

/// One attempt to link a device: tells a person what to do, asks for codes, and knows when it is over.
actor Linking {
    /// Somebody stands before the screen.
    static let limit = Duration.seconds(600)
    /// Connections that came to nothing before anything could be shown.
    private static let fruitlessLimit = 3
    private static let codeLifetime = Duration.seconds(180)

    /// The number of the account, once it is linked.
    typealias Outcome = Result<String, DeviceAdministrationError>

    nonisolated let store: LinkingStore
    private let phone: JID?
    /// Gone when it is over.
    private var onStep: (@Sendable (LinkingStep) async -> Void)?
    private let time: SessionTime
    /// On the session's clock.
    private let end: Duration
    private let logger: Logger

    private var outcome: Outcome?
    private var waiter: CheckedContinuation<Outcome, Never>?
    private var timer: Task<Void, Never>?
    private var hasShown = false
    private var fruitless = 0
    private var isCodeAskedFor = false
    private var isCodeShown = false

    init(
        _ store: LinkingStore, phone: JID?, time: SessionTime, logger: Logger,
        onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) {
        self.store = store
        self.phone = phone
        self.time = time
        self.end = time.uptime() + Self.limit
        self.logger = logger
        self.onStep = onStep
    }

    /// What came of it. For one caller.
    func result() async -> Outcome {
        if let outcome { return outcome }
        let (time, end) = (self.time, self.end)
        self.timer = Task {
            // Throws only when it is cancelled, because it is over.
            guard (try? await time.sleep(until: end)) != nil else { return }
            self.giveUp(.linkingFailed("nobody linked the device within \(Int(Self.limit.seconds / 60)) minutes"))
        }
        return await withCheckedContinuation { self.waiter = $0 }
    }

    /// Ends it, unless the phone has been accepted meanwhile.
    func giveUp(_ error: DeviceAdministrationError) {
        guard self.store.giveUp() else { return }
        self.end(with: .failure(error))
    }

    private func end(with outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        self.onStep = nil
        self.timer?.cancel()
        self.waiter?.resume(returning: outcome)
        self.waiter = nil
    }

    private func show(_ step: LinkingStep) async {
        self.hasShown = true
        await self.onStep?(step)
    }
}

// What the session says.
extension Linking {
    func heard(_ event: PairingEvent, from session: WhatsAppSession) async {
        switch event {
        case .qrCode(let code, let duration):
            await self.show(.qrCode(code.text, validFor: duration))
            await self.askForCode(session)
        case .qrCodesExhausted:
            // Without a phone this is the end, which is told as such.
            if self.phone != nil { await self.show(.qrCodesExhausted) }
        case .code(let code):
            self.isCodeShown = true
            await self.show(.pairingCode(code.displayText, validFor: Self.codeLifetime))
        case .codeExpired:
            await self.codeIsVoid()
            await self.askForCode(session)
        case .linked(let account): await self.linked(account.jid.user)
        }
    }

    private func linked(_ number: String) async {
        await self.show(.linked(number: number))
        self.end(with: .success(number))
    }

    private func askForCode(_ session: WhatsAppSession) async {
        guard let phone, !self.isCodeAskedFor, self.outcome == nil else { return }
        self.isCodeAskedFor = true
        do throws(ClientError) {
            _ = try await session.requestPairingCode(for: phone)
        } catch {
            self.isCodeAskedFor = false
            self.couldNotAsk(error)
        }
    }

    private func couldNotAsk(_ error: ClientError) {
        switch error {
        case .refused(let refusal) where refusal.isRateLimit:
            self.giveUp(.linkingFailed("too many codes were asked for; try again in some hours, or scan a QR code"))
        case .refused(let refusal):
            self.giveUp(
                .linkingFailed("the server gives no code for this number (\(refusal)); is it right, and on WhatsApp?"))
        case .pairingCodeFailed(let error): self.giveUp(.failed("\(error)"))
        case .notConnected, .unsendable, .duplicateID, .connectionLost, .timedOut, .cancelled, .malformedAnswer,
            .storeFailed, .notAPhoneNumber, .preKeyIDTooLarge, .wrongSignatureSize, .encodingFailed, .primitiveFailed,
            .keysNotMade, .handshakeNotMade, .notPairing:
            // The next QR text, or the next connection, brings another attempt.
            self.logger.info("no pairing code", metadata: ["error": "\(error)"])
        }
    }

    private func codeIsVoid() async {
        self.isCodeAskedFor = false
        guard self.isCodeShown else { return }
        self.isCodeShown = false
        await self.show(.pairingCodeExpired)
    }

    func disconnected(_ reason: DisconnectReason) async {
        await self.codeIsVoid()
        guard !self.hasShown else { return }
        self.fruitless += 1
        if reason.isCertificateRefused || self.fruitless >= Self.fruitlessLimit {
            self.giveUp(.linkingFailed("there is no connection to the server: \(reason)"))
        }
    }

    /// The session is over.
    /// - Returns: whether there is to be another one: codes can be entered for longer than there are QR texts.
    func ended(_ end: SessionEnd) async -> Bool {
        await self.codeIsVoid()
        guard self.outcome == nil else { return false }
        if let number = self.store.linkedNumber {
            // It ended before it could say so, but the device is there.
            await self.linked(number)
            return false
        }
        if case .pairingFailed(.timedOut) = end, self.phone != nil { return true }
        self.end(with: .failure(self.store.refusal ?? .linkingFailed(Self.words(for: end))))
        return false
    }

    private static func words(for end: SessionEnd) -> String {
        switch end {
        case .pairingFailed(let failure): "\(failure)"
        case .stopped: "linking was given up"
        case .loggedOut, .notLinkedAnyMore, .replaced, .temporarilyBanned, .versionTooOld, .refused, .unauthorized,
            .misconfigured, .storeFailed:
            "\(end)"
        }
    }
}
