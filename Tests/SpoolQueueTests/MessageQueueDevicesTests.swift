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

    // MARK: While a file is being imported

    /// Stores one row for each name, one chunk before what `act` does and one after it.
    private func importing(
        _ names: [DeviceID], known: Set<DeviceID>? = nil, act: (MessageQueue) async throws -> Void
    ) async throws -> [String?] {
        let seed = self.test.seed(1)
        let checked = await self.test.queue.names { known ?? Set(names) }
        let requests = names.enumerated().map { request($0.offset, device: $0.element) }
        try await self.test.queue.append(rows(requests), to: seed, names: checked, now: self.now)
        try await act(self.test.queue)
        try await self.test.queue.append(
            rows(requests, after: names.count), to: seed, names: checked, now: self.now)
        try await self.test.queue.finishImport([], of: seed, names: checked, isStrict: false, now: self.now)
        return try await self.test.values(String?.self, "SELECT pin FROM message ORDER BY record")
    }

    @Test func `rows go by the new name, whenever they are stored`() async throws {
        let pins = try await self.importing([.first, .second]) { queue in
            try await queue.beginRenaming(Self.renaming)
            try await queue.finishRenaming(Self.renaming)
        }
        #expect(pins == ["dev3", "dev2", "dev3", "dev2"])
        #expect(try await self.test.batch(1)?.pending == 4)
    }

    @Test func `rows follow names that change hands`() async throws {
        let fourth = DeviceID(rawValue: "dev4")
        let pins = try await self.importing([.first, .second]) { queue in
            for (from, to) in [(DeviceID.second, fourth), (.first, .second), (fourth, .first)] {
                try await queue.beginRenaming(DeviceRenaming(from: from, to: to))
                try await queue.finishRenaming(DeviceRenaming(from: from, to: to))
            }
        }
        #expect(pins == ["dev2", "dev1", "dev2", "dev1"])
    }

    @Test func `a renaming that was undone, or that did not happen, changes no row`() async throws {
        try await self.test.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON deviceRenaming WHEN NEW.toName = 'dev4' BEGIN "
                + "SELECT RAISE(ABORT, 'broken'); END")
        let pins = try await self.importing([.first]) { queue in
            try await queue.beginRenaming(Self.renaming)
            try await queue.undoRenaming(Self.renaming)
            await #expect(throws: QueueError.self) {
                try await queue.beginRenaming(DeviceRenaming(from: .first, to: DeviceID(rawValue: "dev4")))
            }
        }
        #expect(pins == ["dev1", "dev1"])
    }

    @Test func `devices that are looked at while they are renamed may still have their old names`() async throws {
        try await self.test.queue.beginRenaming(Self.renaming)
        let pins = try await self.importing([.first]) { queue in try await queue.finishRenaming(Self.renaming) }
        #expect(pins == ["dev3", "dev3"])
    }

    @Test func `names that were looked at after a renaming are what they say`() async throws {
        try await self.test.queue.beginRenaming(Self.renaming)
        try await self.test.queue.finishRenaming(Self.renaming)
        // Another device has got the free name since.
        #expect(try await self.importing([.first]) { _ in } == ["dev1", "dev1"])
    }

    @Test func `rows for a device that is removed meanwhile do not wait for it`() async throws {
        let pins = try await self.importing([.first, .second]) { queue in
            let failed = try await queue.failOrphans(of: .first, now: self.now)
            #expect(failed == 0)
        }
        #expect(pins == ["dev1", "dev2", "dev2"])
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.pending, batch.failedMessages) == (2, 1))
        let lost = try #require(try await self.test.message(QueueID(rawValue: 1)))
        #expect((lost.status, lost.errorCode) == (.failed, "DEVICE_LOST"))
        let refusals = try await self.test.reader.importAnswer(for: BatchID(rawValue: 1))?.refusals ?? []
        #expect(refusals.map(\.line) == [4])
        #expect(refusals.map(\.refusal.code) == [.unknownDevice])
    }

    @Test func `rows stored before a crash do not wait for a device that is gone since`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1, device: .first), request(2)]), to: seed, now: self.now)
        let names = await self.test.queue.names { [.second] }
        try await self.test.queue.finishImport([], of: seed, names: names, isStrict: false, now: self.now)
        #expect(try await self.test.message(QueueID(rawValue: 1))?.errorCode == "DEVICE_LOST")
        #expect(try await self.test.batch(1)?.pending == 1)
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
