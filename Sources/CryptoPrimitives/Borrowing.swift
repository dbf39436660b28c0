import Foundation

/// Reads the bytes of `source` with the error type kept.
func withBytes<Value>(
    of source: some ContiguousBytes, _ body: (UnsafeRawBufferPointer) throws(CryptoError) -> Value
) throws(CryptoError) -> Value {
    try source.withUnsafeBytes { bytes in
        Result { () throws(CryptoError) -> Value in try body(bytes) }
    }.get()
}

/// An address for OpenSSL, which takes a null pointer for "no change" where we mean "no bytes".
func address(of bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
    bytes.isEmpty ? noBytes : bytes.assumingMemoryBound(to: UInt8.self).baseAddress ?? noBytes
}

private nonisolated(unsafe) let noBytes: UnsafePointer<UInt8> = {
    let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
}()

/// OpenSSL takes sizes as `Int32` in places.
func int32(_ count: Int, _ what: StaticStringName) throws(CryptoError) -> Int32 {
    guard let count = Int32(exactly: count) else {
        throw .wrongLength(what: what, expected: Int(Int32.max), actual: count)
    }
    return count
}

func require(_ bytes: UnsafeRawBufferPointer, _ what: StaticStringName, count: Int) throws(CryptoError) {
    guard bytes.count == count else { throw .wrongLength(what: what, expected: count, actual: bytes.count) }
}
