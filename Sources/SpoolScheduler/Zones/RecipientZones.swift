public import Foundation
public import SpoolCore

/// The time zones in which recipients may live. Made once: to look a zone up by its name is slow.
public struct RecipientZones: Sendable {
    private let byCode: [Int: [TimeZone]]
    private let fallback: TimeZone

    /// - Parameter fallback: The zone of numbers that belong to no country.
    public init(fallback: TimeZone) {
        self.fallback = fallback
        self.byCode = CallingCodes.zoneNames.mapValues { names in
            names.split(separator: " ").compactMap { TimeZone(identifier: String($0)) }
        }
    }

    /// - Parameter name: The row's own `tz`; it wins, if there is such a zone.
    public func zones(of recipient: Recipient, named name: String?) -> [TimeZone] {
        if let name, let zone = TimeZone(identifier: name) { return [zone] }
        guard let code = CallingCodes.zoneNames(of: recipient.address)?.code, let zones = self.byCode[code],
            !zones.isEmpty
        else { return [self.fallback] }
        return zones
    }
}
