/// All addresses that begin with the same bits.
public struct NetworkRange: Hashable, Sendable {
    private let bytes: [UInt8]
    private let prefixLength: Int

    /// `nil` unless there are 4 or 16 bytes and as many bits as `prefixLength` says.
    public init?(bytes: [UInt8], prefixLength: Int) {
        guard bytes.count == 4 || bytes.count == 16, (0...bytes.count * 8).contains(prefixLength) else { return nil }
        self.bytes = bytes
        self.prefixLength = prefixLength
    }

    init(v4 bytes: UInt8..., length: Int) {
        self.bytes = bytes + [UInt8](repeating: 0, count: 4 - bytes.count)
        self.prefixLength = length
    }

    init(v6 groups: UInt16..., length: Int) {
        let bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        self.bytes = bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
        self.prefixLength = length
    }

    /// Addresses of the other family are never in a range, not even mapped ones.
    public func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == self.bytes.count else { return false }
        let (whole, rest) = self.prefixLength.quotientAndRemainder(dividingBy: 8)
        guard address.bytes.prefix(whole) == self.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        return (address.bytes[whole] ^ self.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}
