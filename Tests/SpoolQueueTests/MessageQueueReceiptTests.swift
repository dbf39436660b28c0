import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueReceiptTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    private func receive(_ message: ClaimedMessage, at seconds: Int, isRead: Bool = false) async throws {
        let moment = self.now + .seconds(seconds)
        try await self.test.queue.recordReceipt(for: message.wireID, deliveredAt: moment, readAt: isRead ? moment : nil)
    }

    @Test func `receipts are times beside the state`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.sent(at: self.now)))
        try await self.receive(message, at: 5)
        var view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.deliveredAt, view.readAt) == (.sent, self.now + .seconds(5), nil))
        try await self.receive(message, at: 9, isRead: true)
        view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.deliveredAt, view.readAt) == (.sent, self.now + .seconds(5), self.now + .seconds(9)))
    }

    @Test func `a time that is known does not move`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.sent(at: self.now)))
        try await self.receive(message, at: 5, isRead: true)
        let before = try await self.test.content()
        try await self.receive(message, at: 3)
        try await self.receive(message, at: 8, isRead: true)
        #expect(try await self.test.content() == before)
    }

    @Test func `a read receipt implies delivery`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.sent(at: self.now)))
        try await self.receive(message, at: 5, isRead: true)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.deliveredAt, view.readAt) == (self.now + .seconds(5), self.now + .seconds(5)))
    }

    @Test func `a receipt settles an uncertain attempt as sent`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        try await self.receive(message, at: 20)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.reason) == (.sent, nil))
        #expect((view.sentAt, view.deliveredAt) == (self.now + .seconds(20), self.now + .seconds(20)))
        #expect(try await self.test.batch(1)?.status == .settled)
        let resolved = try await self.test.queue.resolveUncertain(
            of: .first, since: self.now + .seconds(99), policy: .fail, now: self.now
        ) { _, _ in nil }
        #expect(resolved == 0)
    }

    @Test func `a receipt before the acknowledgement leaves the attempt to its outcome`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.claim().first)
        try await self.receive(message, at: 1)
        #expect(try await self.test.message(message.id)?.status == .processing)
        try await self.test.settle(message, .sent(at: self.now + .seconds(2)))
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.sentAt, view.deliveredAt) == (.sent, self.now + .seconds(2), self.now + .seconds(1)))
    }

    @Test func `a receipt never revives what is final`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.failed(.rejected, error: "No")))
        try await self.receive(message, at: 1)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.deliveredAt) == (.failed, self.now + .seconds(1)))
        #expect(try await self.test.batch(1)?.failed == 1)
    }

    @Test func `a receipt for an unknown id changes nothing`() async throws {
        try await self.test.add(1)
        _ = try await self.test.claim()
        let before = try await self.test.content()
        try await self.test.queue.recordReceipt(
            for: WireMessageID(rawValue: "other"), deliveredAt: self.now, readAt: nil)
        #expect(try await self.test.content() == before)
    }
}
