/// Reads numbers out of bytes of which nothing is known; `nil` wherever they end too early.
struct ByteReader {
    private let content: [UInt8]

    init(_ content: [UInt8]) {
        self.content = content
    }

    var count: Int { self.content.count }

    func bytes(_ count: Int, at offset: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= self.content.count, count <= self.content.count - offset else {
            return nil
        }
        return self.content[offset..<offset + count]
    }

    /// The unsigned number in `count` bytes, the lowest first.
    private func little(_ count: Int, at offset: Int) -> UInt64? {
        self.bytes(count, at: offset)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The unsigned number in `count` bytes, the highest first.
    func big(_ count: Int, at offset: Int) -> UInt64? {
        self.bytes(count, at: offset)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    func uint8(at offset: Int) -> UInt8? { self.bytes(1, at: offset)?.first }

    /// Little endian.
    func uint16(at offset: Int) -> UInt16? { self.little(2, at: offset).map { UInt16($0) } }

    /// Little endian.
    func uint32(at offset: Int) -> UInt32? { self.little(4, at: offset).map { UInt32($0) } }

    /// Little endian.
    func uint64(at offset: Int) -> UInt64? { self.little(8, at: offset) }

    /// Where these bytes begin for the last time.
    func lastIndex(of pattern: [UInt8]) -> Int? {
        guard self.content.count >= pattern.count else { return nil }
        return (0...self.content.count - pattern.count).last { self.content[$0...].starts(with: pattern) }
    }

    func tag(at offset: Int) -> String? { self.bytes(4, at: offset).map { String(decoding: $0, as: UTF8.self) } }
}
