/// One stanza or a part of one: a tag, attributes, and children, bytes or text.
public struct Node: Hashable, Sendable {
    public var tag: String
    public var attributes: Attributes
    public var content: Content

    /// A node encodes to something that decodes to an equal one, except that text may come back as bytes (when it is
    /// neither token nor packable), no children as no content, and attributes without value not at all.
    public enum Content: Hashable, Sendable {
        case empty
        case nodes([Node])
        /// Keys, ciphertexts, protobufs: whatever must arrive byte for byte as bytes.
        case bytes([UInt8])
        case text(String)
    }

    public init(_ tag: String, _ attributes: Attributes = [:], content: Content = .empty) {
        self.tag = tag
        self.attributes = attributes
        self.content = content
    }

    public init(_ tag: String, _ attributes: Attributes = [:], children: [Node]) {
        self.init(tag, attributes, content: .nodes(children))
    }

    public init(_ tag: String, _ attributes: Attributes = [:], bytes: [UInt8]) {
        self.init(tag, attributes, content: .bytes(bytes))
    }
}

extension Node {
    /// The children, none when the content is something else.
    public var children: [Node] {
        guard case .nodes(let nodes) = self.content else { return [] }
        return nodes
    }

    /// The first child with this tag.
    public func child(_ tag: String) -> Node? {
        self.children.first { $0.tag == tag }
    }

    public func children(_ tag: String) -> [Node] {
        self.children.filter { $0.tag == tag }
    }

    /// The content as bytes, whether it came as bytes or, because it was a token or packed, as text.
    public var bytes: [UInt8]? {
        switch self.content {
        case .bytes(let bytes): bytes
        case .text(let text): Array(text.utf8)
        case .empty, .nodes: nil
        }
    }

    /// The content as text, whether it came as text or as bytes; `nil` when the bytes are not UTF-8.
    public var text: String? {
        switch self.content {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .text(let text): text
        case .empty, .nodes: nil
        }
    }

    /// An attribute's value as text; a JID gives its text form.
    public func string(_ key: String) -> String? { self.attributes[key]?.string }

    /// An attribute's value as JID, whether it was sent as one or as the text of one.
    public func jid(_ key: String) -> JID? { self.attributes[key]?.jid }

    /// An attribute's value as decimal number: digits, with `-` in front when the type is signed.
    public func integer<Number: FixedWidthInteger>(_ key: String, as type: Number.Type = Number.self) -> Number? {
        self.attributes[key]?.integer()
    }
}
