import SpoolTestSupport
import Testing
import WhatsAppBinary

/// Every case of the node vectors.
@Suite struct NodeVectorTests {
    struct File: Decodable {
        let cases: [Case]
        let decode_only: [DecodeOnly]
        let compressed: [Compressed]
        let malformed: [Malformed]
    }

    struct Case: Decodable {
        let name: String
        let node: VectorNode
        let encoded: HexBytes
        let roundtrip: Bool
        let decoded: VectorNode?
    }

    struct DecodeOnly: Decodable {
        let name: String
        let node: VectorNode
        let encoded: HexBytes
    }

    struct Compressed: Decodable {
        let name: String
        let node: VectorNode
        let compressed, uncompressed: HexBytes
    }

    struct Malformed: Decodable {
        let name: String
        let encoded: HexBytes
    }

    static let file = Result { try Vectors.load("nodes", as: File.self) }

    @Test func `nodes encode to the bytes of the vectors and back`() throws {
        let cases = try Self.file.get().cases
        for vector in cases {
            var node = try vector.node.node()
            // The file has no words for an empty list as opposed to no content; this case's note says that it is one.
            if vector.name == "children-0" { node.content = .nodes([]) }
            let encoded = try NodeEncoder.encode(node)
            #expect(encoded.hex == vector.encoded.bytes.hex, "\(vector.name)")
            let expected = try (vector.roundtrip ? vector.node : #require(vector.decoded, "\(vector.name)"))
                .decodedNode()
            #expect(try NodeDecoder.decode(vector.encoded.bytes) == expected, "\(vector.name)")
        }
        Vectors.report(cases.count, of: "cases", in: "nodes")
    }

    @Test func `other legal encodings decode`() throws {
        let cases = try Self.file.get().decode_only
        for vector in cases {
            #expect(
                try NodeDecoder.decode(vector.encoded.bytes) == vector.node.decodedNode(), "\(vector.name)")
        }
        Vectors.report(cases.count, of: "decode_only", in: "nodes")
    }

    @Test func `compressed payloads decode`() throws {
        let cases = try Self.file.get().compressed
        for vector in cases {
            let expected = try vector.node.decodedNode()
            #expect(try NodeDecoder.decode(vector.compressed.bytes) == expected, "\(vector.name)")
            #expect(try NodeDecoder.decode(vector.uncompressed.bytes) == expected, "\(vector.name)")
            for level in [0, 1, 9] {
                let compressed = try NodeEncoder.encodeCompressed(vector.node.node(), level: level)
                #expect(compressed.first == 2)
                #expect(try NodeDecoder.decode(compressed) == expected, "\(vector.name), level \(level)")
            }
        }
        Vectors.report(cases.count, of: "compressed", in: "nodes")
    }

    @Test func `malformed payloads are refused`() throws {
        let cases = try Self.file.get().malformed
        for vector in cases {
            #expect(throws: BinaryError.self, "\(vector.name)") { try NodeDecoder.decode(vector.encoded.bytes) }
        }
        Vectors.report(cases.count, of: "malformed", in: "nodes")
    }
}

/// A node as the vector files write it.
struct VectorNode: Decodable {
    let tag: String
    let attrs: [Attribute]
    let content: Content?

    struct Attribute: Decodable {
        let key, type, value: String
        let jid: Parts?
    }

    struct Parts: Decodable {
        let user, server: String
        let device, integrator: UInt16
        let raw_agent, agent: UInt8
    }

    struct Content: Decodable {
        let bytes: HexBytes?
        let text: String?
        let children: [VectorNode]?
    }

    func node() throws -> Node {
        var attributes: [Attributes.Element] = []
        for attribute in self.attrs {
            attributes.append(.init(key: attribute.key, value: try attribute.attributeValue()))
        }
        return Node(self.tag, Attributes(attributes), content: try self.content?.content() ?? .empty)
    }

    /// What a decoder makes of it: an empty list is no content, a null or empty attribute is none.
    func decodedNode() throws -> Node {
        var node = try self.node()
        node.attributes = Attributes(node.attributes.filter { !["", "<nil>"].contains($0.value.string) })
        if let children = self.content?.children {
            node.content = children.isEmpty ? .empty : .nodes(try children.map { try $0.decodedNode() })
        }
        return node
    }
}

extension VectorNode.Attribute {
    func attributeValue() throws -> AttributeValue {
        guard self.type == "jid" else { return .string(self.value) }
        let parts = try #require(self.jid)
        let jid = try JID(
            user: parts.user, server: JID.Server(rawValue: parts.server), device: parts.device, agent: parts.raw_agent,
            integrator: parts.integrator)
        #expect(jid.domain == parts.agent)
        #expect(jid.description == self.value)
        return .jid(jid)
    }
}

extension VectorNode.Content {
    func content() throws -> Node.Content {
        if let bytes = self.bytes { return .bytes(bytes.bytes) }
        if let text = self.text { return .text(text) }
        return .nodes(try #require(self.children).map { try $0.node() })
    }
}
