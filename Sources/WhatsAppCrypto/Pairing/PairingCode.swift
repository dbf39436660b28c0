import CryptoPrimitives
import Foundation

/// Eight characters that a person carries from the companion's screen to the phone. They are the only secret the two
/// share, so they do not print.
public struct PairingCode: Equatable, Sendable {
    /// No digit and letter that could be taken for one another.
    static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTVWXYZ".utf8)
    /// Random bytes behind a code: eight groups of five bits, the highest first.
    public static let entropySize = 5
    private static let characterCount = 8

    /// The characters as the password they are, without the dash.
    let password: SecretBytes

    /// A fresh code; the generator has to be one for secrets.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(unchecked: generator.bytes(count: Self.entropySize))
    }

    /// - Throws: `wrongSize` unless there are five bytes.
    public init(bytes: [UInt8]) throws(WhatsAppCryptoError) {
        try require(bytes, "pairing code", count: Self.entropySize)
        self.init(unchecked: bytes)
    }

    private init(unchecked bytes: [UInt8]) {
        let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.password = SecretBytes(
            (0..<Self.characterCount).map { Self.alphabet[Int(number >> (35 - 5 * UInt64($0)) & 31)] })
    }

    /// A code somebody has chosen or typed, with or without the dash in the middle.
    /// - Throws: `malformedPairingCode`.
    public init(_ text: String) throws(WhatsAppCryptoError) {
        var characters = Array(text.utf8.prefix(Self.characterCount + 2))
        if characters.count == Self.characterCount + 1, characters[4] == UInt8(ascii: "-") { characters.remove(at: 4) }
        guard characters.count == Self.characterCount, characters.allSatisfy(Self.alphabet.contains) else {
            throw .malformedPairingCode
        }
        self.password = SecretBytes(characters)
    }

    /// The code as people read it: `XXXX-XXXX`.
    public var displayText: String {
        let characters = String(decoding: self.password.exposed, as: UTF8.self)
        return "\(characters.prefix(4))-\(characters.suffix(4))"
    }
}
