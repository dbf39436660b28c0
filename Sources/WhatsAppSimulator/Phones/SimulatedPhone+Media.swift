import CryptoPrimitives
import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

// A phone fetches the file of a message, compares all hashes, decrypts it, and asks for a new upload when the file is
// gone.
extension SimulatedPhone {
    /// What became of an attempt to fetch a file.
    enum DownloadResult: Sendable, Hashable {
        /// Decrypted; all hashes are as announced.
        case verified(length: UInt64)
        /// It came, and is not what the message says.
        case wrong(String)
        /// The server's answer.
        case refused(status: Int)
        /// The bytes ended too early.
        case broken
    }

    /// How often a file is asked for when the server has a problem.
    private static let maximumAttempts = 5

    mutating func finish(
        _ order: MediaOrder, _ result: DownloadResult, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        guard let key = order.message, var pending = self.downloads[key] else { return [] }
        pending.attempts += 1
        self.downloads[key] = pending
        switch result {
        case .refused(let status) where status == 429 || status >= 500:
            guard pending.attempts >= Self.maximumAttempts else { return [.download(order)] }
        case .broken: guard pending.attempts >= Self.maximumAttempts else { return [.download(order)] }
        case .verified, .wrong, .refused: break
        }
        self.downloads[key] = nil
        return self.settle(order, key, result, pending.sender, using: &random)
    }

    private mutating func settle(
        _ order: MediaOrder, _ key: MessageKey, _ result: DownloadResult, _ sender: SimulatedDeviceID,
        using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        var outputs: [PhoneOutput] = []
        switch result {
        case .verified(let length):
            self.inbox.settle(key, .verified)
            if length != order.fileLength {
                let reason = "a file of \(length) bytes is announced with \(order.fileLength)"
                outputs.append(.complaint(reason, sender: sender))
            }
        case .wrong(let reason):
            self.inbox.settle(key, .failed(reason))
            outputs.append(.complaint("a file is not what the message says: \(reason)", sender: sender))
        case .refused(let status):
            self.inbox.settle(key, .failed("HTTP \(status)"))
            if [403, 404, 410].contains(status), let receipt = self.serverError(order, key, using: &random) {
                outputs.append(.mediaLost(receipt, key, to: sender))
            }
        case .broken: self.inbox.settle(key, .failed("the file ended too early"))
        }
        return outputs + self.answer(key, sender)
    }

    /// Asks for a new upload: the id of the message, encrypted with a key that comes from the file's.
    private func serverError(
        _ order: MediaOrder, _ key: MessageKey, using random: inout SimulationRandom
    ) -> Node? {
        var message = WAServerErrorReceipt()
        message.stanzaID = key.id
        let nonce = random.bytes(count: 12)
        let info = Array("WhatsApp Media Retry Notification".utf8)
        guard let plaintext: [UInt8] = try? message.serializedBytes(),
            let secret = try? HKDF.sha256(order.mediaKey, info: info, count: 32),
            let sealed = try? AESGCM.seal(
                plaintext, key: secret, nonce: nonce, authenticating: Array(key.id.utf8))
        else { return nil }
        let encrypt = Node("encrypt", children: [Node("enc_p", bytes: sealed), Node("enc_iv", bytes: nonce)])
        return Node("receipt", ["id": .string(key.id), "type": "server-error"], children: [encrypt])
    }
}
