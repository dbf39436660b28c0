import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

/// The device and Peter's phone, talking.
@Suite struct ConversationTests {
    @Test func `text, reply, a lost session, and a new phone`() async throws {
        let bench = try await MessengerBench.online()
        let phone = MessengerBench.lid

        // We write, Peter's phone reads, and confirms.
        #expect(
            await bench.send("Your parcel is here", id: "A1") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let first = try #require(await bench.channel.messages.last)
        #expect(try await bench.open(first, at: phone).conversation == "Your parcel is here")
        await bench.handle(MessengerBench.receipt("A1"))
        await bench.handle(MessengerBench.receipt("A1", type: "read"))

        // Peter replies; from now on the session needs no keys beside it.
        await bench.handle(try await bench.message(WAMessage(text: "Thanks"), id: "B1"))
        #expect(bench.heard.texts.map(\.text) == ["Thanks"])
        _ = await bench.send("You are welcome", id: "A2")
        let second = try #require(await bench.channel.messages.last)
        let enc = second.child("participants")?.children.first { $0.jid("jid") == phone }?.child("enc")
        #expect(enc?.string("type") == "msg")

        // The phone has lost its sessions and asks again, first without keys, then with.
        try await bench.channel.with(phone) { $0.loseSessions() }
        await #expect(throws: (any Error).self) { try await bench.open(second, at: phone) }
        await bench.handle(MessengerBench.retry("A2", count: 1))
        await bench.messenger.performJobs()
        let again = try #require(await bench.channel.sent.last)
        await #expect(throws: (any Error).self, "the old session is of no use") {
            try await bench.open(again, at: phone)
        }
        let keys = try await bench.channel.with(phone) { peer in
            let key = try #require(try peer.takePreKey())
            return Node(
                "keys",
                children: PreKeyStanzas.identity(of: peer.identity) + [
                    PreKeyStanzas.node(of: key), PreKeyStanzas.node(of: peer.signedPreKey),
                ])
        }
        let registration = try await bench.channel.with(phone) { $0.identity.registrationID }
        await bench.handle(MessengerBench.retry("A2", count: 2, registration: registration, keys: keys))
        await bench.messenger.performJobs()
        let repaired = try #require(await bench.channel.sent.last)
        #expect(try await bench.open(repaired, at: phone).conversation == "You are welcome")
        #expect(bench.heard.events.isEmpty, "it is the same phone")

        // Peter buys a new phone.
        try await bench.channel.with(phone) { try $0.reinstall() }
        await bench.handle(MessengerBench.notification("encrypt", from: phone, children: [Node("identity")]))
        #expect(bench.heard.events == [.identityChanged(of: phone)])
        _ = await bench.send("Hello again", id: "A3")
        #expect(
            try await bench.open(await bench.channel.messages.last ?? first, at: phone).conversation == "Hello again")
        await bench.handle(try await bench.message(WAMessage(text: "New phone"), id: "B2"))
        #expect(bench.heard.texts.map(\.text) == ["Thanks", "New phone"])
    }

    @Test func `many messages both ways, some lost, some late, arrive once each`() async throws {
        let seed: UInt64 = 91
        let bench = try await MessengerBench.online()
        var generator = SeededGenerator(seed: seed)
        var waiting: [Node] = []
        var lost = 0
        for number in 0..<60 {
            if Bool.random(using: &generator) {
                _ = await bench.send("\(number)", id: "A\(number)")
                let stanza = try #require(await bench.channel.messages.last)
                if Int.random(in: 0..<4, using: &generator) > 0 {
                    #expect(try await bench.open(stanza, at: MessengerBench.lid).conversation == "\(number)")
                }
            } else {
                waiting.append(try await bench.message(WAMessage(text: "\(number)"), id: "B\(number)"))
            }
            if waiting.count > 4 {
                waiting.shuffle(using: &generator)
                lost += 1
                waiting.removeLast()
                for stanza in waiting + waiting { await bench.handle(stanza) }
                waiting = []
            }
        }
        for stanza in waiting { await bench.handle(stanza) }
        let texts = bench.heard.texts.map(\.text)
        #expect(Set(texts).count == texts.count, "seed \(seed)")
        #expect(texts.count + lost == 60 - (await bench.channel.messages.count), "seed \(seed)")
    }
}
