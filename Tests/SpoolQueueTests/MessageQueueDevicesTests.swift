import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueDevicesTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private static let renaming = DeviceRenaming(from: .first, to: .third)

    init() throws {
        self.test = try TestQueue()
    }

    /// Pinned, sent, deferred and uncertain messages of two devices.
    private func fill() async throws {
        try await self.test.add(
            [
                request(1, device: .first), request(2, device: .first), request(3, device: .second), request(4),
                request(5),
            ], as: 1)
        try await self.test.process(.sent(at: self.now))
        try await self.test.process(.uncertain(detail: "No answer"))
        try await self.test.process(.deferred(until: self.now + .seconds(60), code: "503", reason: "Busy"))
        try await self.test.process(.sent(at: self.now), for: .second)
    }

    private func count(_ name: DeviceID) async throws -> Int {
        try await self.test.count(
            """
            SELECT (SELECT count(*) FROM message WHERE pin = '\(name)' OR device = '\(name)')
                + (SELECT count(*) FROM attempt WHERE device = '\(name)')
            """)
    }

    @Test func `a renaming takes every row along, and leaves other devices alone`() async throws {
        try await self.fill()
        let other = try await self.count(.second)
        let own = try await self.count(.first)
        #expect(own == 6)
        try await self.test.queue.beginRenaming(Self.renaming)
        #expect(try await self.count(.first) == 0)
        #expect(try await self.count(.third) == own)
        #expect(try await self.count(.second) == other)
        #expect(try await self.test.queue.unfinishedRenamings() == [Self.renaming])
        #expect(try await self.test.queue.sendTimes(of: .third, since: self.now - .seconds(1)).count == 3)
        #expect(try await self.test.queue.oldestUncertain(of: .third) == self.now)
        try await self.test.queue.finishRenaming(Self.renaming)
        #expect(try await self.test.queue.unfinishedRenamings().isEmpty)
    }

    @Test func `pinned messages go by the new name`() async throws {
        let ids = try await self.test.add([request(1, device: .first)], as: 1)
        try await self.test.queue.beginRenaming(Self.renaming)
        #expect(try await self.test.claim(10, for: .first).isEmpty)
        #expect(try await self.test.claim(10, for: .third).map(\.id) == ids)
    }

    @Test func `a renaming that was undone leaves nothing behind`() async throws {
        try await self.fill()
        let before = try await self.test.content()
        try await self.test.queue.beginRenaming(Self.renaming)
        try await self.test.queue.undoRenaming(Self.renaming)
        #expect(try await self.test.content() == before)
        #expect(try await self.test.queue.unfinishedRenamings().isEmpty)
    }

    @Test func `a renaming is stored whole or not at all`() async throws {
        try await self.fill()
        try await self.test.execute(
            """
            CREATE TRIGGER broken BEFORE UPDATE OF device ON attempt BEGIN SELECT RAISE(ABORT, 'broken'); END
            """)
        let before = try await self.test.content()
        await #expect(throws: QueueError.self) { try await self.test.queue.beginRenaming(Self.renaming) }
        #expect(try await self.test.content() == before)
        #expect(try await self.test.queue.unfinishedRenamings().isEmpty)
    }

    @Test func `a renaming outlives the daemon`() async throws {
        let directory = try TemporaryDirectory()
        try await TestQueue(in: directory).queue.beginRenaming(Self.renaming)
        #expect(try await TestQueue(in: directory).queue.unfinishedRenamings() == [Self.renaming])
    }

    @Test func `what only a removed device could send fails, and nothing else`() async throws {
        let ids = try await self.test.add(
            [request(1, device: .second), request(2, device: .first), request(3), request(4, device: .second)], as: 1)
        let claimed = try await self.test.claim(for: .second)
        #expect(claimed.map(\.id) == [ids[0]])
        try await self.test.settle(claimed[0], .uncertain(detail: "No answer"))
        #expect(try await self.test.queue.failOrphans(of: .second, now: self.now) == 2)
        #expect(try await self.test.queue.failOrphans(of: .second, now: self.now) == 0)
        for id in [ids[0], ids[3]] {
            let view = try #require(try await self.test.message(id))
            #expect((view.status, view.errorCode, view.finishedAt) == (.failed, "DEVICE_LOST", self.now))
            #expect(view.error == "Its device dev2 does not exist any more")
        }
        #expect(try await self.test.claim(10).map(\.id) == [ids[1], ids[2]])
    }
}

extension DeviceID {
    fileprivate static let third = DeviceID(rawValue: "dev3")
}
