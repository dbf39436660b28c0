import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerGroupRetryTests {
    /// A device that has sent A1 to its group, which all have read.
    private func sent() async throws -> GroupBench {
        let bench = try await GroupBench.online()
        let stanza = try await bench.sent("hello", id: "A1")
        for device in [MessengerBench.lid, MessengerBench.companion, MessengerBench.ownPhone] {
            _ = try await bench.open(stanza, at: device)
        }
        await bench.channel.forget()
        return bench
    }

    @Test func `a member that could not read gets message and key alone, and the key with the next message`()
        async throws
    {
        let bench = try await self.sent()
        await bench.retry("A1", from: MessengerBench.companion)
        let stanza = try #require(await bench.repetitions.first)
        #expect(
            stanza.attributes == [
                "id": "A1", "to": .jid(GroupBench.group), "type": "text", "t": "1700000300",
                "participant": .jid(MessengerBench.companion),
            ])
        #expect(stanza.child("enc")?.attributes == ["v": "2", "type": "pkmsg", "count": "1"])
        let message = try await bench.bench.open(stanza, at: MessengerBench.companion)
        #expect(message.conversation == "hello")
        let name = SenderKeyName(groupID: GroupBench.group.description, sender: bench.bench.address)
        try await bench.channel.with(MessengerBench.companion) { peer in
            peer.store.senderKeys = [:]
            try peer.take(message, name)
        }
        let next = try await bench.sent("next", id: "A2")
        #expect(GroupBench.receivers(next) == [MessengerBench.companion])
        #expect(try await bench.open(next, at: MessengerBench.companion) == "next")
        #expect(try await bench.open(next, at: MessengerBench.lid) == "next")
        #expect(try await bench.sent("then", id: "A3").child("participants") == nil)
    }

    @Test func `our own device gets no copy, for it is a member like others`() async throws {
        let bench = try await self.sent()
        await bench.retry("A1", from: MessengerBench.ownPhone)
        let stanza = try #require(await bench.repetitions.first)
        let message = try await bench.bench.open(stanza, at: MessengerBench.ownPhone)
        #expect(message.conversation == "hello" && !message.hasDeviceSentMessage)
        #expect(message.senderKeyDistributionMessage.groupID == GroupBench.group.description)
    }

    @Test func `who is not in the group any more, or never was, gets nothing`() async throws {
        let bench = try await self.sent()
        let stranger = try await bench.addPerson(9)
        await bench.retry("A1", from: stranger)
        await bench.setMembers([])
        await bench.tellChange()
        await bench.retry("A1", from: MessengerBench.lid)
        await bench.retry("A9", from: MessengerBench.ownPhone)
        #expect(await bench.repetitions.isEmpty)
        #expect(await bench.channel.sent.count { $0.tag == "ack" } == 4, "all are acknowledged")
    }

    @Test func `a message to a person is not repeated for a group, nor the other way round`() async throws {
        let bench = try await self.sent()
        _ = await bench.bench.send("for Peter", id: "P1")
        await bench.retry("P1", from: MessengerBench.lid)
        await bench.bench.handle(MessengerBench.retry("A1", from: MessengerBench.lid))
        await bench.bench.messenger.performJobs()
        #expect(await bench.repetitions.isEmpty)
    }

    @Test func `a new installation that asks has the key replaced for all`() async throws {
        let bench = try await self.sent()
        let address = bench.bench.address
        let old = try await bench.copy(of: MessengerBench.companion)
        let (keys, registration) = try await bench.channel.with(MessengerBench.companion) { peer in
            try peer.reinstall()
            let key = try #require(try peer.takePreKey())
            return (
                Node(
                    "keys",
                    children: PreKeyStanzas.identity(of: peer.identity) + [
                        PreKeyStanzas.node(of: key), PreKeyStanzas.node(of: peer.signedPreKey),
                    ]), peer.identity.registrationID
            )
        }
        await bench.retry("A1", from: MessengerBench.companion, keys: keys, registration: registration)
        let again = try #require(await bench.repetitions.first)
        #expect(try await bench.bench.open(again, at: MessengerBench.companion).conversation == "hello")
        let next = try await bench.sent("next", id: "A2")
        #expect(
            Set(GroupBench.receivers(next))
                == [MessengerBench.lid, MessengerBench.companion, MessengerBench.ownPhone])
        for device in [MessengerBench.lid, MessengerBench.companion] {
            #expect(try await bench.open(next, at: device) == "next")
        }
        #expect(!old.canRead(next, from: address))
    }

    @Test func `five answers for a message and device`() async throws {
        let bench = try await self.sent()
        for _ in 0..<8 { await bench.retry("A1", from: MessengerBench.companion) }
        #expect(await bench.repetitions.count == 5)
    }

    @Test func `a group that cannot be asked for gets no answer, and the connection goes on`() async throws {
        let bench = try await self.sent()
        await bench.tellChange()
        await bench.channel.refuse("w:g2", .refused(IQError(code: 500)))
        await bench.retry("A1", from: MessengerBench.companion)
        #expect(await bench.repetitions.isEmpty)
        await bench.retry("A1", from: MessengerBench.companion)
        #expect(await bench.repetitions.count == 1)
    }
}
