/// A size in bytes, as configuration writes it: `64KiB`, `5MB`, or a bare number of bytes.
///
/// `kB`, `MB`, `GB`, `TB` count in thousands; `KiB`, `MiB`, `GiB`, `TiB` in steps of 1024.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The largest size that is accepted, one pebibyte: sums and products with small numbers stay in range.
    public static let largest = ByteCount(bytes: 1 << 50)

    /// Never negative when it was read from text.
    public let bytes: Int64

    private static let units: [(name: String, bytes: Int64)] = [
        ("B", 1), ("kB", 1000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20), ("GB", 1_000_000_000),
        ("GiB", 1 << 30), ("TB", 1_000_000_000_000), ("TiB", 1 << 40),
    ]

    public init(bytes: Int64) {
        self.bytes = bytes
    }

    /// Reads a size; `nil` when its unit is unknown, it has a fraction or a sign, or is above `largest`.
    public init?(_ text: String) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int64(String(digits) ?? "") else { return nil }
        let unit = Substring(text.utf8.dropFirst(digits.count))
        let name = unit.isEmpty ? "B" : unit == "KB" ? "kB" : String(unit)
        guard let factor = Self.units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor.bytes)
        guard !overflows, bytes <= Self.largest.bytes else { return nil }
        self.bytes = bytes
    }

    /// The form with the largest unit that needs no fraction.
    public var description: String {
        let exact = Self.units.filter { self.bytes != 0 && self.bytes.isMultiple(of: $0.bytes) }
        guard let unit = exact.last, unit.bytes > 1 else { return String(self.bytes) }
        return "\(self.bytes / unit.bytes)\(unit.name)"
    }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
