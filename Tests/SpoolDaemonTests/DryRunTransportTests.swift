import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct DryRunTransportTests {
    private let time = TestTime()

    private func transport(
        _ answers: [DryRunTransport.Answer] = [], devices: [DeviceID] = [.first], latency: Duration = .zero
    ) -> DryRunTransport {
        DryRunTransport(
            devices: devices, answers: answers, latency: latency, clock: self.time.clock, wallClock: self.time.wall,
            chance: Chance(SeededGenerator(seed: 7)))
    }

    private func message(_ number: String = "155501010001", attempt: Int = 1) -> OutgoingMessage {
        OutgoingMessage(
            queueID: QueueID(rawValue: 1), wireID: WireMessageID(rawValue: "3EB0"), device: .first,
            recipient: .phone(number), text: "Hello", attempt: attempt)
    }

    private func send(_ message: OutgoingMessage, by transport: DryRunTransport) async -> SendResult? {
        await transport.send([message]).first
    }

    @Test func `ids have the form of web clients and none comes twice`() {
        let transport = self.transport()
        let ids = (0..<2000).map { _ in transport.makeMessageID(for: .first).rawValue }
        #expect(Set(ids).count == 2000)
        #expect(
            ids.allSatisfy { id in
                id.hasPrefix("3EB0") && id.utf8.count == 22
                    && id.utf8.allSatisfy {
                        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                            || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0)
                    }
            })
        let digits = Set(ids.joined())
        #expect(digits.count == 16)
    }

    @Test func `every message is acknowledged at the current moment`() async {
        self.time.advance(by: .seconds(5))
        let answer = await self.send(self.message(), by: self.transport())
        #expect(answer == .success(Acknowledgement(at: TestTime.noon + .seconds(5))))
    }

    @Test(
        arguments: [
            .temporary(code: "503", detail: "busy"), .permanent(.rejected, detail: "refused"),
            .sessionLost(detail: "gone"), .outcomeUnknown(detail: "no answer"),
        ] as [TransportError])
    func `the recipients that match get the error, others do not`(error: TransportError) async {
        let transport = self.transport([
            DryRunTransport.Answer(error: error, times: nil) { $0.address.hasSuffix("02") }
        ])
        #expect(
            await self.send(self.message("155501010003"), by: transport)
                == .success(Acknowledgement(at: TestTime.noon)))
        #expect(await self.send(self.message("155501010002"), by: transport) == .failure(error))
        #expect(await self.send(self.message("155501010002", attempt: 50), by: transport) == .failure(error))
    }

    @Test func `an answer counts for its first attempts, then the next that matches`() async {
        let transport = self.transport([
            DryRunTransport.Answer(error: .temporary(code: "503", detail: "busy"), times: 2) { _ in true },
            DryRunTransport.Answer(error: .permanent(.rejected, detail: "refused"), times: 3) { _ in true },
        ])
        var answers: [SendResult?] = []
        for attempt in 1...4 { answers.append(await self.send(self.message(attempt: attempt), by: transport)) }
        #expect(
            answers == [
                .failure(.temporary(code: "503", detail: "busy")), .failure(.temporary(code: "503", detail: "busy")),
                .failure(.permanent(.rejected, detail: "refused")), .success(Acknowledgement(at: TestTime.noon)),
            ])
    }

    @Test func `a lost session is news, ends the call, and the device comes back after its absence`() async throws {
        let lost = TransportError.sessionLost(detail: "gone")
        let transport = self.transport(
            [DryRunTransport.Answer(error: lost, times: 1) { $0.address.hasSuffix("02") }], devices: [.first, .second])
        let (news, entry) = AsyncStream.makeStream(of: TransportEvent.self)
        let run = Task { await transport.run { for event in $0 { entry.yield(event) } } }
        defer { run.cancel() }
        var events = news.makeAsyncIterator()
        let messages = ["155501010001", "155501010002", "155501010003"].map { self.message($0) }
        #expect(
            await transport.send(messages) == [
                .success(Acknowledgement(at: TestTime.noon)), .failure(lost), .failure(lost),
            ])
        let away = TransportDevice(id: .first, number: nil, status: .disconnected, detail: "gone")
        #expect(await events.next() == .changed(away))
        #expect(await self.send(self.message(), by: transport) == .failure(lost))
        #expect(await transport.devices().map(\.isConnected) == [false, true])
        try await self.time.idle()
        self.time.advance(by: .milliseconds(4999))
        #expect(await transport.devices().map(\.isConnected) == [false, true])
        self.time.advance(by: .milliseconds(1))
        let back = TransportDevice(id: .first, number: nil, status: .connected, connectedAt: TestTime.noon)
        #expect(await events.next() == .changed(back))
        #expect(await transport.devices().map(\.isConnected) == [true, true])
    }

    @Test func `news that cannot be taken is told again`() async throws {
        struct Broken: Error {}
        let transport = self.transport([
            DryRunTransport.Answer(error: .sessionLost(detail: "gone"), times: nil) { _ in true }
        ])
        let (news, entry) = AsyncStream.makeStream(of: TransportEvent.self)
        let run = Task {
            await transport.run { events in
                for event in events { entry.yield(event) }
                throw Broken()
            }
        }
        var events = news.makeAsyncIterator()
        _ = await self.send(self.message(), by: transport)
        let first = await events.next()
        try await self.time.idle(2)
        self.time.advance(by: .seconds(1))
        #expect(await events.next() == first)
        run.cancel()
        await run.value
    }

    @Test func `it keeps the promises of a transport`() async throws {
        let time = self.time
        let transport = self.transport(
            [
                .init(error: .permanent(.rejected, detail: "refused"), times: nil) { $0.address.hasSuffix("02") },
                .init(error: .sessionLost(detail: "gone"), times: nil) { $0.address.hasSuffix("03") },
            ], latency: .milliseconds(300))
        let conformance = MessageTransportConformance(
            transport,
            .init(
                device: .first, takers: [.phone("155501010001"), .phone("155501010004")],
                refuser: .phone("155501010002"),
                provoke: {
                    let message = self.message("155501010003")
                    Task { await transport.send([message]) }
                },
                expected: { if case .changed(let device) = $0 { device.status == .disconnected } else { false } },
                letTimePass: { time.advance(by: .milliseconds(100)) }))
        try await conformance.checkSends()
        try await conformance.checkRun()
    }

    @Test func `an answer takes its latency, and one that is cut off is unknown`() async throws {
        let transport = self.transport(latency: .seconds(2))
        let first = Task { await self.send(self.message(), by: transport) }
        try await self.time.idle()
        self.time.advance(by: .seconds(2))
        #expect(await first.value == .success(Acknowledgement(at: TestTime.noon + .seconds(2))))
        let second = Task { await self.send(self.message(), by: transport) }
        try await self.time.idle()
        second.cancel()
        #expect(
            await second.value == .failure(.outcomeUnknown(detail: "dry run: stopped while waiting for the answer")))
    }

    @Test func `it says that it is a dry run and that no receipt will come`() {
        #expect(self.transport().isDryRun)
        #expect(self.transport().receiptGrace == .zero)
    }
}
