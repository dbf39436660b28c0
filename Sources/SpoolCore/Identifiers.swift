/// Our stable identifier of one message, in every log line and result row. Never reused, grows in file order.
public struct QueueID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public var description: String { String(self.rawValue) }

    public static func < (left: QueueID, right: QueueID) -> Bool { left.rawValue < right.rawValue }
}

/// The number of one drop file, given when it is taken; also the number of a refused one, for the names of its answers.
public struct BatchID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public var description: String { String(self.rawValue) }

    public static func < (left: BatchID, right: BatchID) -> Bool { left.rawValue < right.rawValue }
}

/// The name of one linked device, `sessionId` in files and answers.
public struct DeviceID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name of a device that is to be made; `nil` unless it is 1–64 of `A–Z a–z 0–9 _ - .`, starts with a letter, a
    /// digit or `_`, and is not `ALL`, which commands take for all devices.
    public init?(name: String) {
        let bytes = name.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy(Self.isAllowed), bytes.first != UInt8(ascii: "-"),
            bytes.first != UInt8(ascii: "."), name != "ALL"
        else { return nil }
        self.rawValue = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    public var description: String { self.rawValue }

    public static func < (left: DeviceID, right: DeviceID) -> Bool { left.rawValue < right.rawValue }
}

/// The identifier the network knows a message by; one for the life of the message, stored before its first byte leaves.
public struct WireMessageID: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { self.rawValue }
}

/// The owner of a drop directory, of its messages and of API keys.
public struct UserName: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    /// The user whose files lie in `incoming/` itself.
    public static let `default` = UserName(unchecked: "default")

    public let rawValue: String

    /// `nil` unless the name is 1–64 of `a–z 0–9 _ -` and starts with a letter or digit: it becomes a directory's name.
    public init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard (1...64).contains(bytes.count), let first = bytes.first, first != UInt8(ascii: "_"),
            first != UInt8(ascii: "-"),
            bytes.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            })
        else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { self.rawValue }
}
