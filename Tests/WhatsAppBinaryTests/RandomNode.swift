import SpoolTestSupport
import WhatsAppBinary

/// Random nodes that a decoder gives back exactly as they were.
enum RandomNode {
    static func node(depth: Int = 4, using generator: inout some RandomNumberGenerator) throws -> Node {
        var node = Node(self.text(using: &generator))
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let value: AttributeValue =
                Bool.random(using: &generator)
                ? .string(self.text(using: &generator)) : .jid(try self.jid(using: &generator))
            node.attributes[self.text(using: &generator)] = value
        }
        switch Int.random(in: 0...3, using: &generator) {
        case 0: break
        case 1: node.content = .bytes(generator.bytes(upTo: 300))
        case 2: node.content = .text(self.contentText(using: &generator))
        default:
            guard depth > 1 else { break }
            var children: [Node] = []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                children.append(try self.node(depth: depth - 1, using: &generator))
            }
            node.content = .nodes(children)
        }
        return node
    }

    /// One of every kind that has a byte form.
    static func jid(using generator: inout some RandomNumberGenerator) throws -> JID {
        let digits = self.digits("0123456789", 1...18, using: &generator)
        let device = UInt16.random(in: 0...UInt16.max, using: &generator)
        switch Int.random(in: 0...6, using: &generator) {
        case 0, 1:
            let server = [JID.Server.user, .lid, .hosted, .hostedLID].randomElement(using: &generator) ?? .user
            return try JID(user: digits, server: server, device: Bool.random(using: &generator) ? device & 0xFF : 0)
        case 2: return try JID(user: digits, server: .messenger, device: device)
        case 3:
            let integrator = UInt16.random(in: 0...UInt16.max, using: &generator)
            return try JID(user: "1-" + digits, server: .interop, device: device, integrator: integrator)
        case 4: return try JID(server: [.user, .group, .broadcast].randomElement(using: &generator) ?? .user)
        case 5: return try JID(user: "status", server: .broadcast)
        default:
            let servers = [JID.Server.group, .newsletter, .bot, .legacyUser, .call, JID.Server(rawValue: "elsewhere")]
            return try JID(user: digits, server: servers.randomElement(using: &generator) ?? .group)
        }
    }

    /// A token, digits or hexadecimal digits around the packing limit, or other text; never empty.
    static func text(using generator: inout some RandomNumberGenerator) -> String {
        switch Int.random(in: 0...5, using: &generator) {
        case 0, 1, 2: self.contentText(using: &generator)
        case 3: self.digits("0123456789ABCDEF", 128...300, using: &generator)
        case 4: self.digits("abcdefABCDEF019 é👋-.", 1...40, using: &generator)
        default: self.digits("abcdef", 1...8, using: &generator)
        }
    }

    /// A text that is a token or can be packed, so that it does not come back as bytes.
    static func contentText(using generator: inout some RandomNumberGenerator) -> String {
        switch Int.random(in: 0...2, using: &generator) {
        case 0:
            ["iq", "message", "active", "s.whatsapp.net", "0", "12", "screen_height"].randomElement(using: &generator)
                ?? "iq"
        case 1: self.digits("0123456789-.", 1...127, using: &generator)
        default: self.digits("0123456789ABCDEF", 1...127, using: &generator)
        }
    }

    private static func digits(
        _ alphabet: String, _ lengths: ClosedRange<Int>, using generator: inout some RandomNumberGenerator
    ) -> String {
        let alphabet = Array(alphabet)
        let count = Int.random(in: lengths, using: &generator)
        return String((0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
    }
}

extension RandomNumberGenerator {
    /// Random bytes of a random count.
    mutating func bytes(upTo limit: Int) -> [UInt8] {
        let count = Int.random(in: 0...limit, using: &self)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// The bytes with one to three of them changed, taken away or inserted, or with the end cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0...4, using: &self) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 1: bytes[index] = UInt8.random(in: 240...255, using: &self)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &self), at: index)
            default: bytes.removeLast(bytes.count - index)
            }
        }
        return bytes
    }
}
