import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct PlanTests {
    private let zones = RecipientZones(fallback: .gmt)
    private let now: Date

    init() throws {
        self.now = try utc("2026-01-15T07:00:00Z")
    }

    private func row(
        _ number: Int, _ text: String = "Hello", hasRef: Bool = false, owner: String? = nil,
        _ change: (inout Candidate) -> Void = { _ in }
    ) -> Plan.Row {
        let candidate = stranger {
            $0.recipient = .phone("92300\(1_000_000 + number)")
            change(&$0)
        }
        return Plan.Row(candidate, owner: owner.map(DeviceID.init(rawValue:)), text: text, hasRef: hasRef)
    }

    private func outlook(_ profile: SchedulerPolicy.Profile, _ rows: [Plan.Row], devices: Int = 1) -> Outlook {
        let policy = SchedulerPolicy(profile: profile)
        var plan = Plan(policy: policy, zones: self.zones, now: self.now)
        for row in rows { plan.add(row) }
        plan.addRefused(.validation)
        let devices = (0..<devices).map {
            Forecast.Device(id: DeviceID(rawValue: "dev\($0)"), state: state(SchedulerPolicy()))
        }
        return plan.outlook(devices: devices, queue: [], zone: .gmt)
    }

    @Test func `rows are counted by lane, refused and held ones by code`() {
        let rows = [
            self.row(1, "a"), self.row(2, "b") { $0.facts.isKnown = true },
            self.row(3, "c") { $0.facts.isSuppressed = true }, self.row(4, "d") { $0.repeatsText = true },
            self.row(5, "e"), self.row(5, "E!"), self.row(5, "e", hasRef: true),
        ]
        let outlook = self.outlook(.standard, rows)
        #expect(outlook.lanes == [.cold: 6, .known: 1])
        #expect(outlook.refused == [.suppressed: 1, .validation: 1])
        #expect(outlook.held == ["DUPLICATE_MESSAGE": 2])
        #expect(outlook.days.map(\.count).reduce(0, +) == 4)
        #expect(outlook.neverSent == 0)
        #expect(outlook.first == self.now + 1.5)
    }

    @Test func `careful holds what standard only warns of`() {
        let rows = (0..<30).map { self.row($0) }
        let standard = self.outlook(.standard, rows)
        #expect((standard.held, standard.warned) == ([:], 10))
        #expect(standard.days.map(\.count).reduce(0, +) == 30)
        let careful = self.outlook(.careful, rows)
        #expect((careful.held, careful.warned) == (["SAME_TEXT": 10], 0))
        #expect(careful.days.map(\.count).reduce(0, +) == 20)
    }

    @Test func `strangers of a new device are told over the days of its warm-up`() throws {
        let outlook = self.outlook(.standard, (0..<60).map { self.row($0, "text \($0)") })
        #expect(outlook.days.first?.count == 20)
        #expect(outlook.days.first?.date == CivilDate(year: 2026, month: 1, day: 15))
        #expect(outlook.days.map(\.count).reduce(0, +) == 60)
        #expect(try #require(outlook.last) > self.now + day)
    }

    @Test func `a row that waits for its recipient is foreseen later, and one for no device never`() {
        let outlook = self.outlook(
            .standard,
            [
                self.row(1) { $0.facts.blockedUntil = self.now + day },
                self.row(2, owner: "gone"),
            ])
        #expect(outlook.neverSent == 1)
        #expect(outlook.last == nil)
        #expect(outlook.first.map { $0 >= self.now + day } == true)
    }
}
