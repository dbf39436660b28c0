import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MoveTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    private func owners() async throws -> [String] {
        try await self.test.values(String.self, "SELECT owner || ':' || lane FROM message ORDER BY id")
    }

    @Test func `a batch goes to another device, pinned messages and recipients too`() async throws {
        try await self.test.queue.recordInbound(from: "155501010002", to: .second, at: self.now, now: self.now)
        try await self.test.add([request(1), request(2, device: .first), request(3)], as: 1)
        try await self.test.add([request(4)], as: 2)
        #expect(try await self.test.claim(1, for: .first).map(\.text) == ["Text 2"])
        let move = try await self.test.queue.move(.batch(BatchID(rawValue: 1)), to: .second, now: self.now)
        #expect(move == Move(moved: 2, kept: 0))
        #expect(try await self.owners() == ["dev2:2", "dev1:2", "dev2:2", ":2"])
        try await self.test.add([request(3)], as: 3)
        #expect(try await self.owners().last == "dev2:2")
        #expect(try await self.test.judge(ScriptedJudge(), 9, for: .second).messages.count == 4)
    }

    @Test func `the lane is that of the new device`() async throws {
        try await self.test.queue.recordInbound(from: "155501010001", to: .second, at: self.now, now: self.now)
        let ids = try await self.test.add([request(1, device: .first)], as: 1)
        #expect(try await self.owners() == ["dev1:2"])
        _ = try await self.test.queue.move(.message(ids[0]), to: .second, now: self.now)
        #expect(try await self.owners() == ["dev2:0"])
        #expect(try await self.test.values(String.self, "SELECT pin FROM message") == ["dev2"])
    }

    @Test func `what may have been sent stays with its device`() async throws {
        try await self.test.add(2)
        _ = try await self.test.claim()
        try await self.test.queue.rescueAbandonedClaims(now: self.now)
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: .resend, now: self.now) {
            _, _ in self.now
        }
        let move = try await self.test.queue.move(.batch(BatchID(rawValue: 1)), to: .second, now: self.now)
        #expect(move == Move(moved: 1, kept: 1))
        #expect(try await self.owners() == ["dev1:2", "dev2:2"])
        await #expect(throws: QueueError.noSuchBatch(BatchID(rawValue: 9))) {
            try await self.test.queue.move(.batch(BatchID(rawValue: 9)), to: .second, now: self.now)
        }
    }

    @Test func `a large batch moves by chunks`() async throws {
        try await self.test.add(2500)
        #expect(try await self.test.queue.move(.batch(BatchID(rawValue: 1)), to: .second, now: self.now).moved == 2500)
        #expect(try await self.test.reader.backlog().map(\.pending) == [2500])
    }

    @Test(arguments: [nil, DeviceID.second])
    func `an outage hands over what was never attempted, and is not pinned`(other: DeviceID?) async throws {
        for index in 1...4 {
            try await self.test.queue.recordInbound(
                from: "15550101000\(index)", to: .first, at: self.now, now: self.now)
        }
        try await self.test.add([request(1), request(2, device: .first), request(3), request(4)], as: 1)
        try await self.test.process(.deferred(until: self.now, code: "503", reason: "Busy"))
        try await self.test.add([request(9, device: .first)], as: 2)
        #expect(try await self.owners() == ["dev1:0", "dev1:0", "dev1:0", "dev1:0", "dev1:2"])
        let moved = try await self.test.queue.handOver(
            from: .first, lanes: [.reply, .known], to: other, upTo: 1, now: self.now)
        #expect(moved == 1)
        let rest = try await self.test.queue.handOver(
            from: .first, lanes: [.reply, .known], to: other, upTo: 100, now: self.now)
        #expect(rest == 1)
        let there = (other?.rawValue ?? "") + ":2"
        #expect(try await self.owners() == ["dev1:0", "dev1:0", there, there, "dev1:2"])
        #expect(
            try await self.test.judge(ScriptedJudge(), 9, for: .second).messages.map(\.text).sorted() == [
                "Text 3", "Text 4",
            ])
    }

    @Test func `a removed device leaves to everybody what is not pinned to it`() async throws {
        try await self.test.queue.recordInbound(from: "155501010001", to: .first, at: self.now, now: self.now)
        let ids = try await self.test.add([request(1), request(2, device: .first)], as: 1)
        #expect(try await self.test.queue.failOrphans(of: .first, now: self.now) == 1)
        #expect(try await self.test.message(ids[1])?.errorCode == "DEVICE_LOST")
        #expect(try await self.owners().first == ":2")
        #expect(try await self.test.count("SELECT count(*) FROM contact") == 0)
        #expect(try await self.test.claim(for: .second).map(\.id) == [ids[0]])
    }

    @Test func `a renamed device keeps what is its own`() async throws {
        try await self.test.queue.recordInbound(from: "155501010001", to: .first, at: self.now, now: self.now)
        try await self.test.add([request(1), request(2, device: .first)], as: 1)
        try await self.test.queue.store(DeviceStateUpdate(device: .first, state: [1, 2]))
        let new = DeviceID(rawValue: "front")
        try await self.test.queue.beginRenaming(DeviceRenaming(from: .first, to: new))
        #expect(try await self.owners() == ["front:0", "front:2"])
        #expect(try await self.test.queue.deviceState(of: new) == [1, 2])
        #expect(try await self.test.judge(ScriptedJudge(), 9, for: new, takesUnowned: false).messages.count == 2)
        try await self.test.add([request(1)], as: 2)
        #expect(try await self.owners().last == "front:0")
    }
}
