import Foundation
import Testing

/// The golden vectors in `Tests/Vectors`, made by independent implementations; each file says how.
public enum Vectors {
    /// Reads one file, such as `nodes` for `nodes.json`.
    public static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content
    {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name).json"))
        return try JSONDecoder().decode(type, from: data)
    }

    /// Says how many cases of a file's section a test went through, and fails when there were none.
    public static func report(_ count: Int, of section: String, in name: String) {
        print("vectors: \(name).json, \(section): \(count) cases")
        #expect(count > 0, "\(name).json gave no case of \(section)")
    }
}

/// Bytes that stand in a vector file as hexadecimal digits.
public struct HexBytes: Decodable, Hashable, Sendable {
    public let bytes: [UInt8]

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = [UInt8](hex: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal: \(text)")
        }
        self.bytes = bytes
    }
}

extension [UInt8] {
    /// The bytes of an even number of hexadecimal digits.
    public init?(hex: String) {
        let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        self = bytes
    }

    /// Lower-case hexadecimal digits.
    public var hex: String {
        self.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
