/// Why a primitive did not give a result. Never carries bytes of its input.
public enum CryptoError: Error, Hashable, Sendable {
    /// A tag, MAC or signature does not fit: altered, or made with another key.
    case authenticationFailed
    /// A key, nonce or ciphertext of the wrong size; `what` names it, sizes are bytes.
    case wrongLength(what: StaticStringName, expected: Int, actual: Int)
    /// The last block of a CBC ciphertext is not PKCS #7 padding, or the length is no positive multiple of 16.
    case wrongPadding
    /// A public key with which no secret can be agreed (a point of small order).
    case weakKey
    /// OpenSSL or libsodium refused an operation on valid input: out of memory, or a library without the algorithm.
    case primitiveFailed(StaticStringName)
}

/// A name known when the program was written, so that no error can leak what it was about.
public struct StaticStringName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let description: String

    public init(stringLiteral value: StaticString) {
        self.description = value.description
    }
}
