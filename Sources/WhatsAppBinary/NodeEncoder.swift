/// Turns a node into the payload of a frame: a flag byte, then the node or its compressed form.
public enum NodeEncoder {
    /// - Throws: `tooManyItems` for more than 65535 children or 32767 attributes in one node; `contentTooLong` from 2 GiB;
    ///   `nestingTooDeep` and `emptyTag` for what no decoder would accept; `invalidJID` for a JID without byte form.
    public static func encode(_ node: Node) throws(BinaryError) -> [UInt8] {
        var writer = NodeWriter()
        writer.output.append(Flag.plain)
        try writer.write(node, depth: 1)
        return writer.output
    }

    /// The same as a zlib stream. Clients never send this; servers do as they like.
    /// - Parameter level: zlib's, 0 (stored) to 9 (best).
    public static func encodeCompressed(_ node: Node, level: Int = 6) throws(BinaryError) -> [UInt8] {
        var writer = NodeWriter()
        try writer.write(node, depth: 1)
        return try [Flag.compressed] + Zlib.deflate(writer.output, level: level)
    }

    /// Bits of the first byte; a reader ignores the ones that are not here.
    enum Flag {
        static let plain: UInt8 = 0
        static let compressed: UInt8 = 2
    }
}
