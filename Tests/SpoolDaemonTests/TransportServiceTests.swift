import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct TransportServiceTests {
    private static let free = Admission.now(lanes: Set(Lane.allCases), upTo: 128)

    @Test func `receipts are stored when the transport's call returns, and never change a final status`() async throws {
        let fixture = try await DaemonFixture()
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.news(), fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            try await fixture.stored()
            fixture.time.wall.advance(by: .seconds(2))
            try await fixture.transport.tell(.delivered(send.id, at: fixture.time.now))
            #expect(try await fixture.message(id).deliveredAt == TestTime.noon + .seconds(2))
            fixture.time.wall.advance(by: .seconds(7))
            try await fixture.transport.tell(.read(send.id, at: fixture.time.now))
        }
        let message = try await fixture.message(id)
        #expect(message.status == .sent)
        #expect(message.sentAt == TestTime.noon)
        #expect(message.deliveredAt == TestTime.noon + .seconds(2))
        #expect(message.readAt == TestTime.noon + .seconds(9))
    }

    @Test func `receipts are passed on with who sent them, and no later than now`() async throws {
        let fixture = try await DaemonFixture()
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.news(), fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            try await fixture.stored()
            let later = TestTime.noon + .seconds(60)
            try await fixture.transport.tell(
                .delivered(send.id, by: "155501018888", at: later), .read(send.id, by: "155501018888", at: later))
            #expect(try await fixture.message(id).deliveredAt == nil)
            try await fixture.transport.tell(.delivered(send.id, by: "155501010001", at: later))
            #expect(try await fixture.message(id).deliveredAt == TestTime.noon)
        }
    }

    @Test func `a receipt rings for the result files`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news()) { _ in
            try await fixture.transport.tell(.read(WireMessageID(rawValue: "3EB0FF"), at: TestTime.noon))
            try await fixture.stored()
        }
        #expect(fixture.log.errors.isEmpty)
    }

    @Test func `receipts that cannot be stored are thrown back, with all of their call`() async throws {
        let fixture = try await DaemonFixture()
        let ids = try await fixture.add([request(1), request(2)])
        try await running(fixture.news(), fixture.delivery()) { _ in
            var receipts: [TransportEvent] = []
            for _ in ids { receipts.append(.delivered(try await fixture.transport.nextSend().id, at: TestTime.noon)) }
            try await fixture.stored()
            try await fixture.database.execute(
                """
                CREATE TRIGGER broken BEFORE UPDATE OF deliveredAt ON message WHEN NEW.id = \(ids[1]) BEGIN
                    SELECT RAISE(ABORT, 'broken');
                END
                """)
            await #expect(throws: QueueError.self) { try await fixture.transport.tell(receipts[0], receipts[1]) }
            #expect(fixture.log.errors.count == 1)
            #expect(try await fixture.message(ids[0]).deliveredAt == nil)
            try await fixture.allowAllStates()
            try await fixture.transport.tell(receipts[0], receipts[1])
        }
        for id in ids { #expect(try await fixture.message(id).deliveredAt == TestTime.noon) }
    }

    @Test func `a device that goes away may not send until it is back`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        try await running(fixture.news()) { _ in
            try await fixture.transport.change(.first, to: .unlinked, "logged out")
            #expect(fixture.log.lines.first == LogBook.Line(level: .warning, message: "unlinked: logged out"))
            #expect(await fixture.board.admission(of: .first, at: fixture.time.now) == nil)
            #expect(await fixture.board.admission(of: .second, at: fixture.time.now) == Self.free)
            #expect(await fixture.board.drainedAt(.first) == nil)
            fixture.time.advance(by: .seconds(30))
            try await fixture.transport.change(.first, to: .connected)
            #expect(await fixture.board.admission(of: .first, at: fixture.time.now) == Self.free)
            #expect(await fixture.board.drainedAt(.first) == TestTime.noon + .seconds(30))
        }
        #expect(
            fixture.log.lines.map(\.message) == ["unlinked: logged out", "alarm: device dev1: logged out", "connected"])
    }

    @Test func `a device that is told twice to be connected keeps the time of its news`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news()) { _ in
            fixture.time.advance(by: .seconds(30))
            let same = TransportDevice(id: .first, number: "15550199", status: .connected, connectedAt: TestTime.noon)
            try await fixture.transport.tell(.changed(same))
        }
        #expect(await fixture.board.drainedAt(.first) == TestTime.noon)
        #expect(await fixture.board.device(.first)?.number == "15550199")
        #expect(fixture.log.lines.isEmpty)
    }

    @Test func `what people write is noted without text and number`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news()) { _ in
            let text = IncomingText(device: .first, number: "15550123", text: "Where is my order?", at: TestTime.noon)
            try await fixture.transport.tell(.text(text))
        }
        #expect(fixture.log.lines == [LogBook.Line(level: .info, message: "somebody wrote to this device")])
    }

    @Test func `a new device waits until its sends of the last day can be read`() async throws {
        let fixture = try await DaemonFixture(devices: [])
        try await fixture.database.execute("ALTER TABLE attempt RENAME TO hidden")
        try await running(fixture.news()) { _ in
            let told = Task { try await fixture.transport.change(.first, to: .connected) }
            try await fixture.log.wait(for: "a device has to wait")
            try await fixture.time.idle()
            #expect(await fixture.board.ids.isEmpty)
            try await fixture.database.execute("ALTER TABLE hidden RENAME TO attempt")
            fixture.time.advance(by: .seconds(1))
            try await told.value
            #expect(await fixture.board.ids == [.first])
        }
    }

    @Test func `the transport runs until the deliveries have ended`() async throws {
        let fixture = try await DaemonFixture { _ in .held }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.news(), fixture.delivery()) { group in
            let send = try await fixture.transport.nextSend()
            await group.triggerGracefulShutdown()
            // Still there to hear the receipt that comes before the answer.
            try await fixture.transport.tell(.delivered(send.id, at: TestTime.noon))
            fixture.transport.answer(id, .acknowledged)
        }
        let message = try await fixture.message(id)
        #expect((message.status, message.deliveredAt) == (.sent, TestTime.noon))
    }

    @Test func `the scripted transport keeps the promises of a transport`() async throws {
        let transport = FakeTransport(devices: [.first], wallClock: TestTime().wall) { message in
            message.recipient == .phone("15550102") ? .failed(.permanent(.rejected, detail: "No")) : .acknowledged
        }
        let conformance = MessageTransportConformance(
            transport,
            .init(
                device: .first, takers: [.phone("15550101"), .phone("15550103")], refuser: .phone("15550102"),
                provoke: { try await transport.change(.first, to: .disconnected, "gone") },
                expected: { if case .changed(let device) = $0 { device.status == .disconnected } else { false } },
                letTimePass: {}))
        try await conformance.checkSends()
        try await conformance.checkRun()
    }
}
