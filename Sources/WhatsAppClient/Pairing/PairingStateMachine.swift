import CryptoPrimitives
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

/// Linking on one connection of an unlinked device: QR texts one after the other, beside them perhaps a code, until the
/// phone's answer is accepted.
///
/// Like the connection's machine it only says what is to be done. Whatever changes the device is stored before anything
/// that builds on it is sent: such actions hang on `save`.
struct PairingStateMachine: Sendable {
    /// What the phone is told about us.
    struct Companion: Hashable, Sendable {
        var clientType: CompanionClientType
        /// Such as `Chrome (Linux)`.
        var displayName: String
    }

    enum Change: Equatable, Sendable {
        case advSecret(SecretBytes)
        case account(LinkedAccount)
    }

    indirect enum Action: Equatable, Sendable {
        case send(Node)
        /// The last step of linking by code. Its result only means that the phone was told; `finishAnswered` with it.
        case finishCode(Node)
        /// Answer the phone's part of linking by code, which takes some 50 ms: `answer` with it, after what stands before.
        case answer(PrimaryHello)
        case event(PairingEvent)
        case save(Change, then: [Action], otherwise: [Action])
        /// The device is linked.
        case linked
        case fail(PairingFailure)
    }

    enum Limit {
        /// The first of six texts is shown longer, as people have to find their phone first.
        static let firstText = Duration.seconds(60)
        static let nextText = Duration.seconds(20)
        static let textsWithLongFirst = 6
        /// More are of no use to anybody.
        static let texts = 32
        static let textLength = 1024
        static let code = Duration.seconds(180)
        static let codeAttempts = 3
        /// From the last step of linking by code to the phone's answer.
        static let codeAnswer = Duration.seconds(60)
    }

    /// A code that was shown.
    struct CodeAttempt: Sendable {
        let pairing: CompanionCodePairing
        let phone: JID
        let reference: [UInt8]
        /// When the code is void; once the last step was done, when the phone's answer is overdue.
        var until: Duration
        var attempts = 0
        var isFinished = false
    }

    let companion: Companion
    var keys: DeviceKeys
    /// Texts that were not shown yet, the next one last.
    var references: [String] = []
    var current: (reference: String, until: Duration)?
    var hasReferences = false
    var code: CodeAttempt?
    /// The phone's answer was accepted, or there will be none.
    var isOver = false

    init(keys: DeviceKeys, companion: Companion) {
        self.keys = keys
        self.companion = companion
    }

    var deadline: Duration? {
        self.isOver ? nil : [self.current?.until, self.code?.until].compactMap { $0 }.min()
    }

    /// A stanza of the server.
    mutating func received(
        _ stanza: Node, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch stanza.tag {
        case "iq": self.request(stanza, now, using: &generator)
        case "ib": stanza.child("downgrade_webclient") == nil ? [] : self.fail(.phoneNotMultiDevice)
        case "notification": [.send(.acknowledging(stanza))] + self.notified(stanza, now, using: &generator)
        case "message", "receipt", "call": [.send(.acknowledging(stanza))]
        default: []
        }
    }

    /// What is due.
    mutating func reached(_ now: Moment) -> [Action] {
        guard !self.isOver else { return [] }
        var actions: [Action] = []
        if let code, now.uptime >= code.until { actions += self.dropCode(now) }
        if let current, now.uptime >= current.until { actions += self.showNext(now) }
        return actions
    }

    private mutating func request(
        _ iq: Node, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard !self.isOver, let id = iq.string("id") else { return [] }
        if let device = iq.child("pair-device") {
            return [.send(Node("iq", ["to": .jid(.service), "type": "result", "id": .string(id)]))]
                + self.show(device, now)
        }
        if let success = iq.child("pair-success") { return self.accept(success, id: id, using: &generator) }
        return []
    }

    mutating func fail(_ failure: PairingFailure) -> [Action] {
        guard !self.isOver else { return [] }
        self.isOver = true
        return [.fail(failure)]
    }
}

// QR texts.
extension PairingStateMachine {
    private mutating func show(_ device: Node, _ now: Moment) -> [Action] {
        let references = device.children("ref").prefix(Limit.texts).compactMap(\.text)
            .filter { 1...Limit.textLength ~= $0.utf8.count }
        guard !references.isEmpty else { return [] }
        self.hasReferences = true
        self.references = references.reversed()
        return self.showNext(now, for: references.count == Limit.textsWithLongFirst ? Limit.firstText : Limit.nextText)
    }

    private mutating func showNext(_ now: Moment, for time: Duration = Limit.nextText) -> [Action] {
        guard let reference = self.references.popLast() else {
            self.current = nil
            return [.event(.qrCodesExhausted)] + (self.code == nil ? self.fail(.timedOut) : [])
        }
        self.current = (reference, now.uptime + time)
        return self.showCurrent(now)
    }

    func showCurrent(_ now: Moment) -> [Action] {
        guard let current else { return [] }
        let text = PairingQRCode(
            reference: current.reference, noiseKey: self.keys.noiseKey.publicKey,
            identityKey: self.keys.identity.identityKey.publicKey, advSecret: self.keys.advSecret,
            clientType: self.companion.clientType)
        return [.event(.qrCode(text, validFor: current.until - now.uptime))]
    }

    /// The server takes the secret back: the same text again with a new one. A code whose last step was done has its
    /// own, which must stay.
    mutating func refreshSecret(_ now: Moment, using generator: inout some RandomNumberGenerator) -> [Action] {
        if let code, code.isFinished { return [] }
        self.keys.advSecret = .random(count: 32, using: &generator)
        return [
            .save(.advSecret(self.keys.advSecret), then: self.showCurrent(now), otherwise: [.fail(.notStored)])
        ]
    }
}

// The phone's answer.
extension PairingStateMachine {
    private mutating func accept(
        _ success: Node, id: String, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        self.isOver = true
        let identity: DeviceIdentity
        do {
            identity = try DeviceIdentity(
                pairSuccess: success.child("device-identity")?.bytes ?? [], advSecret: self.keys.advSecret,
                identity: self.keys.identity.identityKeyPair.keyPair, using: &generator)
        } catch {
            return [.send(error.reply(to: id)), .fail(.refused(error))]
        }
        guard let account = Self.account(of: success, identity) else {
            return [.send(Self.internalError(id)), .fail(.malformedAnswer)]
        }
        guard let reply = try? identity.reply(to: id) else {
            return [.send(Self.internalError(id)), .fail(.refused(.encodingFailed))]
        }
        return [
            .save(
                .account(account), then: [.send(reply), .event(.linked(account)), .linked],
                otherwise: [.send(Self.internalError(id)), .fail(.notStored)])
        ]
    }

    /// The address has to be that of a companion: with a device number.
    private static func account(of success: Node, _ identity: DeviceIdentity) -> LinkedAccount? {
        let device = success.child("device")
        guard let jid = device?.jid("jid")?.normalized, jid.server == .user, !jid.isServer, jid.device > 0 else {
            return nil
        }
        let lid = device?.jid("lid").flatMap { $0.server == .lid && !$0.isServer ? $0 : nil }
        return LinkedAccount(
            jid: jid, lid: lid, platform: success.child("platform")?.string("name"),
            businessName: success.child("biz")?.string("name"), identity: identity)
    }

    private static func internalError(_ id: String) -> Node {
        PairSuccessRefusal.encodingFailed.reply(to: id)
    }
}
