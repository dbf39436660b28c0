import CryptoPrimitives
import Foundation

/// Reads the bytes of `source` with the error type kept.
func withBytes<Value>(
    of source: some ContiguousBytes, _ body: (UnsafeRawBufferPointer) throws(WhatsAppCryptoError) -> Value
) throws(WhatsAppCryptoError) -> Value {
    try source.withUnsafeBytes { bytes in
        Result { () throws(WhatsAppCryptoError) -> Value in try body(bytes) }
    }.get()
}

/// Runs primitives that fail only when the library does.
func primitive<Value: ~Copyable>(_ body: () throws(CryptoError) -> Value) throws(WhatsAppCryptoError) -> Value {
    do {
        return try body()
    } catch {
        throw .primitiveFailed(error)
    }
}

func require(
    _ bytes: some ContiguousBytes, _ what: StaticStringName, count: Int
) throws(WhatsAppCryptoError) {
    let actual = bytes.withUnsafeBytes(\.count)
    guard actual == count else { throw .wrongSize(what: what, expected: count, actual: actual) }
}

/// The parts one after the other, without a copy that is not wiped.
func concatenated(_ parts: SecretBytes...) -> SecretBytes {
    SecretBytes(count: parts.reduce(0) { $0 + $1.count }) { buffer in
        var offset = 0
        for part in parts {
            part.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(from: $0) }
            offset += part.count
        }
    }
}
