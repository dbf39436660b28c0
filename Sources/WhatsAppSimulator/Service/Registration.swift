import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppCrypto

/// A new device that waits to be linked.
struct Registration: Sendable {
    let noiseKey: PublicKey
    let preKeys: PreKeyPool
    /// What the QR codes may name.
    var references: [String] = []
    /// Secrets the companion was asked to replace.
    var retiredSecrets: [SecretBytes] = []
    /// What linking by code has come to.
    var code: CodeProgress?
    /// The offer a pair-success has carried.
    var offer: Offer?
    /// How the pairing is to end.
    var ending: [FaultAction] = []

    struct Offer: Sendable {
        let number: String
        let keyIndex: UInt32
        let link: LinkOffer
    }

    struct CodeProgress: Sendable {
        let number: String
        let hello: CompanionHello
        let reference: [UInt8]
        /// There once a person has entered the code.
        var primary: PrimaryCodePairing?
    }

    init(noiseKey: PublicKey, preKeys: PreKeyPool) {
        self.noiseKey = noiseKey
        self.preKeys = preKeys
    }
}

/// What became of an attempt to link a device.
enum PairingOutcome: Sendable, Hashable {
    case linked(SimulatedDeviceID)
    /// The companion did not like what it was sent.
    case refused(code: String, text: String)
    /// What the companion answered was not right.
    case badReply(String)
    /// The companion's key bundle does not fit the code that was entered.
    case wrongCode
    /// The time was over.
    case expired
    case closed
}

/// Why a person could not link a device.
public enum PairingRefusal: Error, Sendable, Hashable {
    /// Nobody has this number.
    case unknownNumber
    /// The text is no QR text; the field that could not be read.
    case malformedQRCode(String)
    /// No connection shows this code now: it is too old, or was never given.
    case unknownReference
    /// The keys in the QR text are not those of the connection that got the code.
    case foreignKeys
    /// The code is shown with a secret the device was asked to replace.
    case retiredSecret
    /// The device was asked to show another code: scan again.
    case refreshed
    /// No device waits for a code of this number.
    case noCodeWanted
    case malformedCode
    /// The code that was entered is not the device's.
    case wrongCode
    /// The account has 255 devices.
    case tooManyDevices
    /// The device refused what it was sent, with this error code and text.
    case refusedByDevice(code: String, text: String)
    /// What the device answered was wrong.
    case badReply(String)
    /// The account asks for a passkey.
    case passkeyWanted
    /// The time was over, or the connection closed.
    case ended
}

extension PairingRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownNumber: "this number has no account"
        case .malformedQRCode(let field): "this is no QR text (\(field))"
        case .unknownReference: "no device shows this QR code now"
        case .foreignKeys: "the keys in the QR text are not those of the device that got the code"
        case .retiredSecret: "the QR text has a secret that was to be replaced"
        case .refreshed: "the device was asked for another QR code; scan that one"
        case .noCodeWanted: "no device waits for a code of this number"
        case .malformedCode: "a pairing code has 8 characters, digits or letters without 0, I, O and U"
        case .wrongCode: "the code is not the one the device shows"
        case .tooManyDevices: "the account has no room for another device"
        case .refusedByDevice(let code, let text): "the device refused: \(code) \(text)"
        case .badReply(let reason): "the device's answer was wrong: \(reason)"
        case .passkeyWanted: "the account asks for a passkey"
        case .ended: "the device's connection ended before it was linked"
        }
    }
}
