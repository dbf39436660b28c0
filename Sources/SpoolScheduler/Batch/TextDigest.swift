/// A number that stands for a text as people see it: upper and lower case, accents, widths, punctuation and spaces make
/// no difference.
public struct TextDigest: Hashable, Codable, Sendable {
    let value: UInt64

    public init(_ text: String) {
        self.value = Self.fold(FoldedText(text).value.utf8)
    }

    /// FNV-1a: the same in every process, and nobody gains by a collision.
    static func fold(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
