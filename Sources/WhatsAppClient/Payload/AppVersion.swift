import CryptoPrimitives

/// A version of three numbers: of the web client we speak as, or of a system.
///
/// The service refuses clients that have become too old, so the one we speak as has to be configurable.
public struct AppVersion: Hashable, Sendable, LosslessStringConvertible {
    public var primary: UInt32
    public var secondary: UInt32
    public var tertiary: UInt32

    public init(_ primary: UInt32, _ secondary: UInt32, _ tertiary: UInt32) {
        self.primary = primary
        self.secondary = secondary
        self.tertiary = tertiary
    }

    /// Three decimal numbers with dots between them, such as `2.3000.1045649367`.
    public init?(_ description: String) {
        let parts = description.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // Also keeps the signs out that the number parser would take.
        guard parts.count == 3, parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return nil }
        let numbers = parts.compactMap { UInt32(Substring($0)) }
        guard numbers.count == 3 else { return nil }
        self.init(numbers[0], numbers[1], numbers[2])
    }

    public var description: String { "\(self.primary).\(self.secondary).\(self.tertiary)" }

    /// The MD5 of the dotted text, 16 bytes, by which a registration names the build.
    public func buildHash() throws(ClientError) -> [UInt8] {
        do {
            return try Digest.md5.hash(Array(self.description.utf8))
        } catch {
            throw .primitiveFailed(error)
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
}
