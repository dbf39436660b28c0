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
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: message.wireID, deliveredAt: moment, readAt: isRead ? moment : nil)], now: moment)
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
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: WireMessageID(rawValue: "other"), deliveredAt: self.now)], now: self.now)
        #expect(try await self.test.content() == before)
    }

    @Test func `receipts that come together are stored together or not at all`() async throws {
        try await self.test.add(3)
        var messages: [ClaimedMessage] = []
        for _ in 0..<3 { messages.append(try #require(try await self.test.process(.sent(at: self.now)))) }
        let receipts = messages.map { Receipt(wireID: $0.wireID, deliveredAt: self.now + .seconds(1)) }
        try await self.test.execute(
            """
            CREATE TRIGGER broken BEFORE UPDATE OF deliveredAt ON message WHEN NEW.id = \(messages[1].id) BEGIN
                SELECT RAISE(ABORT, 'broken');
            END
            """)
        let before = try await self.test.content()
        let later = self.now + .seconds(1)
        await #expect(throws: QueueError.self) { try await self.test.queue.recordReceipts(receipts, now: later) }
        #expect(try await self.test.content() == before)
        try await self.test.execute("DROP TRIGGER broken")
        try await self.test.queue.recordReceipts(receipts, now: later)
        #expect(try await self.test.count("SELECT count(*) FROM message WHERE deliveredAt IS NOT NULL") == 3)
    }

    @Test func `a network whose clock is ahead puts no end into the future`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        let (ahead, heard) = (self.now + .seconds(86400), self.now + .seconds(20))
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: message.wireID, deliveredAt: ahead, readAt: ahead)], now: heard)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.sentAt, view.finishedAt) == (.sent, heard, heard))
        #expect((view.deliveredAt, view.readAt) == (heard, heard))
        #expect(try await self.test.batch(1)?.settledAt == heard)
    }

    @Test func `a receipt that tells late of an early delivery ends the message when it is heard`() async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        let heard = self.now + .seconds(3600)
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: message.wireID, deliveredAt: self.now + .seconds(5))], now: heard)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.deliveredAt, view.finishedAt) == (self.now + .seconds(5), heard))
    }

    // MARK: From whom

    private static let brazil = "5511987650101"

    @Test(arguments: [
        ("155501019999", "155501019999", true), ("155501019999", nil, true), ("155501019999", "155501018888", false),
        (Self.brazil, "551187650101", true), ("1203630@g.us", "155501018888", true),
    ])
    func `a receipt counts only from the recipient, when its number is known`(
        recipient: String, sender: String?, counts: Bool
    ) async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        try await self.test.execute("UPDATE message SET number = '\(recipient)'")
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: message.wireID, number: sender, deliveredAt: self.now)], now: self.now)
        let view = try #require(try await self.test.message(message.id))
        #expect(view.status == (counts ? .sent : .processing))
        #expect(view.deliveredAt == (counts ? self.now : nil))
    }

    // MARK: Late ones

    private func resolve(_ policy: UncertainPolicy) async throws {
        let (now, later) = (self.now, self.now + .seconds(60))
        let settled = try await self.test.queue.resolveUncertain(
            of: .first, since: later, policy: policy, now: later
        ) { _, _ in now + .seconds(360) }
        #expect(settled == 1)
    }

    @Test(arguments: [UncertainPolicy.resend, .hold])
    func `a late receipt settles what waits because it was uncertain`(policy: UncertainPolicy) async throws {
        try await self.test.add(2)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        try await self.resolve(policy)
        try await self.receive(message, at: 90)
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.reason, view.notBefore) == (.sent, nil, nil))
        #expect((view.sentAt, view.deliveredAt) == (self.now + .seconds(90), self.now + .seconds(90)))
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.pending, batch.sent, batch.held) == (1, 1, 0))
        #expect(try await self.test.claim(10, now: self.now + .seconds(999)).map(\.id) != [message.id])
    }

    @Test func `a receipt for a message that was only deferred leaves it pending`() async throws {
        try await self.test.add(1)
        let message = try #require(
            try await self.test.process(.deferred(until: self.now, code: "503", reason: "Busy")))
        try await self.receive(message, at: 5)
        #expect(try await self.test.message(message.id)?.status == .pending)
    }

    private static let unsent: [Settlement] = [
        .deferred(until: TestQueue.noon, code: "503", reason: "Busy"), .failed(.rejected, error: "No"),
        .uncertain(detail: "No answer"), .returned(reason: "The device is gone"),
    ]

    @Test(arguments: Self.unsent)
    func `a receipt while it is sent again counts more than the new attempt's outcome`(
        settlement: Settlement
    ) async throws {
        try await self.test.add(1)
        let message = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        try await self.resolve(.resend)
        let again = try #require(try await self.test.claim(now: self.now + .seconds(360)).first)
        try await self.receive(message, at: 361)
        #expect(try await self.test.message(message.id)?.status == .processing)
        try await self.test.settle(again, settlement, now: self.now + .seconds(400))
        let view = try #require(try await self.test.message(message.id))
        #expect((view.status, view.reason, view.errorCode) == (.sent, nil, nil))
        #expect((view.sentAt, view.finishedAt) == (self.now + .seconds(361), self.now + .seconds(400)))
        #expect(try await self.test.batch(1)?.status == .settled)
        let outcomes = try await self.test.attempts(of: message.id).map(\.outcome)
        #expect(outcomes.first == "uncertain" && outcomes.count == 2 && outcomes.last != "sent")
    }

    @Test func `what has a receipt is not uncertain after a crash`() async throws {
        try await self.test.add(2)
        let claimed = try await self.test.claim(2)
        try await self.receive(claimed[0], at: 1)
        try await self.test.queue.rescueAbandonedClaims(now: self.now + .seconds(60))
        #expect(try await self.test.message(claimed[0].id)?.status == .sent)
        #expect(try await self.test.message(claimed[1].id)?.status == .processing)
        #expect(try await self.test.attempts(of: claimed[0].id).map(\.outcome) == ["uncertain"])
    }
}
