import SpoolTestSupport
import Testing
import WhatsAppBinary

@Suite struct NodeEncoderTests {
    /// Node with one attribute `id`, up to where the value starts.
    private let attributePrefix = "00f8031908"

    @Test(arguments: [
        ("iq", "19"), ("active", "ec01"), ("0", "2d"), ("1", "55"), ("12", "cf"), ("123", "ff82123f"), ("-.", "ff01ab"),
        ("AB", "fb01ab"), ("abc", "fc03616263"), ("hello world", "fc0b68656c6c6f20776f726c64"), ("true", "9b"),
        ("é", "fc02c3a9"), ("12345678901234567890", "ff0a12345678901234567890"),
    ])
    func `a string takes the shortest of its forms`(text: String, encoded: String) throws {
        #expect(try NodeEncoder.encode(Node("iq", ["id": .string(text)])).hex == self.attributePrefix + encoded)
    }

    @Test(arguments: [
        ("s.whatsapp.net", "fa0003"), ("15551234567@s.whatsapp.net", "faff8615551234567f03"),
        ("15551234567:7@s.whatsapp.net", "f70007ff8615551234567f"), ("123456789012345@lid", "faff88123456789012345f76"),
        ("123456789012345:7@lid", "f70107ff88123456789012345f"),
        ("120363000000000001@g.us", "faff091203630000000000011c"),
        ("15551234567-1400000000@g.us", "faff0b15551234567a14000000001c"), ("status@broadcast", "fa0b0d"),
        ("15551234567:99@hosted", "f78063ff8615551234567f"), ("15551234567@hosted", "f78000ff8615551234567f"),
        ("123456789012345:99@hosted.lid", "f78163ff88123456789012345f"), ("100001:2@msgr", "f6ff031000010002cc"),
        ("120363000000000002@newsletter", "faff09120363000000000002fc0a6e6577736c6574746572"),
    ])
    func `a JID takes its server's form`(text: String, encoded: String) throws {
        #expect(try NodeEncoder.encode(Node("iq", ["id": .jid(JID(text))])).hex == self.attributePrefix + encoded)
    }

    @Test(arguments: [
        (255, "fcff"), (256, "fd000100"), (1_048_575, "fd0fffff"), (1_048_576, "fe00100000"),
    ])
    func `a length takes the smallest field`(count: Int, prefix: String) throws {
        let node = Node("iq", bytes: [UInt8](repeating: 7, count: count))
        let encoded = try NodeEncoder.encode(node)
        #expect(encoded.prefix(4 + prefix.count / 2).map { $0 } == [UInt8](hex: "00f80219" + prefix))
        #expect(encoded.count == 4 + prefix.count / 2 + count)
        #expect(try NodeDecoder.decode(encoded) == node)
    }

    @Test(arguments: [
        (0, "00"), (1, "f801"), (255, "f8ff"), (256, "f90100"), (65535, "f9ffff"),
    ])
    func `a list takes the smallest count`(count: Int, header: String) throws {
        let node = Node("list", children: [Node](repeating: Node("item"), count: count))
        let encoded = try NodeEncoder.encode(node)
        #expect(encoded.prefix(4 + header.count / 2).map { $0 } == [UInt8](hex: "00f80271" + header))
        #expect(try NodeDecoder.decode(encoded).children.count == count)
    }

    @Test(arguments: [(126, "f8fd"), (127, "f8ff"), (128, "f90101"), (32767, "f9ffff")])
    func `attributes count twice in a node's size`(count: Int, header: String) throws {
        let attributes = (0..<count).map { Attributes.Element(key: "k\($0)", value: "v") }
        let node = Node("iq", Attributes(attributes))
        let encoded = try NodeEncoder.encode(node)
        #expect(encoded.dropFirst().prefix(header.count / 2).map { $0 } == [UInt8](hex: header))
        #expect(try NodeDecoder.decode(encoded) == node)
    }

    @Test func `what no decoder would take is not encoded`() throws {
        let children = Node("list", children: [Node](repeating: Node("item"), count: 65536))
        #expect(throws: BinaryError.tooManyItems(count: 65536, limit: 65535)) { try NodeEncoder.encode(children) }
        let attributes = (0..<32767).map { Attributes.Element(key: "k\($0)", value: "v") }
        #expect(throws: BinaryError.tooManyItems(count: 65536, limit: 65535)) {
            try NodeEncoder.encode(Node("iq", Attributes(attributes), bytes: []))
        }
        #expect(throws: BinaryError.emptyTag) { try NodeEncoder.encode(Node("")) }
        let deep = (1...64).reduce(Node("a")) { node, _ in Node("a", children: [node]) }
        #expect(throws: BinaryError.nestingTooDeep(limit: 64)) { try NodeEncoder.encode(deep) }
        #expect(try NodeDecoder.decode(NodeEncoder.encode(deep.children[0])) == deep.children[0])
    }

    @Test(arguments: ["1:256@s.whatsapp.net", "1:256@lid", "1:256@hosted", "1:1@g.us", "1:1@c.us", "1:1@bot"])
    func `a device that its JID's form has no room for is an error`(text: String) throws {
        let jid = try JID(text)
        #expect(throws: BinaryError.invalidJID(.deviceNotEncodable(jid.device))) {
            try NodeEncoder.encode(Node("iq", ["to": .jid(jid)]))
        }
    }

    @Test func `empty attributes are neither written nor counted`() throws {
        #expect(try NodeEncoder.encode(Node("iq", ["id": "", "t": "1"])).hex == "00f803191a55")
    }

    @Test func `an unknown compression level is an error`() {
        #expect(throws: BinaryError.compressionFailed(code: -2)) {
            try NodeEncoder.encodeCompressed(Node("iq"), level: 10)
        }
    }
}
