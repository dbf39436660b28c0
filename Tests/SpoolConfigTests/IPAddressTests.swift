import SpoolConfig
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: ["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"])
    func `loopback is known in all its forms`(text: String) throws {
        #expect(try #require(IPAddress(text)).isLoopback)
    }

    @Test(arguments: ["0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "fe80::1", "::ffff:10.0.0.1"])
    func `other addresses are not loopback`(text: String) throws {
        #expect(try !#require(IPAddress(text)).isLoopback)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.256", "1.2.3.4 ", "::1\0", "[::1]", "fe80::1%eth0", "12345::"])
    func `what is no numeric address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
