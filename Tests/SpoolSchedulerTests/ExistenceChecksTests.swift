import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct ExistenceChecksTests {
    @Test func `no more numbers are asked about in an hour than may be sent`() {
        var checks = ExistenceChecks()
        let policy = PacingPolicy(hourly: 5)
        for index in 0..<5 {
            #expect(checks.nextQuestion(at: start + Double(index), pause: nil, policy) == start + Double(index))
            checks.record(at: start + Double(index))
        }
        #expect(checks.nextQuestion(at: start + 10, pause: nil, policy) == start + 3600)
        #expect(checks.nextQuestion(at: start + 3600, pause: nil, policy) == start + 3600)
        checks.record(at: start + 3600)
        #expect(checks.nextQuestion(at: start + 3600, pause: nil, policy) == start + 3601)
    }

    @Test func `a pause that the service asks for is kept`() {
        let checks = ExistenceChecks()
        #expect(checks.nextQuestion(at: start, pause: start + 300, PacingPolicy()) == start + 300)
        #expect(checks.nextQuestion(at: start + 400, pause: start + 300, PacingPolicy()) == start + 400)
    }

    @Test(arguments: [nil, 0])
    func `without an hourly cap a thousand may be asked about`(hourly: Int?) throws {
        var checks = ExistenceChecks()
        let policy = PacingPolicy(hourly: hourly)
        for _ in 0..<1000 { checks.record(at: start) }
        #expect(checks.nextQuestion(at: start, pause: nil, policy) == start + 3600)
        for _ in 0..<5000 { checks.record(at: start) }
        #expect(try JSONEncoder().encode(checks).count < 20_000)
    }

    @Test(arguments: [(true, 29.9, true), (true, 30, false), (false, 6.9, true), (false, 7, false)])
    func `an answer holds for thirty days, or seven if the number was not there`(
        isOnWhatsApp: Bool, days: Double, holds: Bool
    ) {
        #expect(ExistenceChecks.holds(isOnWhatsApp, foundAt: start, now: start + days * day) == holds)
    }

    @Test func `questions of a clock that was ahead hold for an hour at most`() {
        var checks = ExistenceChecks()
        for _ in 0..<5 { checks.record(at: start + 365 * day) }
        checks.correct(at: start)
        #expect(checks.nextQuestion(at: start, pause: nil, PacingPolicy(hourly: 5)) == start + 3600)
    }
}
