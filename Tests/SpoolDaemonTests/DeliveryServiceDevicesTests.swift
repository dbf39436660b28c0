import Dispatch
import Foundation
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolDaemon

struct DeliveryServiceDevicesTests {
    // MARK: Devices that cannot send

    @Test func `a device that is lost in a burst gives back what it had not begun, and goes on later`() async throws {
        let fixture = try await DaemonFixture { message in
            message.text == "Text 2" && message.attempt == 1
                ? .failed(.sessionLost(detail: "the connection broke")) : .acknowledged
        }
        let ids = try await fixture.add((1...5).map { request($0) })
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.stored()
            try await fixture.transport.change(.first, to: .disconnected, "the connection broke")
            try await fixture.time.pass(.seconds(120), by: .seconds(60))
            #expect(try await fixture.states(ids) == [.sent, .pending, .pending, .pending, .pending])
            #expect(fixture.transport.sends.count == 2)
            let lost = try await fixture.message(ids[1])
            #expect(lost.reason == "waits for a device: the connection broke")
            let wireID = try #require(try await fixture.message(ids[4]).wireID)
            try await fixture.transport.change(.first, to: .connected)
            for _ in 0..<6 { _ = try await fixture.transport.nextSend() }
            #expect(fixture.transport.sends.first { $0.message.queueID == ids[4] }?.id == wireID)
        }
        #expect(try await fixture.states(ids) == [.sent, .sent, .sent, .sent, .sent])
        #expect(try await fixture.outcomes(ids[4]) == ["returned", "sent"])
    }

    @Test func `what was claimed for a device that is gone by then goes back, and nothing is sent`() async throws {
        let hook = Hook()
        let fixture = try await DaemonFixture()
        fixture.transport.setOnMessageID { hook.run() }
        let ids = try await fixture.add((1...3).map { request($0) })
        hook.set { [board = fixture.board] in
            let lost = TransportDevice(id: .first, number: nil, status: .disconnected, detail: "the connection broke")
            _ = await board.update(lost, at: TestTime.noon)
        }
        try await running(fixture.delivery()) { _ in
            try await fixture.stored()
            try await fixture.time.idle()
        }
        #expect(try await fixture.states(ids) == [.pending, .pending, .pending])
        #expect(try await fixture.outcomes(ids[2]) == ["returned"])
        #expect(fixture.transport.sends.isEmpty)
    }

    @Test func `a device found away is left alone, each time for longer, until the transport says how it is`()
        async throws
    {
        let fixture = try await DaemonFixture { _ in .failed(.sessionLost(detail: "the connection broke")) }
        try await fixture.add([request(1)])
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(8), by: .milliseconds(500))
            let times = fixture.transport.sends.map { $0.at.timeIntervalSince(TestTime.noon) }
            #expect(times == [0, 1, 3, 7])
            try await fixture.transport.change(.first, to: .connected)
            for _ in 0..<5 { _ = try await fixture.transport.nextSend() }
        }
    }

    @Test func `attempts that were given back do not lengthen the back-off`() async throws {
        let fixture = try await DaemonFixture { message in
            message.attempt <= 3
                ? .failed(.sessionLost(detail: "the connection broke"))
                : .failed(.temporary(code: "503", detail: "the server is busy"))
        }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.news(), fixture.delivery()) { _ in
            for _ in 1...3 {
                try await fixture.stored()
                try await fixture.transport.change(.first, to: .connected)
            }
            try await fixture.stored()
            let wait = try #require(try await fixture.message(id).notBefore).timeIntervalSince(fixture.time.now)
            #expect((300...330).contains(wait), "\(wait)")
        }
    }

    // MARK: Devices that come and go

    @Test func `a device that comes later sends too, paced by what it has sent before`() async throws {
        var pacing = PacingPolicy.none
        pacing.hourly = 2
        let fixture = try await DaemonFixture(devices: [], pacing: pacing)
        let ids = try await fixture.add((1...3).map { request($0) })
        let earlier = try await fixture.queue.claim(
            upTo: 1, for: .second, lease: DeliveryService.lease, now: TestTime.noon - .seconds(600)
        ) { WireMessageID(rawValue: "3EB0") }
        try await fixture.queue.settle(
            earlier.map { .init(message: $0.id, attempt: 1, settlement: .sent(at: TestTime.noon)) }, now: TestTime.noon)
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.transport.change(.second, to: .connected)
            #expect(try await fixture.transport.nextSend().message.queueID == ids[1])
            try await fixture.time.idle()
            #expect(try await fixture.states(ids) == [.sent, .sent, .pending])
        }
    }

    @Test func `a device that is removed sends no more, and one of its name begins anew`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.time.idle()
            try await fixture.transport.tell(.removed(.first))
            try await eventually("the loop of the device to end") { fixture.time.clock.sleeperCount == 0 }
            let ids = try await fixture.add([request(1)])
            fixture.wakeUps.ringDelivery()
            let back = TransportDevice(id: .first, number: nil, status: .disconnected)
            try await fixture.transport.tell(.changed(back))
            try await fixture.time.idle()
            #expect(fixture.transport.sends.isEmpty)
            try await fixture.transport.change(.first, to: .connected)
            #expect(try await fixture.transport.nextSend().message.queueID == ids.first)
        }
    }

    @Test func `a device that is made to stand still ends its call first and begins none`() async throws {
        var pacing = PacingPolicy.none
        pacing.burst = 1
        let fixture = try await DaemonFixture(devices: [.first, .second], pacing: pacing) { _ in .held }
        let ids = try await fixture.add((1...2).map { request($0, device: .first) })
        try await running(fixture.delivery()) { _ in
            _ = try await fixture.transport.nextSend()
            await fixture.board.suspend(.second)
            let suspended = Task { await fixture.board.suspend(.first) }
            try await fixture.time.idle()
            fixture.transport.answer(ids[0], .acknowledged)
            await suspended.value
            #expect(try await fixture.states(ids) == [.sent, .pending])
            try await fixture.time.idle(2)
            #expect(fixture.transport.sends.count == 1)
            await fixture.board.resume(.first)
            fixture.wakeUps.ringDelivery()
            #expect(try await fixture.transport.nextSend().message.queueID == ids[1])
            fixture.transport.answer(ids[1], .acknowledged)
        }
    }
}

/// Does something in the middle of a claim, once, and lets the claim go on when it is done.
private final class Hook: Sendable {
    private let work = Mutex<(@Sendable () async -> Void)?>(nil)

    func set(_ work: @escaping @Sendable () async -> Void) {
        self.work.withLock { $0 = work }
    }

    func run() {
        guard let work = self.work.withLock({ $0.take() }) else { return }
        let done = DispatchSemaphore(value: 0)
        Task {
            await work()
            done.signal()
        }
        done.wait()
    }
}
