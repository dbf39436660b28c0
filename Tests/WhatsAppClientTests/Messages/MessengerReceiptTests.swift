import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

/// Receipts on their way from the server to whoever stores them.
@Suite struct MessengerReceiptTests {
    static let peter = Person(lid: MessengerBench.lid, pn: MessengerBench.pn)
    static let date = Date(timeIntervalSince1970: 1_700_000_200)

    private static func delivered(_ ids: String...) -> Receipt {
        Receipt(.delivered, ids: ids, person: Self.peter, date: Self.date)
    }

    private static func read(_ ids: String...) -> Receipt {
        Receipt(.read, ids: ids, person: Self.peter, date: Self.date)
    }

    @Test func `receipts are told once and acknowledged always`() async throws {
        let bench = try await MessengerBench.online()
        let list = Node("list", children: [Node("item", ["id": "A2"]), Node("item", ["id": "A3"])])
        let stanzas = [
            MessengerBench.receipt(from: MessengerBench.companion), MessengerBench.receipt(),
            MessengerBench.receipt(type: "read", children: [list]), MessengerBench.receipt("A2"),
            MessengerBench.receipt("A4", type: "sender", from: MessengerBench.ownPhone),
            MessengerBench.receipt("A4", from: MessengerBench.ownPhone),
            MessengerBench.receipt("A5", type: "read", from: MessengerBench.pn),
            MessengerBench.receipt("A6", type: "server-error"), MessengerBench.receipt("A7", from: jid("1@g.us")),
        ]
        for stanza in stanzas {
            await bench.handle(stanza)
            await bench.messenger.handReceiptsOver()
        }
        #expect(
            bench.heard.messages == [
                .receipts([Self.delivered("A1")]), .receipts([Self.read("A1", "A2", "A3")]),
                .receipts([Self.read("A5")]),
            ])
        #expect(await bench.channel.sent == stanzas.map { .acknowledging($0) })
    }

    @Test func `receipts that come while others are being stored go together, and are acknowledged after that`()
        async throws
    {
        let bench = try await MessengerBench.online()
        bench.heard.hold()
        await bench.handle(MessengerBench.receipt("A1"))
        try await eventually("the first to be told") { bench.heard.heldCount == 1 }
        // Our own device's says nothing of the recipient, and must not stand for his.
        await bench.handle(MessengerBench.receipt("A2", from: MessengerBench.ownPhone))
        for id in ["A2", "A3", "A2"] { await bench.handle(MessengerBench.receipt(id)) }
        await bench.handle(MessengerBench.receipt("A2", type: "read"))
        await bench.handle(MessengerBench.receipt("A2"))
        #expect(await bench.channel.sent.isEmpty)
        bench.heard.release()
        await bench.messenger.handReceiptsOver()
        #expect(
            bench.heard.messages == [
                .receipts([Self.delivered("A1")]),
                .receipts([Self.delivered("A2"), Self.delivered("A3"), Self.read("A2")]),
            ])
        #expect(await bench.channel.sent.count == 7)
    }

    @Test func `no more than a bounded number waits, then the server has to`() async throws {
        let bench = try await MessengerBench.online()
        bench.heard.hold()
        await bench.handle(MessengerBench.receipt("A0"))
        try await eventually("the first to be told") { bench.heard.heldCount == 1 }
        let taken = Counter()
        let feeder = Task {
            for number in 1...1100 {
                await bench.handle(MessengerBench.receipt("A\(number)"))
                taken.increment()
            }
        }
        try await eventually("the room to be used up") { taken.value == GatheredReceipts.limit }
        for _ in 0..<100 { await Task.yield() }
        #expect(taken.value == GatheredReceipts.limit)
        bench.heard.release()
        await feeder.value
        await bench.messenger.handReceiptsOver()
        let ids = bench.heard.messages.flatMap { event -> [String] in
            if case .receipts(let receipts) = event { receipts.flatMap(\.ids) } else { [] }
        }
        #expect(ids == (0...1100).map { "A\($0)" })
        #expect(bench.heard.messages.count >= 3)
    }

    @Test func `receipts whose event could not be stored stay with the server, and are told when they come again`()
        async throws
    {
        let bench = try await MessengerBench.online()
        bench.heard.failNext(1)
        await bench.handle(MessengerBench.receipt())
        await bench.messenger.handReceiptsOver()
        #expect(await bench.channel.sent.isEmpty)
        await bench.handle(MessengerBench.receipt())
        await bench.messenger.handReceiptsOver()
        #expect(bench.heard.messages == [.receipts([Self.delivered("A1")])])
        #expect(await bench.channel.sent.count == 1)
    }

    @Test func `the end of the backlog is told when its receipts were, and a text after those that came before it`()
        async throws
    {
        let bench = try await MessengerBench.online()
        await bench.messenger.sessionReached(.disconnected)
        await bench.messenger.sessionReached(.loggedIn)
        await bench.messenger.sessionReached(.connected)
        bench.heard.hold()
        await bench.handle(MessengerBench.receipt("A1"))
        let drained = Task { await bench.messenger.sessionReached(.drained) }
        try await eventually("the receipt to be told") { bench.heard.heldCount == 1 }
        for _ in 0..<100 { await Task.yield() }
        #expect(await !bench.messenger.isDrained)
        bench.heard.release()
        await drained.value
        #expect(await bench.messenger.isDrained)
        #expect(bench.heard.messages.count == 1)

        bench.heard.hold()
        await bench.handle(MessengerBench.receipt("A2"))
        try await eventually("the receipt to be told") { bench.heard.heldCount == 1 }
        let text = try await bench.message(WAMessage(text: "STOP"))
        let handled = Task { await bench.handle(text) }
        for _ in 0..<100 { await Task.yield() }
        bench.heard.release()
        await handled.value
        #expect(bench.heard.messages[1] == .receipts([Self.delivered("A2")]))
        #expect(bench.heard.texts.map(\.text) == ["STOP"] && bench.heard.messages.count == 3)
    }
}
