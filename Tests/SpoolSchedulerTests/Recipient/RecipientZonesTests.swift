import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct RecipientZonesTests {
    private let zones: RecipientZones

    init() throws {
        self.zones = RecipientZones(fallback: try zone("Asia/Tokyo"))
    }

    private func names(_ number: String, tz: String? = nil) -> Set<String> {
        Set(self.zones.zones(of: .phone(number), named: tz).map(\.identifier))
    }

    @Test(
        arguments: [
            ("923001234567", ["Asia/Karachi"]), ("4915123456789", ["Europe/Berlin", "Europe/Busingen"]),
            ("351912345678", ["Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"]),
            ("34612345678", ["Europe/Madrid", "Africa/Ceuta", "Atlantic/Canary"]),
            (
                "77011234567",
                [
                    "Asia/Almaty", "Asia/Qyzylorda", "Asia/Qostanay", "Asia/Aqtobe", "Asia/Aqtau", "Asia/Atyrau",
                    "Asia/Oral",
                ]
            ),
            ("18765550100", ["America/Jamaica"]), ("16715550100", ["Pacific/Guam"]),
            ("61891641234", ["Indian/Christmas"]),
            ("903925550100", ["Asia/Famagusta"]), ("905321234567", ["Europe/Istanbul"]),
            ("38344123456", ["Europe/Belgrade"]),
        ] as [(String, [String])])
    func `a number lives in the zones of its country`(number: String, expected: [String]) {
        let names = CallingCodes.zoneNames(of: number)?.names.split(separator: " ").map(String.init) ?? []
        #expect(Set(names) == Set(expected))
        #expect(self.names(number).isSubset(of: expected))
    }

    @Test func `North America and Russia span all their zones`() {
        #expect(self.names("15550100123").isSuperset(of: ["America/St_Johns", "America/New_York", "Pacific/Honolulu"]))
        #expect(self.names("79161234567").isSuperset(of: ["Europe/Kaliningrad", "Asia/Kamchatka"]))
    }

    @Test func `the zones that are asked show every time that a country's zones show`() {
        let moments = stride(from: 1_750_000_000.0, to: 1_850_000_000, by: 9_876_543).map(
            Date.init(timeIntervalSince1970:))
        for (code, names) in CallingCodes.zoneNames {
            let all = names.split(separator: " ").compactMap { TimeZone(identifier: String($0)) }
            let asked = self.zones.zones(for: .code(code))
            for moment in moments {
                let times = Set(asked.map { $0.secondsFromGMT(for: moment) })
                #expect(times == Set(all.map { $0.secondsFromGMT(for: moment) }), "+\(code) at \(moment)")
            }
        }
    }

    @Test func `the row's zone wins, if there is such a zone`() {
        #expect(self.names("15550100123", tz: "America/Denver") == ["America/Denver"])
        #expect(self.names("923001234567", tz: "Mars/Olympus") == ["Asia/Karachi"])
    }

    @Test(arguments: ["881612345678", "999123456789", "", "abc", "0"])
    func `a number of no country has the fallback's zone`(number: String) {
        #expect(self.names(number) == ["Asia/Tokyo"])
    }

    @Test func `the system knows every zone of the table`() {
        let names = CallingCodes.zoneNames.values.flatMap { $0.split(separator: " ").map(String.init) }
        #expect(Set(names).count > 300)
        #expect(names.filter { TimeZone(identifier: $0) == nil } == [])
    }

    /// Beginnings of three digits that ITU has given to no country, or to services without one; all others have zones.
    @Test func `every assigned code is there, and no other`() {
        let unassigned = Set([210, 214, 215, 217, 219, 259, 384, 388, 671, 684, 851, 854, 857, 858, 859, 999])
            .union(280...289).union(292...296).union([422]).union(424...429).union(693...699).union(800...809)
            .union(830...839).union(870...879).union(881...885).union(887...899).union([969, 978, 979, 990, 991])
        for code in 200...999 {
            #expect((CallingCodes.zoneNames(of: "\(code)5550100") != nil) == !unassigned.contains(code), "+\(code)")
        }
    }
}
