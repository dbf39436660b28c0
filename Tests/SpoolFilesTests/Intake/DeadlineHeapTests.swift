import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct DeadlineHeapTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what is due comes out in order, and nothing else`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let deadlines = (0..<500).map { _ in Int.random(in: 0..<1000, using: &generator) }
        var heap = DeadlineHeap<Int>()
        for deadline in deadlines { heap.insert(deadline, at: .milliseconds(deadline)) }
        #expect(heap.first == deadlines.min().map { .milliseconds($0) })
        for now in [0, 300, 999] {
            var due: [Int] = []
            while let item = heap.popDue(at: .milliseconds(now)) { due.append(item.key) }
            #expect(due == due.sorted())
            #expect(heap.first.map { $0 > .milliseconds(now) } ?? true)
        }
        #expect(heap.count == 0)
        #expect(heap.popDue(at: .seconds(5)) == nil)
    }
}

struct CoalescingQueueTests {
    @Test func `later news replaces earlier news in its place`() async {
        let queue = CoalescingQueue<String, Int>()
        queue.put(1, for: "a")
        queue.put(2, for: "b")
        queue.put(3, for: "a")
        queue.finish()
        #expect(await queue.next() == 3)
        #expect(await queue.next() == 2)
        #expect(await queue.next() == nil)
    }

    @Test func `a reader waits for news`() async throws {
        let queue = CoalescingQueue<Int, Int>()
        async let sum = waiting(for: "a thousand pieces of news") {
            var sum = 0
            for _ in 0..<1000 { sum += await queue.next() ?? 0 }
            return sum
        }
        for number in 0..<1000 {
            queue.put(number, for: number)
            if number.isMultiple(of: 100) { await Task.yield() }
        }
        #expect(try await sum == 499_500)
    }

    @Test func `a cancelled reader reads nothing more`() async throws {
        let queue = CoalescingQueue<Int, Int>()
        let reader = Task { await queue.next() }
        reader.cancel()
        #expect(try await waiting(for: "the cancelled reader") { await reader.value } == nil)
    }
}

struct InotifyHintsTests {
    private let name = DropFileName("a.csv")

    @Test func `the last event of a name counts, but for a change of attributes`() {
        var hints = InotifyHints()
        hints.add(self.name, in: "in", .renamed)
        hints.add(self.name, in: "in", .attributesChanged)
        #expect(hints.files["in"]?[self.name] == .renamed)
        hints.add(self.name, in: "in", .closedAfterWriting)
        #expect(hints.files["in"]?[self.name] == .closedAfterWriting)
    }

    @Test func `too many names become a wish for a listing`() {
        var hints = InotifyHints()
        for number in 0..<70_000 { hints.add(DropFileName("\(number)"), in: "in", .renamed) }
        #expect(hints.isIncomplete)
        #expect(hints.files.values.map(\.count).reduce(0, +) <= 65_536)
    }

    @Test func `merging keeps everything that was said`() {
        var hints = InotifyHints()
        hints.add(self.name, in: "in", .renamed)
        var later = InotifyHints()
        later.add(self.name, in: "in", .created)
        later.add(self.name, in: "in/ali", .renamed)
        later.isDirectoryNews = true
        hints.merge(later)
        #expect(hints.files["in"]?[self.name] == .created)
        #expect(hints.files["in/ali"]?[self.name] == .renamed)
        #expect(hints.isDirectoryNews && !hints.isIncomplete)
    }
}
