/// A range of addresses as configuration writes it: `10.0.0.0/8`, `fd00::/8`, or one address alone.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    public let address: IPAddress
    /// How many leading bits of the address count.
    public let prefixLength: Int
    /// As it was written.
    public let description: String

    /// `nil` when the address is not numeric, the length does not fit it, or bits behind the prefix are set.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        var length = address.bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let given = Int(parts[1]), given <= length
            else { return nil }
            length = given
        }
        let hostBits = address.bytes.indices.contains { index in
            let kept = min(max(length - index * 8, 0), 8)
            return address.bytes[index] & UInt8(0xFF >> kept) != 0
        }
        guard !hostBits else { return nil }
        self.address = address
        self.prefixLength = length
        self.description = text
    }
}
