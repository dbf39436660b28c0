public import WhatsAppBinary
public import WhatsAppCrypto

/// What happens while a device is being linked.
public enum PairingEvent: Equatable, Sendable {
    /// Show this QR text, in the place of one shown before, which is void now. It is a secret: whoever sees it can link
    /// the device to their own account.
    case qrCode(PairingQRCode, validFor: Duration)
    /// All QR texts were shown. While a pairing code waits the connection stays, otherwise it ends.
    case qrCodesExhausted
    /// Show this code; the phone asks for it. Valid for three minutes.
    case code(PairingCode)
    /// The code is void, or nothing came of it; a new one can be asked for.
    case codeExpired
    /// The device is linked and stored. The session connects again and goes online.
    case linked(LinkedAccount)
}

/// Why linking ended without success.
public enum PairingFailure: Error, Hashable, Sendable {
    /// All QR texts were shown and nobody scanned one.
    case timedOut
    /// The phone's answer could not be accepted.
    case refused(PairSuccessRefusal)
    /// The phone's answer names no device of an account.
    case malformedAnswer
    /// The device could not be stored, so the phone was told that linking failed.
    case notStored
    /// The phone that scanned cannot link devices of this kind.
    case phoneNotMultiDevice
    /// The account wants a passkey for linking, which only a person with an authenticator can give.
    case passkeyRequired
}

/// What linking gives a device: who it is now, and the proof.
public struct LinkedAccount: Hashable, Sendable {
    /// Our own address with its device number, by phone number.
    public var jid: JID
    /// The same by hidden id; `nil` when the server did not say, and then the first login does.
    public var lid: JID?
    /// What the account's phone runs, such as `android`.
    public var platform: String?
    public var businessName: String?
    /// The account's signature over our identity and ours over it. Its `accountKey` is the identity of the account's
    /// phone: device 0 of `lid`.
    public var identity: DeviceIdentity

    public init(
        jid: JID, lid: JID?, platform: String? = nil, businessName: String? = nil, identity: DeviceIdentity
    ) {
        self.jid = jid
        self.lid = lid
        self.platform = platform
        self.businessName = businessName
        self.identity = identity
    }
}

extension PairingFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .timedOut: "nobody scanned a QR code in time"
        case .refused(let refusal): refusal.description
        case .malformedAnswer: "the phone's answer names no device"
        case .notStored: "the device could not be stored"
        case .phoneNotMultiDevice: "the phone's app is too old to link this device; update it"
        case .passkeyRequired: "the account asks for a passkey, which a server cannot give"
        }
    }
}
