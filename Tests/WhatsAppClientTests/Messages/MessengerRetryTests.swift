import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerRetryTests {
    /// A device that has sent A1, which nobody has opened yet.
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

    /// What went out again; acknowledgements apart.
    private func repetitions(_ bench: MessengerBench) async -> [Node] {
        await bench.channel.sent.filter { $0.tag == "message" }
    }

    @Test func `the first request is answered with the session there is, to that device alone`() async throws {
        let bench = try await self.sent()
        await self.ask(bench, MessengerBench.retry(from: MessengerBench.companion))
        #expect(await bench.channel.sent.map(\.tag) == ["ack", "message"])
        let stanza = try #require(await self.repetitions(bench).first)
        #expect(
            stanza.attributes == [
                "id": "A1", "to": .jid(MessengerBench.companion), "type": "text", "t": "1700000300",
                "device_fanout": "false",
            ])
        #expect(stanza.children.map(\.tag) == ["enc", "device-identity"])
        #expect(stanza.child("enc")?.attributes == ["v": "2", "type": "pkmsg", "count": "1"])
        #expect(try await bench.open(stanza, at: MessengerBench.companion).conversation == "hello")
        #expect(await bench.channel.queries.isEmpty)
    }

    @Test func `keys in the request make a new session`() async throws {
        let bench = try await self.sent()
        let keys = try await bench.channel.with(MessengerBench.lid) { peer in
            try peer.reinstall()
            let key = try #require(try peer.takePreKey())
            return Node(
                "keys",
                children: PreKeyStanzas.identity(of: peer.identity) + [
                    PreKeyStanzas.node(of: key), PreKeyStanzas.node(of: peer.signedPreKey),
                ])
        }
        let registration = try await bench.channel.with(MessengerBench.lid) { $0.identity.registrationID }
        await self.ask(bench, MessengerBench.retry(count: 2, registration: registration, keys: keys))
        let stanza = try #require(await self.repetitions(bench).first)
        #expect(stanza.child("enc")?.string("count") == "2")
        #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "hello")
        #expect(bench.heard.events == [.identityChanged(of: MessengerBench.lid)])
        #expect(await bench.channel.queries.isEmpty)
    }

    @Test func `keys with a wrong signature change nothing`() async throws {
        let bench = try await self.sent()
        let keys = try await bench.channel.with(MessengerBench.lid) { peer in
            let wrong = SignedPreKey(
                id: 1, keyPair: peer.signedPreKey.keyPair, signature: [UInt8](repeating: 3, count: 64))
            return Node("keys", children: PreKeyStanzas.identity(of: peer.identity) + [PreKeyStanzas.node(of: wrong)])
        }
        await self.ask(bench, MessengerBench.retry(keys: keys))
        let stanza = try #require(await self.repetitions(bench).first)
        #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "hello")
    }

    @Test func `another registration id means another installation: keys are fetched`() async throws {
        let bench = try await self.sent()
        try await bench.channel.with(MessengerBench.lid) { try $0.reinstall() }
        let registration = try await bench.channel.with(MessengerBench.lid) { $0.identity.registrationID }
        await self.ask(bench, MessengerBench.retry(registration: registration))
        #expect(await bench.channel.queries("encrypt").count == 1)
        let stanza = try #require(await self.repetitions(bench).first)
        #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "hello")
    }

    @Test func `a second request has a new session made, once in an hour`() async throws {
        let bench = try await self.sent()
        await self.ask(bench, MessengerBench.retry(count: 2))
        await self.ask(bench, MessengerBench.retry(count: 3))
        #expect(await bench.channel.queries("encrypt").count == 1)
        bench.clock.advance(by: .seconds(3600))
        await self.ask(bench, MessengerBench.retry(count: 4))
        #expect(await bench.channel.queries("encrypt").count == 2)
        for stanza in await self.repetitions(bench) {
            #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "hello")
        }
    }

    @Test func `five answers for a message and device, whatever the count says`() async throws {
        let bench = try await self.sent()
        for _ in 0..<8 { await self.ask(bench, MessengerBench.retry(count: 1)) }
        #expect(await self.repetitions(bench).count == 5)
        await self.ask(bench, MessengerBench.retry(count: 1, from: MessengerBench.companion))
        #expect(await self.repetitions(bench).count == 6, "another device has its own")
        await self.ask(bench, MessengerBench.retry(count: 6, from: MessengerBench.companion))
        #expect(await self.repetitions(bench).count == 6)
        #expect(await bench.channel.sent.count { $0.tag == "ack" } == 10, "all are acknowledged")
    }

    @Test func `only who was sent a message gets it again`() async throws {
        let bench = try await self.sent()
        await bench.channel.add(try TestPeer(jid("3@lid"), seed: 50))
        await self.ask(bench, MessengerBench.retry("A1", from: jid("3@lid")))
        await self.ask(bench, MessengerBench.retry("A9"))
        await self.ask(bench, MessengerBench.retry("A1", from: jid("1@g.us")))
        #expect(await self.repetitions(bench).isEmpty)
        #expect(await bench.channel.sent.count == 3)
    }

    @Test func `a device of our own gets the copy`() async throws {
        let bench = try await self.sent()
        var stanza = MessengerBench.retry(from: MessengerBench.ownPhone)
        await self.ask(bench, stanza)
        #expect(await self.repetitions(bench).isEmpty, "it does not say in which chat")
        stanza.attributes["recipient"] = .jid(MessengerBench.lid)
        await self.ask(bench, stanza)
        let again = try #require(await self.repetitions(bench).first)
        #expect(again.jid("recipient") == MessengerBench.lid)
        #expect(
            try await bench.open(again, at: MessengerBench.ownPhone).deviceSentMessage.message.conversation == "hello")
    }

    @Test func `who asks by number gets it there, with the session of the hidden id`() async throws {
        let bench = try await self.sent()
        await self.ask(bench, MessengerBench.retry(from: MessengerBench.pn))
        let again = try #require(await self.repetitions(bench).first)
        #expect(again.jid("to") == MessengerBench.pn)
        #expect(try await bench.open(again, at: MessengerBench.lid).conversation == "hello")
    }

    @Test func `a device that is not on the list makes the list out of date`() async throws {
        let bench = try await self.sent()
        let new = jid("200000000000002:7@lid")
        await bench.channel.add(try TestPeer(new, seed: 51))
        await self.ask(bench, MessengerBench.retry())
        _ = await bench.send(id: "A2")
        #expect(await bench.channel.queries("usync").isEmpty)
        await self.ask(bench, MessengerBench.retry(from: new))
        let again = try #require(await self.repetitions(bench).last)
        #expect(try await bench.open(again, at: new).conversation == "hello")
        _ = await bench.send("all", id: "A3")
        let stanza = try #require(await bench.channel.messages.last)
        #expect(try await bench.open(stanza, at: new).conversation == "all")
    }

    @Test func `a token goes along, and not to ourselves`() async throws {
        let bench = try await self.sent()
        let token = PrivacyToken(token: SecretBytes([7]), date: bench.date.now)
        try await bench.store.write { try $0.savePrivacyToken(token, of: MessengerBench.lid) }
        await self.ask(bench, MessengerBench.retry())
        var own = MessengerBench.retry(from: MessengerBench.ownPhone)
        own.attributes["recipient"] = .jid(MessengerBench.lid)
        await self.ask(bench, own)
        #expect(await self.repetitions(bench).map { $0.child("tctoken") != nil } == [true, false])
    }

    @Test func `in the backlog requests wait for its end`() async throws {
        let bench = try await self.sent()
        await bench.messenger.sessionReached(.disconnected)
        await bench.messenger.sessionReached(.connected)
        await self.ask(bench, MessengerBench.retry())
        #expect(await self.repetitions(bench).isEmpty)
        await bench.messenger.sessionReached(.drained)
        await bench.messenger.performJobs()
        #expect(await self.repetitions(bench).count == 1)
    }

    @Test func `messages are kept for a week`() async throws {
        let bench = try await self.sent()
        bench.date.advance(by: 7 * 86_400 + 1)
        await bench.messenger.sessionReached(.drained)
        await bench.messenger.performJobs()
        await self.ask(bench, MessengerBench.retry())
        #expect(await self.repetitions(bench).isEmpty)
    }

    @Test func `work is done as it comes while the messenger runs, and ends with its task`() async throws {
        let bench = try await self.sent()
        let work = Task { await bench.messenger.run() }
        await bench.handle(MessengerBench.retry())
        try await eventually("the repetition") { await bench.channel.sent.contains { $0.tag == "message" } }
        work.cancel()
        try await waiting(for: "the end of the work") { await work.value }
    }
}
