public import Foundation

/// A time zone under the name its user gave it; `TimeZone` itself renames some (`UTC` becomes `GMT`).
public struct TimeZoneName: Hashable, Sendable, CustomStringConvertible {
    public static let utc = TimeZoneName(identifier: "UTC", timeZone: .gmt)

    /// The IANA name.
    public let identifier: String
    public let timeZone: TimeZone

    /// `nil` when the machine's time zone data has no such name.
    public init?(_ identifier: String) {
        // Other characters could leave the directory of the zone files, or end the name early.
        guard (1...64).contains(identifier.utf8.count), !identifier.contains(".."),
            identifier.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }),
            let timeZone = TimeZone(identifier: identifier)
        else { return nil }
        self.init(identifier: identifier, timeZone: timeZone)
    }

    private init(identifier: String, timeZone: TimeZone) {
        self.identifier = identifier
        self.timeZone = timeZone
    }

    public var description: String { self.identifier }
}
