import SignalProtocol
import WhatsAppClient
import WhatsAppCrypto

/// A secret and the row it belongs to. What is sealed for one is refused in any other.
enum SecretColumn {
    case noiseKey
    case identityKey
    case signedPreKey
    case advSecret
    case nctSalt
    case companionMetaNonce
    case preKey(UInt32)
    case session(ProtocolAddress)
    case senderKey(SenderKeyName)
    case privacyToken(account: String)
    case sentMessage(id: String, chat: String)
    case receivedMessage(hash: [UInt8])
    case mediaUpload(MediaUploadKey)

    /// Table and column.
    var name: String {
        switch self {
        case .noiseKey: "device.noiseKey"
        case .identityKey: "device.identityKey"
        case .signedPreKey: "device.signedPreKey"
        case .advSecret: "device.advSecret"
        case .nctSalt: "device.nctSalt"
        case .companionMetaNonce: "device.companionMetaNonce"
        case .preKey: "preKey.keyPair"
        case .session: "session.record"
        case .senderKey: "senderKey.record"
        case .privacyToken: "privacyToken.token"
        case .sentMessage: "sentMessage.content"
        case .receivedMessage: "receivedMessage.content"
        case .mediaUpload: "mediaUpload.mediaKey"
        }
    }

    /// The name, the device and the row's key, each part with its length before it, so that no two are the same bytes.
    func identity(ofDevice device: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(part: self.name.utf8)
        bytes.append(number: UInt64(bitPattern: device))
        switch self {
        case .noiseKey, .identityKey, .signedPreKey, .advSecret, .nctSalt, .companionMetaNonce: break
        case .preKey(let id): bytes.append(number: UInt64(id))
        case .session(let address): bytes.append(address)
        case .senderKey(let name):
            bytes.append(part: name.groupID.utf8)
            bytes.append(name.sender)
        case .privacyToken(let account): bytes.append(part: account.utf8)
        case .sentMessage(let id, let chat):
            bytes.append(part: id.utf8)
            bytes.append(part: chat.utf8)
        case .receivedMessage(let hash): bytes.append(part: hash)
        case .mediaUpload(let key):
            bytes.append(part: key.fileSHA256)
            bytes.append(part: key.kind.pathElement.utf8)
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func append(number: UInt64) {
        Swift.withUnsafeBytes(of: number.littleEndian) { self.append(contentsOf: $0) }
    }

    fileprivate mutating func append(part: some Collection<UInt8>) {
        self.append(number: UInt64(part.count))
        self.append(contentsOf: part)
    }

    fileprivate mutating func append(_ address: ProtocolAddress) {
        self.append(part: address.name.utf8)
        self.append(number: UInt64(address.deviceID))
    }
}
