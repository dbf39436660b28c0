import Foundation
import SpoolCore
import SpoolHTTP
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// What people write to a device.
struct InboundTests {
    private static let number = "155501010001"

    private func write(_ text: String, from number: String? = number, _ fixture: DaemonFixture) async throws {
        try await fixture.transport.tell(
            .text(IncomingText(device: .first, number: number, text: text, at: fixture.time.now)))
    }

    /// A message that was sent, and two that wait, for the same person.
    private func written(_ fixture: DaemonFixture) async throws -> [QueueID] {
        let sent = try await fixture.add([request(1)])
        _ = try await fixture.transport.nextSend()
        try await fixture.stored()
        let later = TestTime.noon + .seconds(3600)
        let waiting = try await fixture.add(
            [request(1, sendAt: later), request(2, sendAt: later)], as: 2)
        return sent + waiting
    }

    @Test(arguments: ["STOP", "  stop! ", "SAIR", "توقف"])
    func `a stop word cancels what waits for that number and nothing else`(word: String) async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(), fixture.delivery()) { _ in
            let ids = try await self.written(fixture)
            try await self.write(word, fixture)
            #expect(try await fixture.states(ids) == [.sent, .cancelled, .pending])
            #expect(try await fixture.message(ids[1]).errorCode == "SUPPRESSED")
            let later = try await fixture.add([request(1)], as: 3)
            #expect(try await fixture.states(later) == [.failed])
        }
        #expect(fixture.transport.sends.count == 1)
    }

    @Test func `a start word takes the number off the list again`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(), fixture.delivery()) { _ in
            _ = try await self.written(fixture)
            try await self.write("stop", fixture)
            try await self.write("start", fixture)
            let later = try await fixture.add([request(1)], as: 3)
            fixture.wakeUps.ringDelivery()
            #expect(try await fixture.transport.nextSend().message.queueID == later.first)
        }
    }

    @Test func `conversation cancels nothing`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(), fixture.delivery()) { _ in
            let ids = try await self.written(fixture)
            try await self.write("please stop by tomorrow", fixture)
            try await self.write("stop", from: nil, fixture)
            #expect(try await fixture.states(ids) == [.sent, .pending, .pending])
        }
    }

    @Test func `a stop word is answered once, if that is wanted, and paced`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(confirmsOptOut: true), fixture.delivery()) { _ in
            _ = try await self.written(fixture)
            try await self.write("SAIR", fixture)
            let answer = try await fixture.transport.nextSend().message
            #expect(answer.recipient == .phone(Self.number))
            #expect(answer.text.hasPrefix("Você não receberá mais mensagens"))
            fixture.time.advance(by: .seconds(1))
            try await self.write("SAIR", fixture)
            try await fixture.time.idle()
        }
        #expect(fixture.transport.sends.count == 2)
        let view = try #require(await fixture.board.views(at: fixture.time.now, isDryRun: false).first)
        #expect(view.sentLastHour == 2)
    }

    @Test func `who writes is a stranger no more`() async throws {
        let fixture = try await DaemonFixture()
        let lock = ServerSignal.reachOutTimeLock(until: TestTime.noon + .seconds(86400))
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.transport.tell(.signal(.first, lock))
            let ids = try await fixture.add([request(1), request(2)])
            fixture.wakeUps.ringDelivery()
            try await fixture.time.idle()
            #expect(fixture.transport.sends.isEmpty)
            try await self.write("Where is my order?", fixture)
            #expect(try await fixture.transport.nextSend().message.queueID == ids[0])
            try await fixture.time.idle()
            #expect(try await fixture.states(ids) == [.sent, .pending])
        }
    }
}
