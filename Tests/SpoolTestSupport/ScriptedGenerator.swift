/// Gives the bytes of a script, eight to a number, little endian; then zeros, and says that it has run out.
public struct ScriptedGenerator: RandomNumberGenerator, Sendable {
    private var script: ArraySlice<UInt8>
    /// Numbers asked for after the last byte of the script.
    public private(set) var numbersTooMany = 0

    public init(_ script: [UInt8]) {
        self.script = script[...]
    }

    /// Bytes nobody has asked for yet.
    public var remaining: Int { self.script.count }

    public mutating func next() -> UInt64 {
        if self.script.isEmpty { self.numbersTooMany += 1 }
        let bytes = self.script.prefix(8)
        self.script = self.script.dropFirst(8)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
