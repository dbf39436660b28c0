/// A column's or key's name in the form in which names are compared: lower case, without `_`, `-` and spaces.
///
/// Packed into one integer, so that looking up the keys of a million objects allocates nothing.
struct FieldName: Hashable, Sendable {
    private let packed: UInt128

    /// `nil` for a name of more than 16 bytes, longer than any name that means something here.
    init?(_ name: some Sequence<UInt8>) {
        var packed: UInt128 = 0
        var count = 0
        for byte in name {
            guard let kept = Self.folded(byte) else { continue }
            // NUL would make `\0to` and `to` the same.
            guard kept != 0, count < 16 else { return nil }
            packed = packed << 8 | UInt128(kept)
            count += 1
        }
        self.packed = packed
    }

    /// The comparable form of a name of any length.
    static func folded(_ name: some Sequence<UInt8>) -> [UInt8] {
        name.compactMap { Self.folded($0) }
    }

    private static func folded(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "): nil
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: byte
        }
    }
}
