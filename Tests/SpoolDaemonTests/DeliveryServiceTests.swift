import Foundation
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct DeliveryServiceTests {
    private static let fiveMinutes = Duration.seconds(300)

    @Test func `a due message is sent under the wire id that was stored before`() async throws {
        let fixture = try await DaemonFixture { _ in .held }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            #expect(
                send.message
                    == OutgoingMessage(
                        queueID: id, wireID: send.id, device: .first, recipient: .phone("155501010001"),
                        text: "Text 1", attempt: 1))
            let inFlight = try await fixture.message(id)
            #expect(inFlight.status == .processing)
            #expect(inFlight.wireID == send.id)
            fixture.time.advance(by: .seconds(1))
            fixture.transport.answer(id, .acknowledged)
            try await fixture.stored()
            let sent = try await fixture.message(id)
            #expect(sent.status == .sent)
            #expect(sent.sentAt == TestTime.noon + .seconds(1))
            #expect(sent.wireID == send.id)
        }
    }

    @Test func `a message that comes later is sent when the bell rings`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.delivery()) { _ in
            try await fixture.time.idle()
            let ids = try await fixture.add([request(1)])
            fixture.wakeUps.ringDelivery()
            #expect(try await fixture.transport.nextSend().message.queueID == ids.first)
        }
    }

    // MARK: When

    @Test(arguments: 1...5)
    func `between two messages lies the random gap, and no send comes before its end`(seed: UInt64) async throws {
        let fixture = try await DaemonFixture(
            pacing: PacingPolicy(hourly: nil, daily: nil, restAfter: nil), seed: seed)
        try await fixture.add((1...8).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(140), by: .milliseconds(500))
        }
        let times = fixture.transport.sends.map(\.at)
        try #require(times.count == 8)
        let gaps = zip(times.dropFirst(), times).map { $0.timeIntervalSince($1) }
        #expect(gaps.allSatisfy { (5...20.5).contains($0) }, "\(gaps)")
        #expect(Set(gaps).count > 3, "\(gaps)")
    }

    @Test func `the hourly cap slides`() async throws {
        var pacing = PacingPolicy.none
        pacing.hourly = 3
        let fixture = try await DaemonFixture(pacing: pacing)
        try await fixture.add((1...5).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(3599), by: .seconds(60))
            #expect(fixture.transport.sends.count == 3)
            try await fixture.time.pass(.seconds(1), by: .seconds(1))
            #expect(fixture.transport.sends.count == 5)
        }
    }

    @Test func `the daily cap holds what the hourly one would let go`() async throws {
        var pacing = PacingPolicy.none
        pacing.hourly = 2
        pacing.daily = 3
        let fixture = try await DaemonFixture(pacing: pacing)
        try await fixture.add((1...5).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(24 * 3600 - 1), by: .seconds(600))
            #expect(fixture.transport.sends.count == 3)
            try await fixture.time.pass(.seconds(1), by: .seconds(1))
            #expect(fixture.transport.sends.count == 5)
        }
    }

    @Test func `after a run the device rests`() async throws {
        var pacing = PacingPolicy.none
        pacing.restAfter = 2
        let fixture = try await DaemonFixture(pacing: pacing)
        try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(360), by: .seconds(1))
        }
        let times = fixture.transport.sends.map(\.at)
        try #require(times.count == 3)
        #expect(times[0] == times[1])
        #expect((240...360).contains(times[2].timeIntervalSince(times[1])))
    }

    @Test func `a message with sendAt waits for its moment`() async throws {
        let fixture = try await DaemonFixture()
        let moment = TestTime.noon + .seconds(90)
        try await fixture.add([request(1, sendAt: moment)])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.milliseconds(89_999), by: .seconds(10))
            #expect(fixture.transport.sends.isEmpty)
            fixture.time.advance(by: .milliseconds(1))
            #expect(try await fixture.transport.nextSend().at == moment)
        }
    }

    // MARK: Which

    @Test func `high goes before normal before low`() async throws {
        let fixture = try await DaemonFixture()
        let ids = try await fixture.add([
            request(1, priority: .low), request(2), request(3, priority: .high), request(4, priority: .low), request(5),
        ])
        try await running(fixture.delivery()) { _ in try await fixture.time.idle() }
        #expect(fixture.transport.sends.map(\.message.queueID) == [ids[2], ids[1], ids[4], ids[0], ids[3]])
    }

    @Test func `a pinned message goes by its device only, and two devices share the rest`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let pinned = try await fixture.add((1...3).map { request($0, device: .second) })
        try await fixture.add((4...9).map { request($0) }, as: 2)
        try await running(fixture.delivery()) { _ in try await fixture.time.idle(2) }
        let sends = fixture.transport.sends
        #expect(Set(sends.map(\.message.queueID)).count == 9)
        #expect(sends.count == 9)
        #expect(sends.filter { pinned.contains($0.message.queueID) }.allSatisfy { $0.message.device == .second })
    }

    // MARK: What became of it

    @Test func `a temporary error defers the message to the back-off's time, under the same wire id`() async throws {
        let fixture = try await DaemonFixture { message in
            message.attempt < 3 ? .failed(.temporary(code: "503", detail: "the server is busy")) : .acknowledged
        }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in
            try await fixture.stored()
            let deferred = try await fixture.message(id)
            #expect(deferred.status == .pending)
            #expect(deferred.reason == "deferred: the server is busy")
            let first = try #require(deferred.notBefore).timeIntervalSince(TestTime.noon)
            #expect((300...330).contains(first), "\(first)")
            try await fixture.time.pass(.seconds(299), by: .seconds(20))
            #expect(fixture.transport.sends.count == 1)
            try await fixture.time.pass(.seconds(31), by: .seconds(1))
            #expect(fixture.transport.sends.count == 2)
            let second = try #require(try await fixture.message(id).notBefore)
            let gap = second.timeIntervalSince(try #require(fixture.transport.sends.last).at)
            #expect((600...660).contains(gap), "\(gap)")
            try await fixture.time.pass(.seconds(661), by: .seconds(30))
        }
        #expect(try await fixture.message(id).status == .sent)
        #expect(Set(fixture.transport.sends.map(\.id)).count == 1)
        #expect(fixture.transport.sends.map(\.message.attempt) == [1, 2, 3])
        #expect(try await fixture.outcomes(id) == ["deferred", "deferred", "sent"])
    }

    @Test func `a message that would be tried too late has failed`() async throws {
        let fixture = try await DaemonFixture { _ in .failed(.temporary(code: "503", detail: "the server is busy")) }
        let id = try #require(try await fixture.add([request(1)]).first)
        let backOff = BackOff(first: Self.fiveMinutes, maximum: nil, giveUpAfter: .seconds(900))
        try await running(fixture.delivery(backOff)) { _ in
            try await fixture.time.pass(.seconds(331), by: .seconds(10))
        }
        let failed = try await fixture.message(id)
        #expect(failed.status == .failed)
        #expect(failed.errorCode == "ATTEMPTS_EXHAUSTED")
        #expect(failed.error == "Given up after 2 attempts; the last: the server is busy")
    }

    @Test func `a permanent error fails the message and no other`() async throws {
        let fixture = try await DaemonFixture { message in
            message.text == "Text 2"
                ? .failed(.permanent(.notOnWhatsApp, detail: "The number is not on WhatsApp")) : .acknowledged
        }
        let ids = try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { _ in try await fixture.time.idle() }
        #expect(try await fixture.states(ids) == [.sent, .failed, .sent])
        let failed = try await fixture.message(ids[1])
        #expect(failed.errorCode == "NOT_ON_WHATSAPP")
        #expect(failed.error == "The number is not on WhatsApp")
        #expect(fixture.transport.sends.count == 3)
    }

    @Test func `an attempt without an answer stays in processing and is not repeated here`() async throws {
        let fixture = try await DaemonFixture { _ in .failed(.outcomeUnknown(detail: "no answer in 75 s")) }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in
            try await fixture.stored()
            try await fixture.time.pass(.seconds(7200), by: .seconds(600))
        }
        let uncertain = try await fixture.message(id)
        #expect(uncertain.status == .processing)
        #expect(uncertain.reason == "uncertain: no answer in 75 s")
        #expect(fixture.transport.sends.count == 1)
    }

    // MARK: Shutdown and trouble

    @Test func `what is claimed together is sent in one call, 128 at most`() async throws {
        var pacing = PacingPolicy.none
        pacing.burst = 1000
        let fixture = try await DaemonFixture(pacing: pacing)
        let ids = try await fixture.add((1...300).map { request($0) })
        try await running(fixture.delivery()) { _ in try await fixture.time.idle() }
        let calls = Dictionary(grouping: fixture.transport.sends, by: \.call)
        #expect(calls.values.map(\.count).sorted() == [44, 128, 128])
        #expect(fixture.transport.sends.map(\.message.queueID) == ids)
    }

    @Test func `the outcomes of a call are stored together`() async throws {
        let fixture = try await DaemonFixture { $0.text == "Text 3" ? .held : .acknowledged }
        let ids = try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { _ in
            for _ in ids { _ = try await fixture.transport.nextSend() }
            #expect(try await fixture.states(ids) == [.processing, .processing, .processing])
            fixture.transport.answer(ids[2], .failed(.permanent(.rejected, detail: "No")))
            try await fixture.stored()
            #expect(try await fixture.states(ids) == [.sent, .sent, .failed])
        }
    }

    @Test func `with a gap between messages every call has one`() async throws {
        let fixture = try await DaemonFixture(pacing: PacingPolicy(hourly: nil, daily: nil, restAfter: nil))
        try await fixture.add((1...4).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(80), by: .milliseconds(500))
        }
        #expect(fixture.transport.sends.map(\.call) == [1, 2, 3, 4])
    }

    @Test func `a shutdown lets the call in flight end, stores it, and begins no other`() async throws {
        var pacing = PacingPolicy.none
        pacing.burst = 2
        let fixture = try await DaemonFixture(pacing: pacing) { _ in .held }
        let ids = try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { group in
            _ = try await fixture.transport.nextSend()
            await group.triggerGracefulShutdown()
            #expect(try await fixture.message(ids[0]).status == .processing)
            fixture.transport.answer(ids[0], .acknowledged)
            _ = try await fixture.transport.nextSend()
            fixture.transport.answer(ids[1], .acknowledged)
        }
        #expect(try await fixture.states(ids) == [.sent, .sent, .pending])
        #expect(try await fixture.outcomes(ids[2]).isEmpty)
        #expect(fixture.transport.sends.count == 2)
        #expect(fixture.log.errors.isEmpty)
    }

    @Test func `a shutdown ends every wait at once`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        try await fixture.add([request(1, sendAt: TestTime.noon + .seconds(3600))])
        try await running(fixture.delivery()) { _ in try await fixture.time.idle(2) }
        #expect(fixture.transport.sends.isEmpty)
    }

    @Test func `an outcome that cannot be stored is stored again, not sent again`() async throws {
        let fixture = try await DaemonFixture { _ in .held }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in
            _ = try await fixture.transport.nextSend()
            try await fixture.refuseState(.sent)
            fixture.transport.answer(id, .acknowledged)
            for _ in 0..<3 {
                try await fixture.log.wait(for: "outcomes cannot be stored, trying again")
                try await fixture.time.idle()
                #expect(try await fixture.message(id).status == .processing)
                fixture.time.advance(by: .seconds(1))
            }
            try await fixture.time.idle()
            try await fixture.allowAllStates()
            fixture.time.advance(by: .seconds(1))
            try await fixture.stored()
        }
        #expect(try await fixture.message(id).status == .sent)
        #expect(fixture.transport.sends.count == 1)
    }

    @Test func `an outcome of a message that is not in processing costs only itself`() async throws {
        let fixture = try await DaemonFixture { _ in .held }
        let ids = try await fixture.add([request(1), request(2)])
        try await running(fixture.delivery()) { _ in
            _ = try await fixture.transport.nextSend()
            try await fixture.queue.settle(
                [SettledAttempt(message: ids[0], attempt: 1, settlement: .failed(.rejected, error: "by someone else"))],
                now: fixture.time.now)
            fixture.transport.answer(ids[0], .acknowledged)
            _ = try await fixture.transport.nextSend()
            fixture.transport.answer(ids[1], .acknowledged)
            try await fixture.stored()
        }
        #expect(try await fixture.states(ids) == [.failed, .sent])
        #expect(fixture.log.errors == ["the outcome of a message cannot be stored: it is not processing"])
    }

    @Test func `a claim that fails is tried again`() async throws {
        let fixture = try await DaemonFixture()
        try await fixture.add([request(1)])
        try await fixture.refuseState(.processing)
        try await running(fixture.delivery()) { _ in
            try await fixture.log.wait(for: "cannot claim messages, trying again")
            try await fixture.time.idle()
            #expect(fixture.transport.sends.isEmpty)
            try await fixture.allowAllStates()
            fixture.time.advance(by: .seconds(5))
            _ = try await fixture.transport.nextSend()
        }
    }
}
