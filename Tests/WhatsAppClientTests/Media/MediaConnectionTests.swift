import CryptoPrimitives
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

@Suite struct MediaConnectionTests {
    private static func answer(_ attributes: Attributes, _ hosts: [Node]) -> Node {
        Node("iq", ["type": "result"], children: [Node("media_conn", attributes, children: hosts)])
    }

    private static func host(_ name: String, upload: Bool = false, limit: String? = nil) -> Node {
        var node = Node("host", ["hostname": .string(name)], children: upload ? [Node("upload")] : [])
        node.attributes["maxContentLengthBytes"] = limit.map { .string($0) }
        return node
    }

    @Test func `hosts are tried as listed, those marked for uploads if any are`() throws {
        let all = try MediaConnection(
            answer: Self.answer(["auth": "a"], [Self.host("b.example"), Self.host("a.example:8080")]), now: .zero)
        #expect(all.hosts.map(\.name) == ["b.example", "a.example:8080"])
        let marked = try MediaConnection(
            answer: Self.answer(
                ["auth": "a"],
                [Self.host("b.example"), Self.host("c.example", upload: true), Self.host("a.example", upload: true)]),
            now: .zero)
        #expect(marked.hosts.map(\.name) == ["c.example", "a.example"])
    }

    @Test func `a host that takes no such file is left out`() throws {
        let connection = try MediaConnection(
            answer: Self.answer(["auth": "a"], [Self.host("small.example", limit: "100"), Self.host("any.example")]),
            now: .zero)
        #expect(connection.hosts(for: 100).map(\.name) == ["small.example", "any.example"])
        #expect(connection.hosts(for: 101).map(\.name) == ["any.example"])
    }

    @Test(
        arguments: [
            (["ttl": "300", "auth_ttl": "21600"], 300), (["ttl": "300", "auth_ttl": "60"], 60), ([:], 300),
            (["ttl": "0"], 0), (["ttl": "4000000000"], 86_400), (["ttl": "-1"], 300), (["ttl": "soon"], 300),
        ] as [([String: String], Int)])
    func `it is good as long as it says, which is no more than a day`(lifetimes: [String: String], seconds: Int) throws
    {
        var attributes: Attributes = ["auth": "a"]
        for (key, value) in lifetimes { attributes[key] = .string(value) }
        let connection = try MediaConnection(
            answer: Self.answer(attributes, [Self.host("a.example")]), now: .seconds(1000))
        #expect(connection.expires == .seconds(1000 + seconds))
        #expect(!connection.isFresh(.seconds(1000 + seconds)))
        #expect(connection.isFresh(.seconds(1000 + seconds) - .milliseconds(1)))
    }

    @Test(arguments: [
        "", "a.example/b", "user@a.example", "a.example?x", "a.example#x", "a example", "a.example%2F", "a\\b",
        String(repeating: "a", count: 256),
    ])
    func `what is more than a host is none`(name: String) {
        let answer = Self.answer(["auth": "a"], [Self.host(name)])
        #expect(throws: ClientError.malformedAnswer("media_conn host")) {
            try MediaConnection(answer: answer, now: .zero)
        }
    }

    @Test func `without a pass or hosts it is no answer`() {
        let answers = [
            Node("iq"), Self.answer([:], [Self.host("a.example")]), Self.answer(["auth": ""], [Self.host("a.example")]),
            Self.answer(["auth": "a"], []),
            Self.answer(["auth": .string(String(repeating: "a", count: 4097))], [Self.host("a.example")]),
        ]
        for answer in answers {
            #expect(throws: ClientError.self) { try MediaConnection(answer: answer, now: .zero) }
        }
    }

    @Test func `the address names kind, token and pass, percent-encoded`() throws {
        let connection = try MediaConnection(
            answer: Self.answer(["auth": "p/a+s=s &ä"], [Self.host("127.0.0.1:8080")]), now: .zero)
        let token = try UploadToken("3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNM=")
        #expect(
            connection.request(to: connection.hosts[0], token, .document)
                == UploadRequest(
                    host: "127.0.0.1:8080",
                    target: "/mms/document/3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNM="
                        + "?auth=p%2Fa%2Bs%3Ds%20%26%C3%A4&token=3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNM%3D",
                    headers: [
                        .init("Origin", "https://web.whatsapp.com"), .init("Referer", "https://web.whatsapp.com/"),
                        .init("Content-Type", "application/octet-stream"),
                    ]))
    }
}
