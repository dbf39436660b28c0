import CryptoPrimitives
import SignalProtocol

/// One message more in a running session, beside the primitives that the double ratchet prescribes for it.
enum RatchetComparison {
    private static let peer = ProtocolAddress(name: "15550001111", deviceID: 0)
    private static let plaintext = [UInt8](repeating: 0x61, count: 200)

    static func print(operations: Int) throws {
        let raw = try RawPrimitives(largestInput: 512)
        var (sender, receiver) = try Self.conversation()
        let cipher = SessionCipher()
        let encryption = try Comparison(
            operations: operations,
            ours: { _ = try cipher.encrypt(Self.plaintext, for: Self.peer, in: &sender) },
            reference: { try Self.primitives(raw, encrypting: true) })
        Figures.heading("ratchet: one message of \(Self.plaintext.count) bytes, same chain")
        Self.printLines("encrypted", encryption)

        (sender, receiver) = try Self.conversation()
        // Each can be decrypted once only: as many as all rounds take.
        var waiting = try (0..<Comparison.calls(operations: operations)).map { _ in
            try SignalMessage(serialized: cipher.encrypt(Self.plaintext, for: Self.peer, in: &sender).serialized)
        }[...]
        var generator = SystemRandomNumberGenerator()
        let decryption = try Comparison(
            operations: operations,
            ours: {
                let message = waiting.removeFirst()
                _ = try cipher.decrypt(message, from: Self.peer, in: &receiver, using: &generator)
            },
            reference: { try Self.primitives(raw, encrypting: false) })
        Self.printLines("decrypted", decryption)
    }

    private static func printLines(_ what: String, _ comparison: Comparison) {
        Figures.line("\(what) a second", Figures.count(1 / comparison.ours))
        Figures.line("allocations", Figures.number(comparison.allocations))
        Figures.line("time beside 7 HMAC-SHA256 and 1 AES-256-CBC", "\(Figures.number(comparison.ratio)) ×")
    }

    /// Chain step: 2 HMAC over a byte. Message keys: HKDF to 80 bytes, 1 HMAC over the seed and 3 over one block each.
    /// The message: AES-256-CBC, and 1 HMAC over both identities and the message.
    private static func primitives(_ raw: RawPrimitives, encrypting: Bool) throws {
        for _ in 0..<2 { try raw.hmac([1]) }
        try raw.hmac(raw.key)
        for _ in 0..<3 { try raw.hmac(Self.block) }
        try raw.cbc(encrypting ? Self.plaintext : Self.ciphertext.value(raw), encrypting: encrypting)
        try raw.hmac(Self.macInput)
    }

    /// Info and counter of HKDF after the block before.
    private static let block = [UInt8](repeating: 3, count: 32 + 18 + 1)
    private static let macInput = [UInt8](repeating: 4, count: 66 + 1 + 35 + 4 + 3 + 208)
    private static let ciphertext = Ciphertext()

    /// Made once: it has to be one, for its padding is checked.
    private final class Ciphertext: @unchecked Sendable {
        private var bytes: [UInt8] = []

        func value(_ raw: RawPrimitives) throws -> [UInt8] {
            if self.bytes.isEmpty { self.bytes = try raw.cbcCiphertext(RatchetComparison.plaintext) }
            return self.bytes
        }
    }

    /// Two parties that have heard of each other, so that neither sends pre-key messages any more.
    private static func conversation() throws -> (sender: InMemorySignalStore, receiver: InMemorySignalStore) {
        var generator = SystemRandomNumberGenerator()
        let cipher = SessionCipher()
        var sender = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
        var receiver = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
        let signed = try SignedPreKey(id: 1, signedBy: receiver.localIdentity.identityKeyPair, using: &generator)
        receiver.signedPreKeys[1] = signed
        let bundle = PreKeyBundle(of: receiver.localIdentity, signedPreKey: signed, preKey: nil)
        try cipher.startSession(with: bundle, for: Self.peer, in: &sender, using: &generator)
        let opening = try cipher.encrypt(Self.plaintext, for: Self.peer, in: &sender)
        _ = try cipher.decrypt(
            PreKeySignalMessage(serialized: opening.serialized), from: Self.peer, in: &receiver, using: &generator)
        let answer = try cipher.encrypt(Self.plaintext, for: Self.peer, in: &receiver)
        _ = try cipher.decrypt(
            SignalMessage(serialized: answer.serialized), from: Self.peer, in: &sender, using: &generator)
        let first = try cipher.encrypt(Self.plaintext, for: Self.peer, in: &sender)
        _ = try cipher.decrypt(
            SignalMessage(serialized: first.serialized), from: Self.peer, in: &receiver, using: &generator)
        return (sender, receiver)
    }
}
