import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct SameTextTests {
    private let text = TextDigest("Big sale today!")

    private func person(_ index: Int) -> Recipient { .phone("92300\(1_000_000 + index)") }

    @Test func `standard warns once when one text has gone to more than twenty strangers`() {
        var watch = SameTextWatch()
        let policy = SchedulerPolicy().sameText
        let concerns = (0..<40).map { watch.record(text: self.text, to: self.person($0), at: start, policy) }
        #expect(concerns.indices.filter { concerns[$0] != nil } == [20])
        #expect(concerns[20]?.holds == false)
        #expect(
            concerns[20]?.words
                == "the same text went to 21 strangers within an hour, more than 20: the service bans for it")
    }

    @Test func `careful holds every batch that goes on with it`() {
        var watch = SameTextWatch()
        let policy = SchedulerPolicy(profile: .careful).sameText
        let concerns = (0..<25).map { watch.record(text: self.text, to: self.person($0), at: start, policy) }
        #expect(concerns.indices.filter { concerns[$0]?.holds == true } == Array(20..<25))
        #expect(concerns[20]?.code == .sameText)
    }

    @Test func `an hour later it begins anew, other texts and the same people do not count`() {
        var watch = SameTextWatch()
        let policy = SameTextPolicy(most: 3, holds: true)
        for index in 0..<3 { _ = watch.record(text: self.text, to: self.person(index), at: start, policy) }
        #expect(watch.record(text: self.text, to: self.person(0), at: start, policy) == nil)
        #expect(watch.record(text: TextDigest("Other"), to: self.person(9), at: start, policy) == nil)
        #expect(watch.record(text: self.text, to: self.person(4), at: start + 3600, policy) == nil)
        for index in 5..<7 { _ = watch.record(text: self.text, to: self.person(index), at: start + 3600, policy) }
        #expect(watch.record(text: self.text, to: self.person(8), at: start + 3601, policy) != nil)
    }

    @Test(arguments: [nil, 0])
    func `it can be switched off`(most: Int?) {
        var watch = SameTextWatch()
        let policy = SameTextPolicy(most: most, holds: true)
        #expect((0..<100).allSatisfy { watch.record(text: self.text, to: self.person($0), at: start, policy) == nil })
    }

    @Test func `it survives a restart, and stays bounded`() throws {
        var watch = SameTextWatch()
        let policy = SameTextPolicy(most: 3, holds: true)
        for index in 0..<10_000 { _ = watch.record(text: self.text, to: self.person(index), at: start, policy) }
        let stored = try JSONEncoder().encode(watch)
        #expect(stored.count < 1_000_000)
        watch = try JSONDecoder().decode(SameTextWatch.self, from: stored)
        #expect(watch.record(text: self.text, to: self.person(0), at: start, policy) != nil)
    }

    @Test(arguments: [
        "big sale today", "BIG  SALE\nTODAY", "Bíg sàle tödäy!!!", "ｂｉｇ ｓａｌｅ ｔｏｄａｙ", "big s\u{200B}ale today 🎉",
    ])
    func `writings of one text are one`(other: String) {
        #expect(TextDigest(other) == self.text)
    }

    @Test(arguments: ["big sale today 2", "big sales today", "bigsale today", ""])
    func `other texts are others`(other: String) {
        #expect(TextDigest(other) != self.text)
    }
}
