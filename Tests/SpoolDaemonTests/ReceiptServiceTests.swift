import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct ReceiptServiceTests {
    @Test func `receipts are stored and never change the status of a sent message`() async throws {
        let fixture = try await DaemonFixture()
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.receipts(), fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            try await fixture.stored()
            fixture.transport.tell(.delivered(send.id, at: TestTime.noon + .seconds(2)))
            try await fixture.stored()
            #expect(try await fixture.message(id).deliveredAt == TestTime.noon + .seconds(2))
            fixture.transport.tell(.read(send.id, at: TestTime.noon + .seconds(9)))
            try await fixture.stored()
        }
        let message = try await fixture.message(id)
        #expect(message.status == .sent)
        #expect(message.sentAt == TestTime.noon)
        #expect(message.deliveredAt == TestTime.noon + .seconds(2))
        #expect(message.readAt == TestTime.noon + .seconds(9))
    }

    @Test func `a receipt nobody waits for is no trouble`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.receipts()) { _ in
            fixture.transport.tell(.read(WireMessageID(rawValue: "3EB0FF"), at: TestTime.noon))
            try await fixture.stored()
        }
        #expect(fixture.log.errors.isEmpty)
    }

    @Test func `a lost device may not send until it says that it is back`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let bell = try #require(fixture.wakeUps.devices[.first])
        try await running(fixture.receipts()) { _ in
            fixture.transport.tell(.lost(.first, detail: "logged out"))
            try await fixture.log.wait(for: "disconnected: logged out")
            #expect(await fixture.board.admission(of: .first, at: fixture.time.now) == nil)
            #expect(await fixture.board.admission(of: .second, at: fixture.time.now) == .now(upTo: 64))
            #expect(await fixture.board.drainedAt(.first) == nil)
            fixture.time.advance(by: .seconds(30))
            fixture.transport.tell(.drained(.first))
            try await waiting(for: "the bell of the device") { await bell.wait() }
            #expect(await fixture.board.admission(of: .first, at: fixture.time.now) == .now(upTo: 64))
            #expect(await fixture.board.drainedAt(.first) == TestTime.noon + .seconds(30))
        }
    }

    @Test func `a receipt that cannot be stored stops no other`() async throws {
        let fixture = try await DaemonFixture()
        try await fixture.database.execute(
            """
            CREATE TRIGGER broken BEFORE UPDATE OF deliveredAt ON message BEGIN SELECT RAISE(ABORT, 'broken'); END
            """)
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.receipts(), fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            try await fixture.stored()
            fixture.transport.tell(.delivered(send.id, at: TestTime.noon))
            try await fixture.log.wait(for: "a receipt cannot be stored")
            try await fixture.database.execute("DROP TRIGGER broken")
            fixture.transport.tell(.delivered(send.id, at: TestTime.noon + .seconds(1)))
            try await fixture.stored()
        }
        #expect(try await fixture.message(id).deliveredAt == TestTime.noon + .seconds(1))
    }
}
