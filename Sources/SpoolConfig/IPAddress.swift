import Glibc

/// A numeric IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// Reads the usual text form without brackets, port or zone; `nil` for anything else, host names included.
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

    /// Whether only this machine can reach it: `127.0.0.0/8`, `::1`, and the former written as IPv6.
    public var isLoopback: Bool {
        if self.bytes.count == 4 { return self.bytes.first == 127 }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
        return self.bytes.starts(with: mapped) || self.bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}
