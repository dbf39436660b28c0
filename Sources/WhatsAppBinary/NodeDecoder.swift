/// Turns the payload of a frame into a node. Any bytes give a node or an error, in time and memory linear in their count
/// (of a compressed payload, in the count of bytes it inflates to, which is bounded too).
public enum NodeDecoder {
    /// The deepest nesting; the root alone is 1.
    public static let maximumDepth = 64
    /// The most nodes and attributes together. The largest stanzas, lists of group members, have some ten thousand; two
    /// bytes of input can make one element of sixty bytes in memory, so without it a full frame would take a gigabyte.
    public static let maximumElements = 1 << 18
    /// The most bytes a compressed payload may inflate to, the same as the largest frame.
    public static let maximumInflatedLength = 1 << 24

    /// - Parameter payload: Flag byte first, and nothing after the one node.
    public static func decode(_ payload: [UInt8]) throws(BinaryError) -> Node {
        guard let flag = payload.first else { throw .emptyPayload }
        guard flag & NodeEncoder.Flag.compressed != 0 else { return try self.decodeNode(payload[1...]) }
        let inflated = try Zlib.inflate(payload[1...], limit: self.maximumInflatedLength)
        return try self.decodeNode(inflated[...])
    }

    private static func decodeNode(_ bytes: ArraySlice<UInt8>) throws(BinaryError) -> Node {
        try bytes.withUnsafeBufferPointer { buffer throws(BinaryError) in
            var reader = NodeReader(buffer)
            return try reader.readRoot()
        }
    }
}
