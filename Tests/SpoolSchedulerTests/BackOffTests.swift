import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct BackOffTests {
    @Test(
        arguments: [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (60, 4000), (.max, 4000)]
            as [(Int, TimeInterval)])
    func `delays double up to the longest, a tenth later at most`(attempts: Int, seconds: TimeInterval) throws {
        var generator = SeededGenerator(seed: 3)
        let next = BackOff().nextAttempt(after: attempts, firstAttemptAt: start, now: start, using: &generator)
        let delay = try #require(next).timeIntervalSince(start)
        #expect((seconds...seconds * 1.1).contains(delay))
    }

    @Test func `nothing is tried later than the age at which it is given up`() {
        var generator = SeededGenerator(seed: 3)
        let first = start.addingTimeInterval(-86400 + 310)
        #expect(BackOff().nextAttempt(after: 2, firstAttemptAt: first, now: start, using: &generator) == nil)
        let forever = BackOff(giveUpAfter: nil)
        #expect(forever.nextAttempt(after: 2, firstAttemptAt: first, now: start, using: &generator) != nil)
    }
}
