import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSimulator

@testable import WhatsAppTransport

struct SendingTests {
    static let bob = TransportBench.bob
    static let eve = TransportBench.eve

    @Test func `every message of a batch has its own result, and the phones decrypt what was sent`() async throws {
        var scenario = Scenario()
        scenario.notOnWhatsApp = ["15550009999"]
        try await TransportBench.run(scenario) { bench in
            try await bench.link()
            let messages = [
                bench.message(to: Self.bob, "1"), bench.message(to: "15550009999", "2"),
                bench.message(to: .group("1:2@g.us"), "3"), bench.message(to: Self.eve, "4"),
                bench.message(to: Self.bob, "5"),
            ]
            let results = await bench.transport.send(messages)
            #expect(results.map(\.isSent) == [true, false, false, true, true])
            #expect(results.map(\.code) == [nil, "NOT_ON_WHATSAPP", "VALIDATION_ERROR", nil, nil])
            let inbox = try await bench.server.waitForInbox(of: Self.bob, count: 2)
            #expect(inbox.map(\.text) == ["1", "5"])
            #expect(inbox.map(\.id) == [messages[0].wireID.rawValue, messages[4].wireID.rawValue])
            #expect(try await bench.server.waitForInbox(of: Self.eve, count: 1).map(\.text) == ["4"])
            #expect(await bench.transport.send([]).isEmpty)
        }
    }

    @Test func `receipts say when a message was delivered and when it was read`() async throws {
        var scenario = Scenario()
        scenario.accounts = [AccountScript(number: Self.bob, readAfter: 0)]
        try await TransportBench.run(scenario) { bench in
            try await bench.link()
            let message = bench.message()
            #expect(await bench.transport.send([message])[0].isSent)
            let date = TransportBench.date(bench.serverClock)
            try await bench.news.next("a delivery") { $0 == .delivered(message.wireID, by: Self.bob, at: date) }
            try await bench.news.next("a reading") { $0 == .read(message.wireID, by: Self.bob, at: date) }
        }
    }

