import Foundation
import SpoolTestSupport
import Testing

@testable import WhatsAppSimulator

struct DeadlineQueueTests {
    @Test func `work comes when it is due, the earliest first`() {
        let seed: UInt64 = 4
        var generator = SeededGenerator(seed: seed)
        var queue = DeadlineQueue<Int>()
        let times = (0..<300).map { _ in Int.random(in: 0..<50, using: &generator) }
        for (number, time) in times.enumerated() {
            queue.insert(number, due: Date(timeIntervalSince1970: Double(time)))
        }
        #expect(queue.earliest?.timeIntervalSince1970 == times.min().map { Double($0) })
        var order: [Int] = []
        for second in 0..<50 {
            while let number = queue.next(until: Date(timeIntervalSince1970: Double(second))) {
                #expect(times[number] == second, "seed \(seed)")
                order.append(number)
            }
        }
        let expected = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        #expect(order == expected, "seed \(seed)")
        #expect(queue.earliest == nil)
    }
}

struct RecentSetTests {
    @Test func `it knows the last values and forgets the ones before`() {
        var set = RecentSet<Int>(capacity: 3)
        var isNew = [1, 2, 3, 4, 5].map { set.insert($0) }
        #expect(!isNew.contains(false))
        #expect((1...5).filter(set.contains) == [3, 4, 5])
        isNew = [4, 1].map { set.insert($0) }
        #expect(isNew == [false, true])
        #expect((1...5).filter(set.contains) == [1, 4, 5])
    }
}

struct PrivacyTokenTests {
    @Test func `a token lives for its week and three more`() {
        let week = 604_800.0
        let token = PrivacyToken(bytes: [1], timestamp: UInt64(10 * week + 5))
        #expect(token.isValid(at: Date(timeIntervalSince1970: 10 * week + 6)))
        #expect(token.isValid(at: Date(timeIntervalSince1970: 14 * week - 1)))
        #expect(!token.isValid(at: Date(timeIntervalSince1970: 14 * week)))
    }
}
