import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppClient

@testable import WhatsAppTransport

struct EventFunnelTests {
    static let device = DeviceID(rawValue: "first")
    static let other = DeviceID(rawValue: "second")

    private static func status(_ status: DeviceStatus, of device: DeviceID = Self.device) -> TransportEvent {
        .changed(TransportDevice(id: device, number: nil, status: status))
    }

    private static func delivered(_ id: String) -> TransportEvent {
        .delivered(WireMessageID(rawValue: id), at: Date(timeIntervalSince1970: 1))
    }

    private static func run(_ test: (EventFunnel, News, TestClock) async throws -> Void) async throws {
        let (news, clock) = (News(), TestClock())
        let funnel = EventFunnel(time: SessionTime(clock: clock, date: { Date() }), logger: .silent)
        let run = Task { await funnel.run { try await news.hear($0) } }
        defer { news.release() }
        do {
            try await test(funnel, news, clock)
        } catch {
            await funnel.close()
            throw error
        }
        await funnel.close()
        news.release()
        await run.value
    }

    @Test func `what comes while something is being stored goes together, in its order`() async throws {
        try await Self.run { funnel, news, _ in
            news.hold()
            async let first: Void = funnel.tell([Self.delivered("1"), Self.delivered("2")])
            try await eventually("the first call") { news.heldCount == 1 }
            async let second: Void = funnel.tell([Self.delivered("3")])
            try await eventually("the second to wait") { await funnel.waitingCount == 1 }
            await funnel.post(Self.status(.connected), of: Self.device)
            async let third: Void = funnel.tell([Self.delivered("4")])
            try await eventually("the third to wait") { await funnel.waitingCount == 3 }
            news.release()
            _ = try await (first, second, third)
            #expect(
                news.calls == [
                    [Self.delivered("1"), Self.delivered("2")],
                    [Self.delivered("3"), Self.status(.connected), Self.delivered("4")],
                ])
        }
    }

    @Test func `of each device only the latest status is told`() async throws {
        try await Self.run { funnel, news, _ in
            news.hold()
            async let first: Void = funnel.tell([Self.delivered("1")])
            try await eventually("the first call") { news.heldCount == 1 }
            for _ in 0..<1000 {
                await funnel.post(Self.status(.disconnected), of: Self.device)
                await funnel.post(Self.status(.banned, of: Self.other), of: Self.other)
            }
            await funnel.post(.removed(Self.device), of: Self.device)
            #expect(await funnel.waitingCount == 2)
            news.release()
            try await first
            try await eventually("the statuses") { news.calls.count == 2 }
            #expect(news.calls[1] == [Self.status(.banned, of: Self.other), .removed(Self.device)])
        }
    }

    @Test func `a status that was overtaken on its way is not told`() async throws {
        try await Self.run { funnel, news, _ in
            let old = funnel.nextTurn()
            await funnel.post(.removed(Self.device), of: Self.device)
            await funnel.post(Self.status(.connected), of: Self.device, turn: old)
            // Another device's, and the next one's of the same name.
            await funnel.post(Self.status(.connected, of: Self.other), of: Self.other, turn: old)
            try await funnel.tell([Self.delivered("1")])
            let all = news.all.filter { $0 != Self.delivered("1") }
            #expect(all == [.removed(Self.device), Self.status(.connected, of: Self.other)])
            await funnel.post(Self.status(.disconnected), of: Self.device, turn: funnel.nextTurn())
            try await eventually("the next one's") { news.all.last == Self.status(.disconnected) }
        }
    }

    @Test func `news that could not be stored is thrown back, a status is told again after a pause`() async throws {
        try await Self.run { funnel, news, clock in
            news.failNext(2)
            await funnel.post(Self.status(.connected), of: Self.device)
            await clock.sleepers(atLeast: 1)
            clock.advance(by: .seconds(1))
            await clock.sleepers(atLeast: 1)
            async let told: Void = funnel.tell([Self.delivered("1")])
            try await eventually("it to wait") { await funnel.waitingCount == 2 }
            clock.advance(by: .seconds(1))
            try await told
            #expect(news.calls == [[Self.status(.connected), Self.delivered("1")]])

            news.failNext(1)
            await #expect(throws: StoreFailed.self) { try await funnel.tell([Self.delivered("2")]) }
        }
    }

    @Test func `a funnel that is closed takes nothing, also while it rests`() async throws {
        try await Self.run { funnel, news, clock in
            news.failNext(1)
            await #expect(throws: StoreFailed.self) { try await funnel.tell([Self.delivered("1")]) }
            await clock.sleepers(atLeast: 1)
            let told = Task { try await funnel.tell([Self.delivered("2")]) }
            try await eventually("it to wait") { await funnel.waitingCount == 1 }
            await funnel.close()
            await #expect(throws: CancellationError.self) { try await told.value }
            await #expect(throws: CancellationError.self) { try await funnel.tell([Self.delivered("3")]) }
            await funnel.post(Self.status(.connected), of: Self.device)
            #expect(news.calls.isEmpty)
        }
    }
}
