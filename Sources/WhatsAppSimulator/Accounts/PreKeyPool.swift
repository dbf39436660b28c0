import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary

/// What one companion has uploaded: its identity, its signed pre-key, and one-time pre-keys, each of which is handed
/// out once.
struct PreKeyPool: Sendable {
    var registrationID: UInt32
    var identityKey: PublicKey
    var signedPreKey: PreKeyBundle.SignedKey
    private var keys: [UInt32: PublicKey] = [:]
    /// The order of handing out; ids that are gone from `keys` are skipped.
    private var order: [UInt32] = []
    private var position = 0

    init(registrationID: UInt32, identityKey: PublicKey, signedPreKey: PreKeyBundle.SignedKey) {
        self.registrationID = registrationID
        self.identityKey = identityKey
        self.signedPreKey = signedPreKey
    }

    /// The keys that nobody has got yet.
    var count: Int { self.keys.count }

    /// Keys that nobody has got yet, in the order they will be handed out.
    var unissued: [PreKeyBundle.OneTimeKey] {
        self.order[self.position...].compactMap { id in
            self.keys[id].map { PreKeyBundle.OneTimeKey(id: id, publicKey: $0) }
        }
    }

    /// Adds keys; one with a known id takes the old one's place.
    mutating func add(_ new: [PreKeyBundle.OneTimeKey]) {
        for key in new where self.keys.updateValue(key.publicKey, forKey: key.id) == nil { self.order.append(key.id) }
    }

    /// The next one-time key, which is gone then.
    mutating func take() -> PreKeyBundle.OneTimeKey? {
        while self.position < self.order.count {
            let id = self.order[self.position]
            self.position += 1
            if let key = self.keys.removeValue(forKey: id) {
                self.compact()
                return PreKeyBundle.OneTimeKey(id: id, publicKey: key)
            }
        }
        return nil
    }

    /// Throws away all but `count` keys.
    mutating func shrink(to count: Int) {
        while self.keys.count > count, self.take() != nil {}
    }

    private mutating func compact() {
        guard self.position > 1024, self.position > self.order.count / 2 else { return }
        self.order.removeFirst(self.position)
        self.position = 0
    }

    /// SHA-1 over the keys, by which a device checks what the service has of it.
    func digest() throws(CryptoError) -> [UInt8] {
        var input = self.identityKey.bytes + self.signedPreKey.publicKey.bytes + self.signedPreKey.signature
        for key in self.unissued { input += key.publicKey.bytes }
        return try Digest.sha1.hash(input)
    }
}
