public import CryptoPrimitives

extension PublicKey {
    /// The byte that says "Curve25519" before a public key.
    public static let typeByte: UInt8 = 0x05

    /// 33 bytes, the type byte first: the form inside messages and under signatures.
    public var serialized: [UInt8] {
        [Self.typeByte] + self.bytes
    }

    /// The key in its form with the type byte.
    /// - Throws: `invalidKey` unless there are 33 bytes, the first of them the type byte.
    public init(serialized: [UInt8]) throws(SignalError) {
        guard serialized.count == 33, serialized[0] == Self.typeByte else { throw .invalidKey }
        self = try withSignalErrors { () throws(CryptoError) in try PublicKey(serialized[1...]) }
    }

    /// The key in either form: 32 bytes as nodes carry it, or 33, which some clients send there.
    public init(withOrWithoutType bytes: [UInt8]) throws(SignalError) {
        guard bytes.count == 32 else {
            self = try PublicKey(serialized: bytes)
            return
        }
        self = try withSignalErrors { () throws(CryptoError) in try PublicKey(bytes) }
    }
}
