import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

/// What others send costs us little, however much of it they send.
@Suite struct MessengerFloodTests {
    /// One more byte than anything that is kept.
    private static let long = String(repeating: "A", count: 129)
    private static let longest = String(repeating: "B", count: 128)

    /// A device that has sent A1, and has nothing more to do.
    private func sent() async throws -> MessengerBench {
        let bench = try await MessengerBench.online()
        _ = await bench.send("hello", id: "A1")
        await bench.messenger.performJobs()
        await bench.channel.forget()
        return bench
    }

    private func ask(_ bench: MessengerBench, _ stanza: Node) async {
        await bench.handle(stanza)
        await bench.messenger.performJobs()
    }

    private func repetitions(_ bench: MessengerBench) async -> Int {
        await bench.channel.sent.count { $0.tag == "message" }
    }

    // MARK: Retries

    @Test func `who changes its registration with every request has keys fetched once in an hour`() async throws {
        let bench = try await self.sent()
        for number in 0..<20 { await self.ask(bench, MessengerBench.retry(registration: UInt32(number))) }
        #expect(await bench.channel.queries("encrypt").count == 1)
        #expect(await self.repetitions(bench) == 1)
        bench.clock.advance(by: .seconds(3600))
        await self.ask(bench, MessengerBench.retry(registration: 99))
        #expect(await bench.channel.queries("encrypt").count == 2)
    }

    @Test func `no keys are fetched for a message that was repeated often enough`() async throws {
        let bench = try await self.sent()
        for _ in 0..<5 { await self.ask(bench, MessengerBench.retry()) }
        #expect(await self.repetitions(bench) == 5)
        await self.ask(bench, MessengerBench.retry(registration: 99))
        #expect(await bench.channel.queries("encrypt").isEmpty)
    }

    @Test func `after a new installation keys are fetched again within the hour`() async throws {
        let bench = try await self.sent()
        await self.ask(bench, MessengerBench.retry(registration: 99))
        try await bench.channel.with(MessengerBench.lid) { try $0.reinstall() }
        let identity = MessengerBench.notification("encrypt", from: MessengerBench.lid, children: [Node("identity")])
        await self.ask(bench, identity)
        await self.ask(bench, MessengerBench.retry())
        #expect(await bench.channel.queries("encrypt").count { $0.child("key") != nil } == 2)
        let again = try #require(await bench.channel.sent.last { $0.tag == "message" })
        #expect(try await bench.open(again, at: MessengerBench.lid).conversation == "hello")
    }

    @Test func `an account has so many messages repeated in an hour, and others go on`() async throws {
        let bench = try await self.sent()
        await bench.messenger.sessionReached(.disconnected)
        for number in 0..<1000 { await bench.handle(MessengerBench.retry("A\(number)")) }
        #expect(await bench.messenger.jobs.count == MessagePolicy.retriesPerHour)
        for number in 0..<1000 {
            await bench.handle(MessengerBench.retry("A\(number)", from: MessengerBench.companion))
        }
        #expect(await bench.messenger.jobs.count == MessagePolicy.retriesPerHour, "a companion is the same account")
        await bench.handle(MessengerBench.retry(from: jid("3@lid")))
        #expect(await bench.messenger.jobs.count == MessagePolicy.retriesPerHour + 1)
        bench.clock.advance(by: .seconds(3600))
        await bench.handle(MessengerBench.retry())
        #expect(await bench.messenger.jobs.count == MessagePolicy.retriesPerHour + 2)
        #expect(await bench.channel.sent.count == 2002, "all are acknowledged")
    }

    @Test func `retries of many leave room for what the account itself needs`() async throws {
        let bench = try await self.sent()
        await bench.messenger.sessionReached(.disconnected)
        for number in 0..<600 {
            await bench.handle(MessengerBench.retry("A\(number)", from: jid("7\(number / 10)@lid")))
        }
        #expect(await bench.messenger.jobs.count == Messenger.retryJobLimit)
        let keys = Node("count", ["value": "0"])
        await bench.handle(MessengerBench.notification("encrypt", from: .service, children: [keys]))
        #expect(await bench.messenger.jobs.count == Messenger.retryJobLimit + 1)
        for _ in 0..<1000 { await bench.handle(Node("ib", children: [Node("dirty", ["type": "groups"])])) }
        #expect(await bench.messenger.jobs.count == Messenger.jobLimit)
    }

    // MARK: Pre-keys

