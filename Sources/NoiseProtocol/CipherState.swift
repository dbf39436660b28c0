import CryptoPrimitives
public import Foundation

/// One direction of an encrypted stream: AES-256-GCM under one key, with a counter as nonce.
///
/// The counter is not sent: both ends count frames, so the order of encryption has to be the order on the wire, and
/// of two copies of a state only one may go on encrypting.
public struct CipherState: Sendable {
    /// Sizes of an encrypted frame in bytes: at least one byte and the tag, at most what its 24-bit length can say.
    public static let frameSizes = 17...(1 << 24 - 1)
    static let tagSize = 16

    let key: SecretBytes
    /// The number of the next frame. Nonces have 32 bits of it, so 2^32 means that the key is used up.
    public private(set) var counter: UInt64

    init(key: SecretBytes, counter: UInt64 = 0) {
        self.key = key
        self.counter = counter
    }

    /// The next frame on the wire, without its length: ciphertext and tag, 16 bytes more than `plaintext`.
    /// - Throws: `frameSize` or `counterExhausted`; the counter then stays, for nothing goes out.
    public mutating func encrypt(_ plaintext: some ContiguousBytes) throws(NoiseError) -> [UInt8] {
        let size = plaintext.withUnsafeBytes(\.count) + Self.tagSize
        guard Self.frameSizes.contains(size) else { throw .frameSize(bytes: size) }
        return try self.seal(plaintext, authenticating: noBytes)
    }

    /// The plaintext of the next frame from the wire.
    /// - Throws: `frameSize` or `frameNotAuthentic`; the frame counts all the same, as the sender has counted it.
    public mutating func decrypt(_ ciphertext: some ContiguousBytes) throws(NoiseError) -> [UInt8] {
        let number = self.counter
        let nonce = try self.nextNonce()
        let size = ciphertext.withUnsafeBytes(\.count)
        guard Self.frameSizes.contains(size) else { throw .frameSize(bytes: size) }
        return try self.open(ciphertext, nonce, authenticating: noBytes, otherwise: .frameNotAuthentic(number: number))
    }

    mutating func seal(
        _ plaintext: some ContiguousBytes, authenticating data: [UInt8]
    ) throws(NoiseError) -> [UInt8] {
        let nonce = try self.nextNonce()
        do {
            return try AESGCM.seal(plaintext, key: self.key, nonce: nonce, authenticating: data)
        } catch {
            throw .primitiveFailed(error)
        }
    }

    mutating func open(
        _ ciphertext: some ContiguousBytes, authenticating data: [UInt8], otherwise refusal: NoiseError
    ) throws(NoiseError) -> [UInt8] {
        let nonce = try self.nextNonce()
        return try self.open(ciphertext, nonce, authenticating: data, otherwise: refusal)
    }

    private func open(
        _ ciphertext: some ContiguousBytes, _ nonce: CounterNonce, authenticating data: [UInt8],
        otherwise refusal: NoiseError
    ) throws(NoiseError) -> [UInt8] {
        do {
            return try AESGCM.open(ciphertext, key: self.key, nonce: nonce, authenticating: data)
        } catch .authenticationFailed {
            throw refusal
        } catch {
            throw .primitiveFailed(error)
        }
    }

    private mutating func nextNonce() throws(NoiseError) -> CounterNonce {
        guard let number = UInt32(exactly: self.counter) else { throw .counterExhausted }
        self.counter += 1
        return CounterNonce(number)
    }
}

/// Eight zero bytes, then the frame's number, 32 bits big endian.
private struct CounterNonce: ContiguousBytes {
    // Twelve bytes without padding in front of, between or behind the numbers.
    private let bytes: (UInt32, UInt32, UInt32)

    init(_ number: UInt32) {
        self.bytes = (0, 0, number.bigEndian)
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: self.bytes, body)
    }
}

private let noBytes: [UInt8] = []
