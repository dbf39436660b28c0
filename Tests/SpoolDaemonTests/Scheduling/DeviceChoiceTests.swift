import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// Which device sends what no device owns, and in which order.
struct DeviceChoiceTests {
    private static func policy(hourly: Int?) -> SchedulerPolicy {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.hourly = hourly
        policy.pacing.burst = 1
        return policy
    }

    @Test func `the device with most room left sends, and the other when that one has less`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second], policy: Self.policy(hourly: 4))
        try await fixture.add([request(1, device: .first), request(2, device: .first)])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.idle(2)
            for index in 3...8 {
                try await fixture.add([request(index)], as: Int64(index))
                fixture.wakeUps.ringDelivery()
                _ = try await fixture.transport.nextSend()
                try await fixture.time.idle(2)
            }
        }
        let devices = fixture.transport.sends.map(\.message.device.rawValue)
        #expect(devices == ["dev1", "dev1", "dev2", "dev2", "dev1", "dev2", "dev1", "dev2"])
    }

    @Test func `a device that a person holds keeps nothing from another`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second], policy: Self.policy(hourly: nil))
        try await fixture.queue.hold(.device(.first), now: fixture.time.now)
        let ids = try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { _ in
            for _ in ids {
                let send = try await fixture.transport.nextSend()
                #expect(send.message.device == .second)
            }
        }
    }

    @Test func `a device whose strangers wait leaves them to another, and takes back what is its own`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second], policy: Self.policy(hourly: nil))
        try await running(fixture.news(), fixture.delivery()) { _ in
            let lock = ServerSignal.reachOutTimeLock(until: TestTime.noon + .seconds(86400))
            try await fixture.transport.tell(.signal(.first, lock))
            try await fixture.queue.recordInbound(
                from: "155501010009", to: .first, at: fixture.time.now, now: fixture.time.now)
            try await fixture.add((1...3).map { request($0) } + [request(9)])
            fixture.wakeUps.ringDelivery()
            for _ in 1...4 { _ = try await fixture.transport.nextSend() }
        }
        let sends = fixture.transport.sends.map(\.message)
        #expect(sends.filter { $0.recipient == .phone("155501010009") }.map(\.device) == [.first])
        #expect(sends.filter { $0.device == .second }.count == 3)
    }

    @Test func `a recipient stays with the device that has written to them`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second], policy: Self.policy(hourly: nil))
        try await fixture.add([request(1, device: .second)])
        try await running(fixture.delivery()) { _ in
            _ = try await fixture.transport.nextSend()
            try await fixture.stored()
            try await fixture.add([request(1), request(1), request(1)], as: 2)
            fixture.wakeUps.ringDelivery()
            for _ in 1...3 { #expect(try await fixture.transport.nextSend().message.device == .second) }
        }
    }

    @Test func `of 21 messages 16 are high, 4 normal and 1 low`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy(hourly: 21))
        let priorities: [Priority] = [.low, .normal, .high]
        try await fixture.add((1...63).map { request($0, priority: priorities[$0 % 3]) })
        try await running(fixture.delivery()) { _ in try await fixture.time.idle() }
        var counts: [Priority: Int] = [:]
        for send in fixture.transport.sends {
            counts[try await fixture.message(send.message.queueID).priority, default: 0] += 1
        }
        #expect(counts.values.reduce(0, +) == 21)
        #expect((15...17).contains(counts[.high] ?? 0), "\(counts)")
        #expect((3...5).contains(counts[.normal] ?? 0), "\(counts)")
        #expect((1...2).contains(counts[.low] ?? 0), "\(counts)")
    }

    @Test func `a long backlog is spread over the hour`() async throws {
        var policy = Self.policy(hourly: 60)
        policy.spreading = true
        let fixture = try await DaemonFixture(policy: policy)
        try await fixture.add((1...200).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(600), by: .seconds(5))
        }
        let times = fixture.transport.sends.map(\.at)
        #expect((8...13).contains(times.count), "\(times.count)")
        let gaps = zip(times.dropFirst(), times).map { $0.timeIntervalSince($1) }
        #expect(gaps.allSatisfy { (42...83).contains($0) }, "\(gaps)")
    }
}
