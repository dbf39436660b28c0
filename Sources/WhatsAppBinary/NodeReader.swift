/// Reads nodes, strings and JIDs from their byte forms. Lives no longer than the buffer it was given.
struct NodeReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var elements = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private var remaining: Int { self.bytes.count - self.offset }

    mutating func readRoot() throws(BinaryError) -> Node {
        let node = try self.readNode(depth: 1)
        guard self.remaining == 0 else { throw .leftoverBytes(count: self.remaining) }
        return node
    }

    private mutating func readNode(depth: Int) throws(BinaryError) -> Node {
        guard depth <= NodeDecoder.maximumDepth else { throw .nestingTooDeep(limit: NodeDecoder.maximumDepth) }
        let start = self.offset
        let first = try self.readByte()
        guard let size = try self.readListCount(first) else {
            throw .unexpectedByte(first, offset: start, wanted: .node)
        }
        guard size > 0 else { throw .missingTag(offset: start) }
        try self.count(1)
        let tag = try self.readString()
        guard !tag.isEmpty else { throw .missingTag(offset: start) }
        let attributes = try self.readAttributes(count: (size - 1) / 2)
        let content = size.isMultiple(of: 2) ? try self.readContent(depth: depth) : .empty
        return Node(tag, attributes, content: content)
    }

    private mutating func readAttributes(count: Int) throws(BinaryError) -> Attributes {
        guard count > 0 else { return Attributes() }
        try self.count(count)
        var attributes: [Attributes.Element] = []
        attributes.reserveCapacity(self.reservation(for: count))
        for _ in 0..<count {
            let key = try self.readString()
            guard let value = try self.readAttributeValue() else { continue }
            attributes.append(Attributes.Element(key: key, value: value))
        }
        return Attributes(attributes)
    }

    /// `nil` for the null value, which is as good as no attribute.
    private mutating func readAttributeValue() throws(BinaryError) -> AttributeValue? {
        let start = self.offset
        let first = try self.readByte()
        if first == WireTag.emptyList { return nil }
        if let text = try self.readString(first) { return .string(text) }
        if let jid = try self.readJID(first) { return .jid(jid) }
        throw .unexpectedByte(first, offset: start, wanted: .attributeValue)
    }

    private mutating func readContent(depth: Int) throws(BinaryError) -> Node.Content {
        let start = self.offset
        let first = try self.readByte()
        if let count = try self.readListCount(first) {
            guard count > 0 else { return .empty }
            var nodes: [Node] = []
            nodes.reserveCapacity(self.reservation(for: count))
            for _ in 0..<count { nodes.append(try self.readNode(depth: depth + 1)) }
            return .nodes(nodes)
        }
        if let count = try self.readByteCount(first) { return .bytes(Array(try self.take(count))) }
        if let text = try self.readString(first) { return .text(text) }
        if let jid = try self.readJID(first) { return .text(jid.description) }
        throw .unexpectedByte(first, offset: start, wanted: .content)
    }

    /// Room for as many items as were announced, but not on the word of the announcement alone: an item takes two bytes
    /// at least, and a larger list grows as it is read.
    private func reservation(for count: Int) -> Int { min(count, self.remaining / 2, 256) }

    private mutating func count(_ count: Int) throws(BinaryError) {
        self.elements += count
        guard self.elements <= NodeDecoder.maximumElements else {
            throw .tooManyElements(limit: NodeDecoder.maximumElements)
        }
    }
}

extension NodeReader {
    private mutating func readString() throws(BinaryError) -> String {
        let start = self.offset
        let first = try self.readByte()
        guard let text = try self.readString(first) else {
            throw .unexpectedByte(first, offset: start, wanted: .string)
        }
        return text
    }

