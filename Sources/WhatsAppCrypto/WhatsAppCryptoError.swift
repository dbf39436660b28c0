public import CryptoPrimitives

/// Why bytes were refused or could not be made. Carries no key, no code and no content.
public enum WhatsAppCryptoError: Error, Hashable, Sendable {
    /// A key, random value or field of the wrong size; `what` names it, sizes are bytes.
    case wrongSize(what: StaticStringName, expected: Int, actual: Int)

    /// An encrypted file is one or more blocks of 16 bytes and 10 bytes more; this one is not.
    case encryptedFileSize(bytes: UInt64)
    /// An encrypted file is not the one its hash was made of: damaged on the way, or another one.
    case encryptedFileHashMismatch
    /// An encrypted file was not made with this media key and kind, or was altered.
    case mediaCodeMismatch
    /// An authentic encrypted file whose plaintext does not end in padding: its maker was wrong.
    case mediaPadding
    /// A decrypted file is not the one its hash was made of: its maker was wrong.
    case fileHashMismatch
    /// Not the URL-safe Base64 of a 32-byte hash.
    case malformedUploadToken

    /// A decrypted message without a single byte.
    case emptyMessage
    /// The last byte announces a padding that is not there.
    case wrongMessagePadding(announced: UInt8, count: Int)

    /// A QR text with another number of fields than five, or this one unreadable.
    case malformedQRCode(QRCodeField)
    /// A device identity that is no protobuf, or lacks a key or signature of the right size.
    case malformedDeviceIdentity
    /// A signature in a device identity was not made by the key it stands beside.
    case deviceIdentityNotAuthentic(DeviceIdentitySignature)
    /// A companion changed what the account signed, or sent the account's key back.
    case deviceIdentityChanged

    /// A pairing code has 8 characters of its alphabet, beside one dash in the middle.
    case malformedPairingCode
    /// A phone number has 7 to 15 digits and begins with its country's.
    case malformedPhoneNumber
    /// A stanza of pairing by code without this child, or with one that is not readable.
    case missingPairingField(StaticStringName)
    /// An answer to another pairing attempt than the one that waits.
    case wrongPairingReference
    /// A key in pairing by code is a point of small order, with which no secret can be agreed.
    case weakPairingKey
    /// The key bundle was not made for this code: a wrong code was entered, or somebody sits in between.
    case keyBundleNotAuthentic
    /// The key bundle opens but is about other identities than those that pair.
    case keyBundleForOtherIdentity

    /// SwiftProtobuf could not write a message.
    case encodingFailed
    /// The cryptographic library failed on valid input.
    case primitiveFailed(CryptoError)
}

/// The fields of a QR text, in their order.
public enum QRCodeField: Hashable, Sendable {
    case reference, noiseKey, identityKey, advSecret, clientType
}

/// Who signed what in a device identity.
public enum DeviceIdentitySignature: Hashable, Sendable {
    /// The phone, over the companion's identity key.
    case account
    /// The companion, over the phone's account key.
    case device
}

extension WhatsAppCryptoError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wrongSize(let what, let expected, let actual):
            "the \(what) has \(actual) bytes where \(expected) were expected"
        case .encryptedFileSize(let bytes): "an encrypted file cannot have \(bytes) bytes: it was cut short"
        case .encryptedFileHashMismatch: "an encrypted file is not the announced one: it was damaged or replaced"
        case .mediaCodeMismatch: "an encrypted file does not belong to its media key and kind, or was altered"
        case .mediaPadding: "an encrypted file was made with a wrong padding"
        case .fileHashMismatch: "a decrypted file is not the announced one: it was made with a wrong hash"
        case .malformedUploadToken: "an upload token is not readable"
        case .emptyMessage: "a decrypted message is empty"
        case .wrongMessagePadding(let announced, let count):
            "a decrypted message of \(count) bytes does not end in the \(announced) bytes of padding it announces"
        case .malformedQRCode(let field): "a QR text is not readable (\(field))"
        case .malformedDeviceIdentity: "a device identity is not readable"
        case .deviceIdentityNotAuthentic(let signature): "the \(signature) signature of a device identity is wrong"
        case .deviceIdentityChanged: "a companion sent back another device identity than it was given"
        case .malformedPairingCode: "a pairing code has 8 characters, digits or letters without 0, I, O and U"
        case .malformedPhoneNumber: "a phone number has 7 to 15 digits and begins with the country code, not with 0"
        case .missingPairingField(let name): "a stanza of pairing by code came without \(name)"
        case .wrongPairingReference: "an answer belongs to another pairing code; ask for a new one"
        case .weakPairingKey: "pairing by code was answered with a key that gives no secret"
        case .keyBundleNotAuthentic: "the key bundle does not fit the pairing code: a wrong code was entered"
        case .keyBundleForOtherIdentity: "the key bundle is about other keys than those that pair"
        case .encodingFailed: "a message could not be written"
        case .primitiveFailed(let error): "the cryptographic library failed: \(error)"
        }
    }
}
