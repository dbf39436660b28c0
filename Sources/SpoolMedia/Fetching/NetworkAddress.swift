import Glibc

/// A numeric IPv4 or IPv6 address.
public struct NetworkAddress: Hashable, Codable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// `nil` unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the usual text form: four decimal numbers without leading zeros, or IPv6 without brackets and zone.
    public init?(_ text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            self.bytes = Array(buffer.prefix(4))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            self.bytes = buffer
        } else {
            return nil
        }
    }

    public var isIPv4: Bool { self.bytes.count == 4 }

    /// `::ffff:a.b.c.d` as the IPv4 address that the kernel takes it for; any other address as it is.
    var unmapped: NetworkAddress {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return self.bytes.starts(with: prefix) ? self.suffix : self
    }

    /// The last four bytes as an IPv4 address.
    var suffix: NetworkAddress { NetworkAddress(unchecked: Array(self.bytes.suffix(4))) }

    public var description: String {
        var text = [CChar](repeating: 0, count: 46)
        // 46 bytes hold any address, and the family fits the count of bytes: this cannot fail.
        inet_ntop(self.isIPv4 ? AF_INET : AF_INET6, self.bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