    /// `nil` when nothing that starts with this byte is a string. Bytes that are not UTF-8 become U+FFFD.
    private mutating func readString(_ first: UInt8) throws(BinaryError) -> String? {
        switch first {
        case 1..<Tokens.firstTable: return Tokens.single[Int(first)]
        case Tokens.firstTable..<Tokens.firstTable + 4:
            return Tokens.double[Int(first - Tokens.firstTable) << 8 | Int(try self.readByte())]
        case WireTag.packedNibbles: return try self.readPacked(.nibbles)
        case WireTag.packedHex: return try self.readPacked(.hex)
        default:
            guard let count = try self.readByteCount(first) else { return nil }
            return String(decoding: try self.take(count), as: UTF8.self)
        }
    }

    private mutating func readPacked(_ alphabet: PackedString.Alphabet) throws(BinaryError) -> String {
        let length = try self.readByte()
        let start = self.offset
        let packed = try self.take(Int(length & 0x7F))
        return try PackedString.text(of: packed, isOdd: length & 0x80 != 0, in: alphabet, offset: start)
    }

    /// `nil` when nothing that starts with this byte is a JID.
    private mutating func readJID(_ first: UInt8) throws(BinaryError) -> JID? {
        switch first {
        case WireTag.jidPair:
            let user = try self.readUser()
            return try JID(user: user, server: JID.Server(rawValue: try self.readString()))
        case WireTag.deviceJID:
            let domain = try self.readByte()
            let device = UInt16(try self.readByte())
            let user = try self.readUser()
            guard let server = JID.Server(domain: domain) else {
                return try JID(user: user, server: .user, device: device, agent: domain)
            }
            return try JID(user: user, server: server, device: device)
        case WireTag.messengerJID:
            let user = try self.readUser()
            let device = try self.readUInt16()
            try self.readServer(.messenger)
            return try JID(user: user, server: .messenger, device: device)
        case WireTag.interopJID:
            let user = try self.readUser()
            let device = try self.readUInt16()
            let integrator = try self.readUInt16()
            try self.readServer(.interop)
            return try JID(user: user, server: .interop, device: device, integrator: integrator)
        default: return nil
        }
    }

    private mutating func readUser() throws(BinaryError) -> String {
        guard self.remaining > 0, self.bytes[self.offset] == WireTag.emptyList else { return try self.readString() }
        self.offset += 1
        return ""
    }

    private mutating func readServer(_ wanted: JID.Server) throws(BinaryError) {
        guard try self.readString() == wanted.rawValue else { throw .invalidJID(.wrongServer) }
    }
}

extension NodeReader {
    /// `nil` when nothing that starts with this byte is a list.
    private mutating func readListCount(_ first: UInt8) throws(BinaryError) -> Int? {
        switch first {
        case WireTag.emptyList: 0
        case WireTag.list8: Int(try self.readByte())
        case WireTag.list16: Int(try self.readUInt16())
        default: nil
        }
    }

    /// `nil` when nothing that starts with this byte is a run of bytes.
    private mutating func readByteCount(_ first: UInt8) throws(BinaryError) -> Int? {
        switch first {
        case WireTag.binary8: Int(try self.readByte())
        case WireTag.binary20: Int(try self.readByte() & 0x0F) << 16 | Int(try self.readUInt16())
        case WireTag.binary32: Int(try self.readUInt16()) << 16 | Int(try self.readUInt16())
        default: nil
        }
    }

    private mutating func readUInt16() throws(BinaryError) -> UInt16 {
        let high = try self.readByte()
        return UInt16(high) << 8 | UInt16(try self.readByte())
    }

    private mutating func readByte() throws(BinaryError) -> UInt8 {
        guard self.remaining > 0 else { throw .truncated(offset: self.offset, missing: 1) }
        defer { self.offset += 1 }
        return self.bytes[self.offset]
    }

    private mutating func take(_ count: Int) throws(BinaryError) -> UnsafeBufferPointer<UInt8> {
        guard count <= self.remaining else {
            throw .truncated(offset: self.offset, missing: count - self.remaining)
        }
        defer { self.offset += count }
        return UnsafeBufferPointer(rebasing: self.bytes[self.offset..<self.offset + count])
    }
}
