import Testing

@testable import SpoolMedia

struct PublicInternetTests {
    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2001:200::1", "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ])
    func `neighbours of what is reserved are outside`(text: String) throws {
        #expect(PublicInternet.contains(try #require(NetworkAddress(text))))
    }

    @Test(arguments: [
        "127.0.0.01", "0177.0.0.1", "1.2.3", "1.2.3.4 ", "::1%1", "[::1]", "1.2.3.4\0", "", "::ffff:1.2.3.256",
    ])
    func `only the usual form of an address is one`(text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test func `a range ends at its last bit`() throws {
        let range = try #require(NetworkRange(bytes: [10, 64, 0, 0], prefixLength: 10))
        #expect(range.contains(try #require(NetworkAddress("10.64.0.0"))))
        #expect(range.contains(try #require(NetworkAddress("10.127.255.255"))))
        #expect(!range.contains(try #require(NetworkAddress("10.128.0.0"))))
        #expect(!range.contains(try #require(NetworkAddress("10.63.255.255"))))
        #expect(!range.contains(try #require(NetworkAddress("::ffff:10.64.0.1"))))
    }

    @Test func `a range needs bytes and a length that fit`() {
        #expect(NetworkRange(bytes: [10, 0, 0], prefixLength: 8) == nil)
        #expect(NetworkRange(bytes: [10, 0, 0, 0], prefixLength: 33) == nil)
        #expect(NetworkRange(bytes: [10, 0, 0, 0], prefixLength: -1) == nil)
        #expect(NetworkRange(bytes: [UInt8](repeating: 0, count: 16), prefixLength: 128) != nil)
    }
}
