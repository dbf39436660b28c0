import SpoolConfig
import Testing

@Suite struct IPNetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", 8), ("0.0.0.0/0", 0), ("192.168.1.7", 32), ("192.168.1.128/25", 25), ("fd00::/8", 8),
        ("::1", 128),
    ])
    func `an address and a length is a network`(text: String, length: Int) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.prefixLength == length)
        #expect(network.description == text)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.1/8", "10.0.0.0/+8", "10.0.0.0/8/8", "a/8",
    ])
    func `bits behind the prefix and other mistakes are refused`(text: String) {
        #expect(IPNetwork(text) == nil)
    }
}
