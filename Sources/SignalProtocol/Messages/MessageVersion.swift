import CryptoPrimitives

/// The byte before every message: the version it has in the high half, the newest its writer knows in the low half.
enum MessageVersion {
    static let current: UInt8 = 3
    static let byte: UInt8 = 0x33

    static func check(_ byte: UInt8) throws(SignalError) {
        guard byte >> 4 == Self.current else { throw .unsupportedVersion(byte >> 4) }
        guard byte & 0x0F >= Self.current else { throw .malformedMessage(part: "version byte") }
    }
}
