import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct MessengerPreKeyTests {
    private func uploads(_ bench: MessengerBench) async -> [Node] {
        await bench.channel.queries("encrypt").filter { $0.child("list") != nil }
    }

    private func ids(_ upload: Node) -> [UInt32] {
        upload.child("list")?.children.compactMap { $0.child("id")?.bytes.flatMap(UInt32.init(keyID:)) } ?? []
    }

    private func notification(_ child: Node) -> Node {
        MessengerBench.notification("encrypt", from: .service, children: [child])
    }

    @Test func `a new device uploads 812 keys, which are on disk before they leave`() async throws {
        let bench = try await MessengerBench(policy: MessagePolicy())
        await bench.messenger.sessionReached(.loggedIn)
        let upload = try #require(await self.uploads(bench).first)
        #expect(self.ids(upload) == Array(1...812))
        try await bench.store.read { state throws in
            #expect(try state.loadNextPreKeyID() == 813)
            #expect(try state.loadPreKey(812) != nil)
            #expect(try state.loadPreKeysToUpload(limit: 1).isEmpty, "all are confirmed")
        }
    }

    @Test func `at later logins the server is asked, and gets more when it has less than five`() async throws {
        let bench = try await MessengerBench.online()
        await bench.messenger.sessionReached(.loggedIn)
        #expect(await bench.channel.queries.map { $0.children.first?.tag } == ["count"])
        await bench.channel.setPreKeyCount(4)
        await bench.messenger.sessionReached(.loggedIn)
        let upload = try #require(await self.uploads(bench).first)
        #expect(self.ids(upload) == Array(21...70))
    }

    @Test func `an upload without answer is offered again, with the same keys`() async throws {
        let bench = try await MessengerBench()
        await bench.channel.refuse("upload", .timedOut(mayHaveLeft: true))
        await bench.messenger.sessionReached(.loggedIn)
        await bench.messenger.sessionReached(.loggedIn)
        let uploads = await self.uploads(bench)
        #expect(uploads.count == 2 && self.ids(uploads[0]) == self.ids(uploads[1]))
        #expect(uploads[0].child("list") == uploads[1].child("list"))
    }

    @Test func `nothing is uploaded that could not be stored`() async throws {
        let bench = try await MessengerBench()
        bench.store.setBroken(true)
        await bench.messenger.sessionReached(.loggedIn)
        #expect(await self.uploads(bench).isEmpty)
    }

    @Test func `a failed upload is tried again after growing times`() async throws {
        let bench = try await MessengerBench()
        let busy = ClientError.refused(IQError(code: 503))
        await bench.channel.refuse("upload", busy, busy)
        await bench.messenger.sessionReached(.loggedIn)
        await bench.messenger.sessionReached(.connected)
        let work = Task { await bench.messenger.run() }
        try await waiting(for: "the first pause") { await bench.clock.sleepers(atLeast: 1) }
        bench.clock.advance(by: .seconds(1))
        try await eventually("the second upload") { await self.uploads(bench).count == 2 }
        try await waiting(for: "the second pause") { await bench.clock.sleepers(atLeast: 1) }
        bench.clock.advance(by: .seconds(2))
        try await eventually("the third upload") { await bench.channel.preKeyCount == 20 }
        work.cancel()
        await work.value
    }

    @Test func `the server's word that keys run out is followed, unless it is older than our upload`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(self.notification(Node("count", ["value": "4"])))
        await bench.messenger.performJobs()
        #expect(await bench.channel.queries.map { $0.children.first?.tag } == ["count"], "we have just uploaded")
        bench.clock.advance(by: .seconds(600))
        await bench.handle(self.notification(Node("count", ["value": "5"])))
        await bench.messenger.performJobs()
        #expect(await self.uploads(bench).isEmpty, "five are enough")
        await bench.handle(self.notification(Node("count", ["value": "4"])))
        await bench.handle(self.notification(Node("count")))
        await bench.messenger.performJobs()
        #expect(await self.uploads(bench).count == 1)
        #expect(await bench.channel.sent.count == 4, "each is acknowledged")
    }

    @Test func `one upload at a time`() async throws {
        let bench = try await MessengerBench()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { await bench.messenger.sessionReached(.loggedIn) } }
        }
        #expect(await self.uploads(bench).count == 1)
    }

    @Test func `a digest that differs has the keys uploaded anew`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(self.notification(Node("digest")))
        await bench.messenger.performJobs()
        #expect(await self.uploads(bench).count == 1, "the answer has no digest at all")
        await bench.channel.forget()
        for (code, count) in [(404, 1), (406, 1), (503, 1)] {
            await bench.channel.refuse("digest", .refused(IQError(code: code)))
            await bench.handle(self.notification(Node("digest")))
            await bench.messenger.performJobs()
            #expect(await self.uploads(bench).count == count, "\(code)")
        }
    }

    @Test func `only the server's word counts`() async throws {
        let bench = try await MessengerBench.online()
        bench.clock.advance(by: .seconds(600))
        for child in [Node("count", ["value": "0"]), Node("digest")] {
            await bench.handle(MessengerBench.notification("encrypt", from: MessengerBench.lid, children: [child]))
        }
        await bench.messenger.performJobs()
        #expect(await bench.channel.queries.isEmpty)
    }
}
