import SpoolConfig
import Testing

@Suite struct WebSocketURLTests {
    @Test(arguments: [
        ("wss://web.whatsapp.com/ws/chat", true, "web.whatsapp.com", 443, "/ws/chat", false),
        ("ws://127.0.0.1:5222/ws?x=1", false, "127.0.0.1", 5222, "/ws?x=1", true),
        ("ws://[::1]/", false, "::1", 80, "/", true), ("wss://[::1]:444/", true, "::1", 444, "/", true),
    ])
    func `an address has a scheme, a host, a port and a path`(
        text: String, isSecure: Bool, host: String, port: Int, path: String, isLoopback: Bool
    ) throws {
        let url = try #require(WebSocketURL(text))
        #expect(url.isSecure == isSecure)
        #expect(url.server.host == host)
        #expect(url.server.port == port)
        #expect(url.path == path)
        #expect(url.isLoopback == isLoopback)
        #expect(url.description == text)
    }

    @Test(arguments: [("ws://localhost", "ws://localhost/"), ("wss://a.example:443?q", "wss://a.example/?q")])
    func `a missing path and a usual port are normalised`(text: String, shown: String) {
        #expect(WebSocketURL(text)?.description == shown)
    }

    @Test(arguments: [
        "", "wss://", "wss:///x", "https://a.example/", "WSS://a.example/", "wss://a:0/", "wss://a:x/",
        "wss://u@a.example/",
        "wss://127.0.0.1@a.example/", "wss://a.example/#x", "wss://a.example/ x", "wss://a.example/\r\nX: y", "//a/b",
    ])
    func `anything else is refused`(text: String) {
        #expect(WebSocketURL(text) == nil)
    }
}
