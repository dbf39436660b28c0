/// Bytes that say what follows; all others are tokens (1…239) or nothing at all (240…244).
enum WireTag {
    static let emptyList: UInt8 = 0
    static let interopJID: UInt8 = 245
    static let messengerJID: UInt8 = 246
    static let deviceJID: UInt8 = 247
    static let list8: UInt8 = 248
    static let list16: UInt8 = 249
    static let jidPair: UInt8 = 250
    static let packedHex: UInt8 = 251
    static let binary8: UInt8 = 252
    /// Three length bytes, of which 20 bits count.
    static let binary20: UInt8 = 253
    static let binary32: UInt8 = 254
    static let packedNibbles: UInt8 = 255
}
