public import Foundation
public import SpoolCore

/// The time zones in which recipients may live.
public struct RecipientZones: Sendable {
    private let fallback: TimeZone

    /// Looked up once: by its name a zone is found slowly.
    private static let byCode: [Int: [TimeZone]] = CallingCodes.zoneNames.mapValues { names in
        Self.distinct(names.split(separator: " ").compactMap { TimeZone(identifier: String($0)) })
    }

    /// The first of those that show the same time week by week: many zones of a large country differ only in the past,
    /// and every one of them has to be asked for every message.
    static func distinct(_ zones: [TimeZone]) -> [TimeZone] {
        guard zones.count > 1 else { return zones }
        var seen: Set<[Int]> = []
        return zones.filter { zone in
            seen.insert(Self.weeks.map { zone.secondsFromGMT(for: $0) }).inserted
        }
    }

    /// 2025 to 2033.
    private static let weeks = stride(from: 1_735_700_000.0, to: 2_000_000_000, by: 7 * 86400).map(
        Date.init(timeIntervalSince1970:))

    /// - Parameter fallback: The zone of numbers that belong to no country.
    public init(fallback: TimeZone) {
        self.fallback = fallback
    }

    /// What recipients have in common who live in the same zones.
    public enum Key: Hashable, Sendable {
        case code(Int)
        case named(String)
        case nowhere
    }

    /// - Parameter name: The row's own `tz`; it wins, if there is such a zone.
    public func key(of recipient: Recipient, named name: String?) -> Key {
        if let name, TimeZone(identifier: name) != nil { return .named(name) }
        guard let code = CallingCodes.zoneNames(of: recipient.address)?.code else { return .nowhere }
        return .code(code)
    }

    public func zones(for key: Key) -> [TimeZone] {
        switch key {
        case .code(let code): Self.byCode[code] ?? [self.fallback]
        case .named(let name): [TimeZone(identifier: name) ?? self.fallback]
        case .nowhere: [self.fallback]
        }
    }

    func zones(of recipient: Recipient, named name: String?) -> [TimeZone] {
        self.zones(for: self.key(of: recipient, named: name))
    }
}
