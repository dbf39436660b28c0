/// Which addresses are machines of the public Internet, and which are somewhere inside or nowhere at all.
///
/// Source: the special-purpose address registries of IANA (RFC 6890 and its updates), in their strict reading.
enum PublicInternet {
    static func contains(_ address: NetworkAddress) -> Bool {
        let address = address.unmapped
        if address.isIPv4 { return !Self.reservedIPv4.contains { $0.contains(address) } }
        // An IPv6-only network reaches IPv4 machines under these addresses (DNS64).
        if Self.translated.contains(address) { return Self.contains(address.suffix) }
        return Self.globalUnicast.contains(address) && !Self.reservedIPv6.contains { $0.contains(address) }
            && !Self.isISATAP(address)
    }

    private static let reservedIPv4: [NetworkRange] = [
        .init(v4: 0, length: 8),  // this network
        .init(v4: 10, length: 8),  // private
        .init(v4: 100, 64, length: 10),  // shared behind a carrier's NAT
        .init(v4: 127, length: 8),  // loopback
        .init(v4: 169, 254, length: 16),  // link-local, cloud metadata
        .init(v4: 172, 16, length: 12),  // private
        .init(v4: 192, 0, 0, length: 24),  // protocol assignments
        .init(v4: 192, 0, 2, length: 24),  // documentation
        .init(v4: 192, 88, 99, length: 24),  // 6to4 relays
        .init(v4: 192, 168, length: 16),  // private
        .init(v4: 198, 18, length: 15),  // benchmarks
        .init(v4: 198, 51, 100, length: 24),  // documentation
        .init(v4: 203, 0, 113, length: 24),  // documentation
        .init(v4: 224, length: 4),  // multicast
        .init(v4: 240, length: 4),  // reserved, broadcast
    ]

    private static let translated = NetworkRange(v6: 0x64, 0xFF9B, length: 96)

    /// Everything else is loopback, unspecified, IPv4-compatible, local, multicast or not assigned.
    private static let globalUnicast = NetworkRange(v6: 0x2000, length: 3)

    private static let reservedIPv6: [NetworkRange] = [
        .init(v6: 0x2001, length: 23),  // protocol assignments: Teredo, benchmarks, ORCHID
        .init(v6: 0x2001, 0xDB8, length: 32),  // documentation
        .init(v6: 0x2002, length: 16),  // 6to4
        .init(v6: 0x3FFF, length: 20),  // documentation
    ]

    /// Whether the last half is `[02]00:5efe:a.b.c.d`: a tunnel to an IPv4 address (RFC 5214).
    private static func isISATAP(_ address: NetworkAddress) -> Bool {
        let identifier = address.bytes[8..<12]
        return identifier.elementsEqual([0, 0, 0x5E, 0xFE]) || identifier.elementsEqual([2, 0, 0x5E, 0xFE])
    }
}