    @Test func `people who are known cost no query, and those who are not are asked about together`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            let numbers = (0..<60).map { "1555100\(1000 + $0)" }
            let texts = { (text: String) in numbers.map { bench.message(to: $0, text) } }
            #expect(await bench.transport.send(texts("first")).allSatisfy(\.isSent))
            // Whatever is asked from now on is not answered.
            await bench.server.addFaults([
                Fault(on: .usync, times: nil, .dropAnswer), Fault(on: .preKeys, times: nil, .dropAnswer),
            ])
            #expect(await bench.transport.send(texts("second")).allSatisfy(\.isSent))
            #expect(try await bench.server.waitForInbox(of: numbers[59], count: 2).map(\.text) == ["first", "second"])
        }
    }

    @Test(arguments: [
        (404, "REJECTED"), (463, "REACHOUT_TIMELOCK"), (475, "NEW_CHAT_CAP"), (429, "RATE_LIMITED"),
        (503, "SERVER_REFUSED"),
    ])
    func `what the server answers to a message is sorted`(code: Int, expected: String) async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(on: .message, .ackError(code))])
            #expect(await bench.send().code == expected)
        }
    }

    @Test func `a message for devices that are gone is sent once more with new lists, and no more than that`()
        async throws
    {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(on: .message, .ackError(479))])
            #expect(await bench.send().isSent)
            await bench.server.addFaults([Fault(on: .message, times: 2, .ackError(479))])
            #expect(await bench.send().code == "STALE_DEVICES")
            #expect(try await bench.server.waitForInbox(of: Self.bob, count: 1).count == 1)
        }
    }

    @Test func `a connection that is cut before the answer leaves the outcome open`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(on: .message, .disconnectBeforeAck)])
            let message = bench.message()
            #expect(await bench.transport.send([message])[0].isUnknown)
            // The receipt settles it.
            let lost = try await bench.news.status(.disconnected, of: TransportBench.first)
            #expect(lost.detail?.contains("tries again in") == true && lost.connectedAt == nil)
            #expect(await bench.send().isSessionLost)
            await bench.pass(.seconds(5))
            let heard = try await bench.news.next("the receipt or the connection") { event in
                if case .delivered(message.wireID, _, _) = event { return true }
                if case .changed(let device) = event { return device.isConnected }
                return false
            }
            let date = TransportBench.date(bench.serverClock)
            #expect(heard == .delivered(message.wireID, by: Self.bob, at: date))
        }
    }

    @Test func `a device sends only when it is online and has caught up`() async throws {
        try await TransportBench.run { bench in
            #expect(await bench.send().isSessionLost)
            try await bench.link()
            await bench.server.addFaults([Fault(from: TransportBench.ann, .disconnect)])
            try await bench.news.status(.disconnected, of: TransportBench.first)
            #expect(await bench.send().isSessionLost)
            // What waits for it cannot be stored, so it does not get through it.
            bench.news.hold()
            await bench.server.send(from: Self.bob, to: TransportBench.ann, text: "STOP")
            await bench.pass(.seconds(5))
            let session = try await bench.session()
            try await eventually("the device to be online") { await session.isOnline }
            try await eventually("the text to be told") { bench.news.heldCount > 0 }
            #expect(await bench.send().isSessionLost)
            bench.news.release()
            #expect(try await bench.news.text().text == "STOP")
            try await bench.news.status(.connected, of: TransportBench.first)
            #expect(await bench.send().isSent)
        }
    }

    @Test func `a text that somebody writes is told with the number of its writer`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(on: .message, to: Self.bob, .reply(text: "STOP", after: 0))])
            #expect(await bench.send().isSent)
            let text = try await bench.news.text()
            #expect(
                text
                    == IncomingText(
                        device: TransportBench.first, number: Self.bob, text: "STOP",
                        at: TransportBench.date(bench.serverClock)))
        }
    }

    @Test func `too many questions about numbers rest for a while, and those who are known are written to`()
        async throws
    {
        try await TransportBench.run { bench in
            try await bench.link()
            #expect(await bench.send().isSent)
            await bench.server.addFaults([Fault(on: .usync, .iqError(429, backoff: nil))])
            let both = [bench.message(to: Self.eve), bench.message(to: Self.bob)]
            #expect(await bench.transport.send(both).map(\.code) == ["RATE_LIMITED", nil])
            // The server would answer now, but is not asked.
            #expect(await bench.send(to: Self.eve).code == "RATE_LIMITED")
            for _ in 0..<15 {
                #expect(await bench.send(to: Self.eve).code == "RATE_LIMITED")
                // So that no ping is open when the clock is moved on.
                try await bench.settle()
                await bench.pass(.seconds(20))
            }
            #expect(await bench.send(to: Self.eve).isSent)
        }
    }

    @Test func `the rest after too many questions doubles up to an hour, and is over after an answer`() {
        var rest = LookUpRest()
        #expect(rest.isOver(.zero))
        var now = Duration.seconds(100)
        for seconds in [300, 600, 1200, 2400, 3600, 3600] {
            rest.begin(now, atLeast: nil)
            #expect(!rest.isOver(now + .seconds(seconds) - .milliseconds(1)))
            now += .seconds(seconds)
            #expect(rest.isOver(now))
        }
        rest.begin(now, atLeast: .seconds(7200))
        #expect(!rest.isOver(now + .seconds(7199)) && rest.isOver(now + .seconds(7200)))
        rest.succeeded()
        rest.begin(now, atLeast: nil)
        #expect(rest.isOver(now + .seconds(300)))
    }

    @Test func `the transport keeps the promises of all transports`() async throws {
        var scenario = Scenario()
        scenario.notOnWhatsApp = ["15550009999"]
        try await TransportBench.run(scenario) { bench in
            try await bench.link()
            try await Self.conformance(bench.transport, bench).checkSends()
        }
    }

    @Test func `a transport that is started again has its devices, and ends when it is cancelled`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            // The same devices once more, as after a restart; the first connection has to give way.
            let transport = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock,
                registry: bench.registry, seed: 8)
            #expect(await transport.devices().map(\.number) == [TransportBench.ann])
            #expect(await transport.devices().map(\.status) == [.disconnected])
            try await Self.conformance(transport, bench).checkRun()
            #expect(await transport.devices().map(\.detail) == ["stopped"])
            try await bench.news.status(.replaced, of: TransportBench.first)
        }
    }

    @Test func `news that could not be stored comes again with the next connection`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            bench.news.failNext(1)
            await bench.server.send(from: Self.bob, to: TransportBench.ann, text: "STOP")
            try await eventually("the failure") { bench.news.failuresLeft == 0 }
            try await bench.settle()
            #expect(!bench.news.all.contains { if case .text = $0 { true } else { false } })
            await bench.server.addFaults([Fault(from: TransportBench.ann, .streamError(code: 503, child: nil))])
            // The pause after the failure, and the connection's.
            try await eventually("the next connection") {
                bench.clock.advance(by: .milliseconds(100))
                return await bench.server.counts.logins == 2
            }
            #expect(try await bench.news.text().text == "STOP")
            try await bench.news.status(.connected, of: TransportBench.first)
            #expect(bench.news.all.count { if case .text = $0 { true } else { false } } == 1)
        }
    }

    private static func conformance(
        _ transport: WhatsAppTransport, _ bench: TransportBench
    ) -> MessageTransportConformance {
        MessageTransportConformance(
            transport,
            .init(
                device: TransportBench.first, takers: [.phone(Self.bob), .phone(Self.eve)],
                refuser: .phone("15550009999"), provoke: {},
                expected: { if case .changed(let device) = $0 { device.isConnected } else { false } },
                letTimePass: {}))
    }
}
