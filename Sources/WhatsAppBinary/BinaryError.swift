/// Why bytes or text are no node, frame or JID, or why a value has no bytes. Offsets count from the start of the node's
/// encoding (the flag byte is not part of it) or of the stream; nothing here quotes the input beyond one byte.
public enum BinaryError: Error, Hashable, Sendable {
    /// Not even a flag byte.
    case emptyPayload
    /// The encoding ends although it announced this many more bytes at `offset`.
    case truncated(offset: Int, missing: Int)
    /// Bytes follow the root node.
    case leftoverBytes(count: Int)
    /// The byte that starts something is none that may start it.
    case unexpectedByte(UInt8, offset: Int, wanted: Wanted)
    /// A node without a tag: its list has no items, or the tag is the empty string.
    case missingTag(offset: Int)
    /// A packed string holds a digit that stands for no character.
    case invalidDigit(UInt8, offset: Int)
    case nestingTooDeep(limit: Int)
    /// More nodes and attributes together than one payload may have.
    case tooManyElements(limit: Int)
    /// The node's compressed form grows past the limit.
    case inflatedTooLarge(limit: Int)
    /// zlib's answer (its `Z_…` code) to a stream that is damaged, cut short or followed by other bytes.
    case compressionFailed(code: Int32)

    /// A node to be encoded has no tag.
    case emptyTag
    /// A list with more items than its 16-bit count can say.
    case tooManyItems(count: Int, limit: Int)
    /// A string or byte content with more bytes than its length field can say.
    case contentTooLong(count: Int, limit: Int)

    case invalidJID(JIDFault)

    /// A frame announces, or would need, more bytes than the limit.
    case frameTooLarge(length: Int, limit: Int)
    /// Bytes were pushed without pulling the frames that are already there.
    case bufferFull(count: Int, limit: Int)
    /// The stream does not begin like a connection of this protocol; the first byte that differs.
    case invalidHeader(UInt8, offset: Int)
    /// A connection of another protocol or token dictionary version.
    case unsupportedVersion(protocolVersion: UInt8, dictionaryVersion: UInt8)
    /// Routing information longer than a connection header may carry.
    case routingInfoTooLong(count: Int, limit: Int)

    /// What should have been there.
    public enum Wanted: Hashable, Sendable {
        case node, string, attributeValue, content
    }

    /// What is wrong with a JID. Lengths are UTF-8 bytes.
    public enum JIDFault: Hashable, Sendable {
        case tooLong(count: Int, limit: Int)
        /// A byte that no user or server name has, or a separator too many.
        case invalidByte(UInt8)
        case missingServer
        /// A name without `@` that is no server this library knows.
        case unknownServer
        /// A device or agent without a user.
        case missingUser
        /// Not a decimal number from 0 to `limit`.
        case invalidNumber(limit: Int)
        /// The byte form of this server's JIDs has no room for the device.
        case deviceNotEncodable(UInt16)
        /// The byte form belongs to one server only, and the name is another.
        case wrongServer
    }
}
