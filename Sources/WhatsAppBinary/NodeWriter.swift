/// Appends nodes, strings and JIDs in their byte forms.
struct NodeWriter {
    var output: [UInt8] = []

    init() {
        // Most stanzas fit; 812 pre-keys are a few doublings more.
        self.output.reserveCapacity(1000)
    }

    /// - Parameter depth: 1 for the root.
    mutating func write(_ node: Node, depth: Int) throws(BinaryError) {
        guard depth <= NodeDecoder.maximumDepth else { throw .nestingTooDeep(limit: NodeDecoder.maximumDepth) }
        guard !node.tag.isEmpty else { throw .emptyTag }
        var size = 1
        for attribute in node.attributes where !attribute.value.isAbsent { size += 2 }
        if !node.isEmpty { size += 1 }
        try self.writeListHeader(count: size)
        try self.write(node.tag)
        for attribute in node.attributes where !attribute.value.isAbsent {
            try self.write(attribute.key)
            switch attribute.value {
            case .string(let text): try self.write(text)
            case .jid(let jid): try self.write(jid)
            }
        }
        switch node.content {
        case .empty: break
        case .nodes(let nodes):
            try self.writeListHeader(count: nodes.count)
            for node in nodes { try self.write(node, depth: depth + 1) }
        case .bytes(let bytes):
            try NodeWriter.checkLength(bytes.count)
            self.writeLength(bytes.count)
            self.output.append(contentsOf: bytes)
        case .text(let text): try self.write(text)
        }
    }

    private mutating func writeListHeader(count: Int) throws(BinaryError) {
        switch count {
        case 0: self.output.append(WireTag.emptyList)
        case ...0xFF:
            self.output.append(WireTag.list8)
            self.output.append(UInt8(count))
        case ...0xFFFF:
            self.output.append(WireTag.list16)
            self.write(UInt16(count))
        default: throw .tooManyItems(count: count, limit: 0xFFFF)
        }
    }

    private static func checkLength(_ count: Int) throws(BinaryError) {
        guard count <= Int(Int32.max) else { throw .contentTooLong(count: count, limit: Int(Int32.max)) }
    }

    private mutating func writeLength(_ count: Int) {
        switch count {
        case ...0xFF:
            self.output.append(WireTag.binary8)
            self.output.append(UInt8(count))
        case ..<(1 << 20):
            self.output.append(WireTag.binary20)
            self.output.append(UInt8(count >> 16))
            self.write(UInt16(truncatingIfNeeded: count))
        default:
            self.output.append(WireTag.binary32)
            self.write(UInt16(count >> 16))
            self.write(UInt16(truncatingIfNeeded: count))
        }
    }

    private mutating func write(_ number: UInt16) {
        self.output.append(UInt8(number >> 8))
        self.output.append(UInt8(truncatingIfNeeded: number))
    }
}

extension NodeWriter {
    /// Token, packed or raw, whichever is shorter; the order is part of the format that others compare with.
    mutating func write(_ text: String) throws(BinaryError) {
        try NodeWriter.checkLength(text.utf8.count)
        var text = text
        text.withUTF8 { self.write(utf8: $0) }
    }

    private mutating func write(utf8 text: UnsafeBufferPointer<UInt8>) {
        if let code = Tokens.code(of: text) {
            self.output.append(code.first)
            if let second = code.second { self.output.append(second) }
        } else if let alphabet = PackedString.alphabet(of: text) {
            PackedString.append(text, in: alphabet, to: &self.output)
        } else {
            self.writeLength(text.count)
            self.output.append(contentsOf: text)
        }
    }

    /// The form is the server's: with domain byte and device for users with a device and for hosted users, with 16-bit
    /// device for Messenger and interop users, as a pair of user and server for all others.
    mutating func write(_ jid: JID) throws(BinaryError) {
        switch jid.server {
        case .hosted, .hostedLID: try self.writeDeviceJID(jid)
        case .user where jid.device > 0, .lid where jid.device > 0: try self.writeDeviceJID(jid)
        case .messenger:
            self.output.append(WireTag.messengerJID)
            try self.write(jid.user)
            self.write(jid.device)
            try self.write(jid.server.rawValue)
        case .interop:
            self.output.append(WireTag.interopJID)
            try self.write(jid.user)
            self.write(jid.device)
            self.write(jid.integrator)
            try self.write(jid.server.rawValue)
        default:
            guard jid.device == 0 else { throw .invalidJID(.deviceNotEncodable(jid.device)) }
            self.output.append(WireTag.jidPair)
            if jid.user.isEmpty { self.output.append(WireTag.emptyList) } else { try self.write(jid.user) }
            try self.write(jid.server.rawValue)
        }
    }

    private mutating func writeDeviceJID(_ jid: JID) throws(BinaryError) {
        guard let device = UInt8(exactly: jid.device) else { throw .invalidJID(.deviceNotEncodable(jid.device)) }
        self.output.append(WireTag.deviceJID)
        self.output.append(jid.server.domain ?? 0)
        self.output.append(device)
        try self.write(jid.user)
    }
}

extension Node {
    fileprivate var isEmpty: Bool {
        guard case .empty = self.content else { return false }
        return true
    }
}

extension AttributeValue {
    /// An empty value is left out of the encoding, and out of the count in front of it.
    fileprivate var isAbsent: Bool {
        switch self {
        case .string(let text): text.isEmpty
        case .jid: false
        }
    }
}
