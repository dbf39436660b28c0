import Testing
import WhatsAppBinary

@Suite struct NodeTests {
    private let node = Node(
        "message", ["id": "3EB0", "t": "1767225600", "from": .jid(.service)],
        children: [Node("enc", ["v": "2"], bytes: [1, 2, 3]), Node("count", content: .text("12")), Node("enc")])

    @Test func `attributes read as text, JID and number`() {
        #expect(self.node.string("id") == "3EB0")
        #expect(self.node.string("from") == "s.whatsapp.net")
        #expect(self.node.jid("from") == .service)
        #expect(self.node.integer("t") == 1_767_225_600)
        #expect(self.node.string("to") == nil)
        #expect(self.node.jid("id") == nil)
        #expect(self.node.integer("id", as: Int.self) == nil)
        #expect(self.node.integer("from", as: Int.self) == nil)
    }

    @Test func `the service's address as text is the same JID`() {
        #expect(Node("iq", ["from": "s.whatsapp.net"]).jid("from") == .service)
    }

    @Test(arguments: [
        ("+1", nil), (" 1", nil), ("", nil), ("256", nil), ("-1", nil), ("255", 255), ("007", 7), ("1.0", nil),
    ])
    func `a number is digits that fit its type`(text: String, number: UInt8?) {
        #expect(Node("a", ["n": .string(text)]).integer("n") == number)
    }

    @Test func `children are found by tag`() {
        #expect(self.node.children.count == 3)
        #expect(self.node.child("enc")?.bytes == [1, 2, 3])
        #expect(self.node.children("enc").count == 2)
        #expect(self.node.child("enc")?.children == [])
        #expect(self.node.child("other") == nil)
    }

    @Test func `content reads as bytes or text in whichever form it came`() {
        #expect(Node("a", bytes: [0x31, 0x32]).text == "12")
        #expect(Node("a", content: .text("12")).bytes == [0x31, 0x32])
        #expect(Node("a", bytes: [0xFF]).text == nil)
        #expect(self.node.bytes == nil)
        #expect(Node("a").text == nil)
    }

    @Test func `attributes keep their order and are replaced in place`() {
        var attributes: Attributes = ["b": "1", "a": "2", "c": "3"]
        attributes["a"] = "4"
        attributes["b"] = nil
        attributes["d"] = .integer(-5)
        attributes["e"] = nil
        #expect(attributes.map(\.key) == ["a", "c", "d"])
        #expect(attributes.map(\.value.string) == ["4", "3", "-5"])
    }

    @Test func `the first of two equal keys counts`() throws {
        let node = try NodeDecoder.decode([0, 0xF8, 5, 0x19, 8, 0x55, 8, 0x2D])
        #expect(node.string("id") == "1")
        #expect(node.attributes.count == 2)
    }

    @Test func `a description has the attributes but no content bytes`() {
        #expect(
            "\(self.node)" == """
                <message id="3EB0" t="1767225600" from="@s.whatsapp.net"><enc v="2"><!-- 3 bytes --></enc>\
                <count><!-- 2 bytes of text --></count><enc/></message>
                """)
        var dumped = ""
        dump(self.node.content, to: &dumped)
        dump(Node("a", bytes: [77, 78, 79]), to: &dumped)
        #expect(!dumped.contains("78"))
        #expect("\(Node.Content.bytes([77]))" == "1 bytes")
    }

    @Test func `a description is one line, whatever the other side sent`() {
        let node = Node("a\nb", ["k\"": "<&>\u{2028}\r\u{1B}[31m\u{202E}"])
        #expect(
            String(reflecting: node) == "<a&#10;b k&#34;=\"&#60;&#38;&#62;&#8232;&#13;&#27;[31m&#8238;\"/>")
        #expect("\(node)" == "<a&#10;b k&#34;=\"(15 bytes)\"/>")
    }

    @Test func `a description tells no number, name or credential`() throws {
        let node = Node(
            "media_conn",
            ["auth": "SECRET", "notify": "Ann", "to": .jid(try JID("15551234567:3@s.whatsapp.net")), "type": "set"])
        #expect("\(node)" == #"<media_conn auth="(6 bytes)" notify="(3 bytes)" to="…67:3@s.whatsapp.net" type="set"/>"#)
        #expect(String(reflecting: node).contains("15551234567:3@s.whatsapp.net"))
    }
}
