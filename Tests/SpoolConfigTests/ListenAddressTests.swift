import SpoolConfig
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8025", "127.0.0.1", 8025, true), ("localhost:0", "localhost", 0, true),
        ("[::1]:8025", "::1", 8025, true), ("[::]:65535", "::", 65535, false), ("0.0.0.0:80", "0.0.0.0", 80, false),
        ("spool.example:443", "spool.example", 443, false),
    ])
    func `a host and a port is an address`(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":8025", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "::1:8025", "[::1]",
        "[127.0.0.1]:80", "[::1:80", "1.2.3:80", "256.1.1.1:80", "a b:80", "a_b:80", "-a:80", "ü:80", "http://a:80",
    ])
    func `anything else is refused`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
