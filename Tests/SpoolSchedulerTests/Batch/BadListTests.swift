import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct BadListTests {
    private func concern(_ findings: [Bool], _ policy: BadListPolicy) -> BatchConcern? {
        var watch = BadListWatch()
        var concern: BatchConcern?
        for finding in findings { concern = watch.record(isOnWhatsApp: finding, policy) }
        return concern
    }

    private func list(found: Int, missing: Int) -> [Bool] {
        Array(repeating: true, count: found) + Array(repeating: false, count: missing)
    }

    @Test(
        arguments: [
            (0.3, 14, 6, false), (0.3, 13, 7, true), (0.3, 0, 19, false), (0.3, 0, 20, true), (0.1, 18, 2, false),
            (0.1, 17, 3, true), (nil, 0, 50, false), (0, 0, 50, false),
        ] as [(Double?, Int, Int, Bool)])
    func `a share of missing numbers above the limit holds the batch, from twenty on`(
        share: Double?, found: Int, missing: Int, holds: Bool
    ) {
        let concern = self.concern(self.list(found: found, missing: missing), BadListPolicy(share: share))
        #expect((concern != nil) == holds)
        #expect(concern?.code == (holds ? .badList : nil))
        #expect(concern?.holds == (holds ? true : nil))
    }

    @Test func `only the last fifty count`() {
        #expect(
            self.concern(self.list(found: 0, missing: 15) + self.list(found: 35, missing: 0), BadListPolicy()) == nil)
        #expect(
            self.concern(self.list(found: 1000, missing: 16), BadListPolicy())?.words
                == "16 of the last 50 numbers are not on WhatsApp, more than 30 %; release the batch if the list is right"
        )
    }

    @Test func `a batch that a person released is judged by what comes after`() throws {
        var watch = BadListWatch()
        for _ in 0..<40 { _ = watch.record(isOnWhatsApp: false, BadListPolicy()) }
        watch.release()
        watch = try JSONDecoder().decode(BadListWatch.self, from: JSONEncoder().encode(watch))
        for _ in 0..<19 { #expect(watch.record(isOnWhatsApp: false, BadListPolicy()) == nil) }
        #expect(watch.record(isOnWhatsApp: false, BadListPolicy()) != nil)
    }
}
