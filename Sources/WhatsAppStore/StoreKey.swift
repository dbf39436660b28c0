public import CryptoPrimitives

/// The key by which a database of devices is encrypted.
public struct StoreKey: Sendable, Equatable {
    let bytes: SecretBytes

    /// - Parameter content: of a key file: 32 bytes, or 64 hexadecimal digits, which a line end may follow.
    /// - Throws: `invalidKey` for anything else.
    public init(fileContent content: SecretBytes) throws(StoreError) {
        if content.count == 32 {
            self.bytes = content
            return
        }
        guard let bytes = Self.hexKey(content) else { throw .invalidKey(byteCount: content.count) }
        self.bytes = bytes
    }

    private static func hexKey(_ content: SecretBytes) -> SecretBytes? {
        content.withUnsafeBytes { text in
            guard (64...66).contains(text.count), text[64...].allSatisfy({ $0 == 0x0A || $0 == 0x0D }),
                text[..<64].allSatisfy({ Self.value(ofDigit: $0) != nil })
            else { return nil }
            return SecretBytes(count: 32) { key in
                for index in 0..<32 {
                    key[index] =
                        (Self.value(ofDigit: text[2 * index]) ?? 0) << 4
                        | (Self.value(ofDigit: text[2 * index + 1]) ?? 0)
                }
            }
        }
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