    @Test(arguments: ["count", "digest"])
    func `a server that never has enough keys gets some lots of them in an hour`(asking: String) async throws {
        let bench = try await self.sent()
        var uploads: [Int] = []
        for _ in 0..<3 {
            for _ in 0..<30 {
                await bench.channel.setPreKeyCount(0)
                let question = Node(asking, ["value": "0"])
                await self.ask(bench, MessengerBench.notification("encrypt", from: .service, children: [question]))
            }
            uploads.append(await bench.channel.queries("encrypt").count { $0.child("list") != nil })
            bench.clock.advance(by: .seconds(3600))
        }
        // One was made when the device came online.
        #expect(uploads == [5, 11, 17])
    }

    // MARK: Lengths

    @Test func `ids that are too long are not kept, but acknowledged`() async throws {
        let bench = try await self.sent()
        let list = Node("list", children: [Node("item", ["id": .string(Self.long)]), Node("item", ["id": "A2"])])
        var stranger = MessengerBench.receipt("A4")
        stranger.attributes["participant"] = .string(String(repeating: "C", count: 400))
        let stanzas = [
            MessengerBench.receipt(Self.long), stranger, MessengerBench.retry(Self.long),
            MessengerBench.receipt(Self.longest, children: [list]),
        ]
        for stanza in stanzas { await self.ask(bench, stanza) }
        await bench.messenger.handReceiptsOver()
        #expect(await Set(bench.channel.sent) == Set(stanzas.map { .acknowledging($0) }))
        let ids = bench.heard.messages.flatMap { event -> [String] in
            if case .receipts(let receipts) = event { receipts.flatMap(\.ids) } else { [] }
        }
        #expect(ids == [Self.longest, "A2"])
    }

    @Test func `a request for a message is not kept when any part of it is too long`() {
        #expect(RetryRequest(MessengerBench.retry(Self.longest)) != nil)
        #expect(RetryRequest(MessengerBench.retry(Self.long)) == nil)
        var stanza = MessengerBench.retry()
        stanza.attributes["participant"] = .string(String(repeating: "C", count: 400))
        #expect(RetryRequest(stanza) == nil)
        stanza = MessengerBench.receipt(
            type: "retry",
            children: [Node("retry", ["count": "1", "id": "A1", "t": .string(String(repeating: "1", count: 400))])])
        #expect(RetryRequest(stanza) == nil)
    }

    @Test func `a message whose id is too long is refused`() async throws {
        let bench = try await self.sent()
        let enc = Node("enc", ["v": "2", "type": "msg"], bytes: [1, 2, 3])
        let message = Node("message", ["from": .jid(MessengerBench.lid), "id": .string(Self.long)], children: [enc])
        await bench.handle(message)
        #expect(await bench.channel.sent == [.refusing(message, code: 487)])
    }

    @Test func `what waits to be called clean is two short words`() async throws {
        let bench = try await self.sent()
        for (type, timestamp) in [(Self.long, "17"), ("groups", Self.long)] {
            let dirty = Node("dirty", ["type": .string(type), "timestamp": .string(timestamp)])
            await bench.handle(Node("ib", children: [dirty]))
        }
        #expect(await bench.messenger.jobs.isEmpty)
    }

    @Test func `of a receipt that waits only what is needed is kept`() async throws {
        let bench = try await self.sent()
        bench.heard.hold()
        await bench.handle(MessengerBench.receipt("A1"))
        try await eventually("the first to be told") { bench.heard.heldCount == 1 }
        let filling = Node("filling", bytes: [UInt8](repeating: 1, count: 1 << 20))
        let stanza = MessengerBench.receipt("A2", children: [filling])
        await bench.handle(stanza)
        #expect(await bench.messenger.gathered.items.map(\.acknowledgement) == [.acknowledging(stanza)])
        bench.heard.release()
        await bench.messenger.handReceiptsOver()
    }
}

@Suite struct HourlyCountTests {
    @Test func `an hour begins with the first time, and ends`() {
        var count = HourlyCount()
        #expect(count.isBelow(1, now: 50))
        for now in [100.0, 200, 300] { count.increment(now: now) }
        #expect(count.isBelow(4, now: 3699) && !count.isBelow(3, now: 3699))
        #expect(count.isBelow(1, now: 3700))
        #expect(count.isBelow(1, now: 99), "another clock")
        count.increment(now: 3700)
        #expect(count.isBelow(2, now: 3701) && !count.isBelow(1, now: 7299) && count.isBelow(1, now: 7300))
    }
}
