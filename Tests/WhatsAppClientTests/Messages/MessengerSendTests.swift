import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerSendTests {
    @Test func `a text goes to all devices of the person and our own others, in the stanza the service knows`()
        async throws
    {
        let bench = try await MessengerBench.online()
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let stanza = try #require(await bench.channel.messages.first)
        #expect(
            stanza.attributes == [
                "id": "A1", "to": .jid(MessengerBench.lid), "type": "text",
                "peer_recipient_pn": .jid(MessengerBench.pn),
            ])
        #expect(stanza.children.map(\.tag) == ["participants", "device-identity"])
        let participants = try #require(stanza.child("participants")?.children)
        #expect(
            participants.map { $0.jid("jid") } == [
                MessengerBench.lid, MessengerBench.companion, MessengerBench.ownPhone,
            ], "this device is not among them")
        for participant in participants {
            let enc = try #require(participant.child("enc"))
            #expect(enc.attributes == ["v": "2", "type": "pkmsg"])
            #expect(participant.children.count == 1)
        }
        #expect(try stanza.child("device-identity")?.bytes == bench.account.identity.serialized())

        for device in [MessengerBench.lid, MessengerBench.companion] {
            let message = try await bench.open(stanza, at: device)
            #expect(message.conversation == "hello")
            #expect(message.messageContextInfo.messageSecret.count == 32)
            #expect(!message.hasDeviceSentMessage)
        }
        let copy = try await bench.open(stanza, at: MessengerBench.ownPhone)
        #expect(copy.deviceSentMessage.destinationJid == "200000000000002@lid")
        #expect(copy.deviceSentMessage.message.conversation == "hello")
        #expect(copy.messageContextInfo == copy.deviceSentMessage.message.messageContextInfo)
    }

    @Test func `a running session has no identity beside it, and one that was not answered has`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        _ = await bench.send(id: "A2")
        let second = try #require(await bench.channel.messages.last)
        #expect(second.child("device-identity") != nil, "nobody has answered yet")
        // All answer.
        _ = try await bench.open(await bench.channel.messages[0], at: MessengerBench.lid)
        for device in [MessengerBench.companion, MessengerBench.ownPhone] {
            _ = try await bench.open(await bench.channel.messages[0], at: device)
        }
        for (index, device) in [MessengerBench.lid, MessengerBench.companion, MessengerBench.ownPhone].enumerated() {
            await bench.handle(try await bench.message(WAMessage(text: "ok"), id: "B\(index)", from: device))
        }
        _ = await bench.send(id: "A3")
        let third = try #require(await bench.channel.messages.last)
        #expect(third.children.map(\.tag) == ["participants"])
        #expect(
            third.child("participants")?.children.compactMap { $0.child("enc")?.string("type") } == [
                "msg", "msg", "msg",
            ])
        #expect(try await bench.open(third, at: MessengerBench.companion).conversation == "hello")
    }

    @Test func `requests are few: one for devices, one for bundles, and none the second time`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        let queries = await bench.channel.queries
        #expect(queries.map { $0.string("xmlns") } == ["usync", "encrypt"])
        _ = await bench.send(id: "A2")
        #expect(await bench.channel.queries.count == 2)
        bench.date.advance(by: 6 * 3600)
        _ = await bench.send(id: "A3")
        #expect(await bench.channel.queries.count == 3, "the device lists are too old")
    }

    @Test func `a batch is one commit, durable before the first stanza, with the order of a chat kept`() async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.add(try TestPeer(jid("3@lid"), seed: 40))
        _ = await bench.messenger.send([
            OutgoingText(id: "W1", recipient: MessengerBench.lid, text: "warm"),
            OutgoingText(id: "W2", recipient: jid("3@lid"), text: "warm"),
        ])
        await bench.messenger.performJobs()
        let writes = bench.store.writes
        await bench.channel.forget()
        let texts = (0..<20).map { number in
            OutgoingText(
                id: "A\(number)", recipient: number.isMultiple(of: 2) ? MessengerBench.lid : jid("3@lid"),
                text: "\(number)")
        }
        let outcomes = await bench.messenger.send(texts)
        #expect(outcomes == Array(repeating: .sent(at: Date(timeIntervalSince1970: 1_700_000_001)), count: 20))
        #expect(bench.store.writes == writes + 1)
        let ids = await bench.channel.messages.compactMap { $0.string("id") }
        let even = ids.filter { texts.map(\.id).firstIndex(of: $0)?.isMultiple(of: 2) == true }
        #expect(ids.count == 20 && even == (0..<10).map { "A\($0 * 2)" })
    }

    @Test func `nothing leaves when the store cannot be written`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.forget()
        bench.store.setBroken(true)
        #expect(await bench.send(id: "A2") == .temporary(.storeFailed("disk full")))
        #expect(await bench.channel.messages.isEmpty)
        bench.store.setBroken(false)
        #expect(await bench.send(id: "A2") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
    }

    @Test func `without ciphertext for the phone nothing is sent`() async throws {
        let bench = try await MessengerBench.online()
        try await bench.channel.with(MessengerBench.lid) { peer in
            peer.signedPreKey = SignedPreKey(
                id: 1, keyPair: peer.signedPreKey.keyPair, signature: [UInt8](repeating: 1, count: 64))
        }
        #expect(await bench.send() == .temporary(.phoneUnreachable))
        #expect(await bench.channel.messages.isEmpty)
    }

    @Test func `a companion without keys does not stop the message`() async throws {
        let bench = try await MessengerBench.online()
        try await bench.channel.with(MessengerBench.companion) { peer in
            peer.signedPreKey = SignedPreKey(
                id: 1, keyPair: peer.signedPreKey.keyPair, signature: [UInt8](repeating: 1, count: 64))
        }
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.child("participants")?.children.count == 2)
    }

    @Test func `a person without devices is not sent into the void`() async throws {
        let bench = try await MessengerBench.online()
        #expect(await bench.send(to: jid("999@lid")) == .temporary(.noDevices))
        #expect(await bench.channel.messages.isEmpty)
    }

    @Test func `a phone number goes out to the hidden id the server names`() async throws {
        let bench = try await MessengerBench()
        #expect(await bench.send(to: jid("15550002222@c.us")) == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.jid("to") == MessengerBench.lid)
        #expect(stanza.jid("peer_recipient_pn") == MessengerBench.pn)
        #expect(
            await bench.channel.queries.map { $0.child("usync")?.string("context") } == ["background", "message", nil])
    }

    @Test func `whom the server knows by number only gets the message there, all in one form of address`() async throws
    {
        let bench = try await MessengerBench()
        await bench.channel.add(try TestPeer(jid("15550007777@s.whatsapp.net"), seed: 41))
        for id in ["A1", "A2"] {
            #expect(
                await bench.send(id: id, to: jid("15550007777@s.whatsapp.net"))
                    == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        }
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.attributes["peer_recipient_pn"] == nil)
        #expect(stanza.child("participants")?.children.allSatisfy { $0.jid("jid")?.isPN == true } == true)
        let asked = await bench.channel.queries.count { $0.child("usync")?.string("context") == "background" }
        #expect(asked == 1, "asked for once")
    }

    @Test func `a hidden id refused with 400 is tried once as number, under the same id`() async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.answer(FakeChannel.error(400))
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let messages = await bench.channel.messages
        #expect(messages.map { $0.string("id") } == ["A1", "A1"])
        #expect(messages.map { $0.jid("to") } == [MessengerBench.lid, MessengerBench.pn])
        #expect(messages[1].attributes["peer_recipient_pn"] == nil)
        #expect(messages[1].child("participants")?.children.allSatisfy { $0.jid("jid")?.isPN == true } == true)
        _ = try await bench.open(messages[0], at: MessengerBench.lid)
        let text = try await bench.open(messages[1], at: MessengerBench.lid, as: MessengerBench.pn)
        #expect(text.conversation == "hello", "the same session serves both names")
        let copy = try await bench.open(messages[1], at: MessengerBench.ownPhone, as: jid(MessengerBench.ownPN))
        #expect(copy.deviceSentMessage.destinationJid == "15550002222@s.whatsapp.net")

        _ = await bench.send(id: "A2")
        #expect(await bench.channel.messages.last?.jid("to") == MessengerBench.pn, "what worked is remembered")
    }

    @Test func `refused by both names it is permanent`() async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.answer(FakeChannel.error(400), FakeChannel.error(400))
        #expect(await bench.send() == .permanent(code: 400))
        #expect(await bench.channel.messages.count == 2)
        _ = await bench.send(id: "A2")
        #expect(await bench.channel.messages.last?.jid("to") == MessengerBench.lid)
    }

    @Test(arguments: [
        ClientError.refused(IQError(code: 503)), .refused(IQError(code: 429)), .connectionLost(mayHaveLeft: true),
        .timedOut(mayHaveLeft: true), .notConnected, .storeFailed("disk full"),
    ])
    func `a hidden id refused with 400 is no end while the number could not be tried`(error: ClientError) async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.answer(FakeChannel.error(400))
        await bench.channel.refuse("devices", error)
        #expect(await bench.send(id: "A2") == SendOutcome(preparing: error))
        await bench.channel.answer(FakeChannel.error(400))
        #expect(await bench.send(id: "A2") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        #expect(await bench.channel.messages.last?.jid("to") == MessengerBench.pn)
    }

    @Test func `when an acknowledgement is missing, the rest of its chat is as it was, and other chats go on`()
        async throws
    {
        let bench = try await MessengerBench.online()
        await bench.channel.add(try TestPeer(jid("3@lid"), seed: 40))
        let texts = (0..<20).map { number in
            OutgoingText(
                id: "A\(number)", recipient: number.isMultiple(of: 2) ? MessengerBench.lid : jid("3@lid"),
                text: "\(number)")
        }
        await bench.channel.answer(.failure(.timedOut(mayHaveLeft: true)))
        let outcomes = await bench.messenger.send(texts)
        let silent = try #require(outcomes.firstIndex(of: .unknown))
        for (index, outcome) in outcomes.enumerated() where index != silent {
            let expected = SendOutcome.sent(at: Date(timeIntervalSince1970: 1_700_000_001))
            #expect(outcome == (index % 2 == silent % 2 ? .sessionLost : expected), "\(index)")
        }
        #expect(silent < 2)
        #expect(await bench.channel.messages.count == 11)
        _ = await bench.messenger.send(texts)
        #expect(await bench.channel.messages.count == 31)
    }

    @Test(arguments: [463, 475, 479, 429, 503, 404, 420])
    func `other refusals are never sent again by themselves`(code: Int) async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.answer(FakeChannel.error(code))
        let outcome = await bench.send()
        #expect(outcome == SendOutcome(acknowledgement: Node("ack", ["error": .integer(code)]), now: .distantPast))
        #expect(await bench.channel.messages.count == 1)
    }

    @Test(arguments: [479, 400])
    func `stale devices are forgotten, so that the next attempt has new ones`(code: Int) async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.answer(FakeChannel.error(code), FakeChannel.error(code))
        _ = await bench.send(id: "A1")
        await bench.channel.remove(MessengerBench.companion)
        await bench.channel.forget()
        _ = await bench.send(id: "A1")
        #expect(await bench.channel.messages.first?.child("participants")?.children.count == 2)
    }

    @Test func `another participant hash than ours makes the devices stale, but not the message`() async throws {
        let bench = try await MessengerBench.online()
        let all = ["200000000000002", "200000000000002:3", "100000000000001", "100000000000001:12"].map {
            jid("\($0)@lid")
        }
        var ack = FakeChannel.ack(Node("message", ["id": "A1"]))
        ack.attributes["phash"] = .string(try ParticipantHash.hash(of: all))
        await bench.channel.answer(.success(ack))
        #expect(await bench.send(id: "A1") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        await bench.channel.forget()
        _ = await bench.send(id: "A2")
        #expect(await bench.channel.queries.isEmpty, "ours is over the same devices, this one too")
        ack.attributes["phash"] = "2:AAAAAAAA"
        await bench.channel.answer(.success(ack))
        #expect(await bench.send(id: "A3") == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        _ = await bench.send(id: "A4")
        #expect(await bench.channel.queries("usync").count == 1)
    }

    @Test func `a bundle query answered with 406 fetches the devices anew`() async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.refuse("key", .refused(IQError(code: 406)))
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        #expect(await bench.channel.queries.map { $0.string("xmlns") } == ["usync", "encrypt", "usync", "encrypt"])
    }

    @Test func `406 again asks for each device alone, and passes over the one that is gone`() async throws {
        let bench = try await MessengerBench.online()
        let gone = ClientError.refused(IQError(code: 406))
        await bench.channel.refuse("key", gone, gone)
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        #expect(await bench.channel.queries("encrypt").map { $0.child("key")?.children.count } == [3, 3, 1, 1, 1])
    }

    @Test func `a request refused with 429 says how long to wait`() async throws {
        let bench = try await MessengerBench.online()
        for kind in ["devices", "key"] {
            await bench.channel.refuse(kind, .refused(IQError(code: 429, backoff: .seconds(60))))
            #expect(await bench.send() == .refused(.rateLimited(retryAfter: .seconds(60))))
        }
        #expect(await bench.channel.messages.isEmpty)
    }

    @Test func `without connection the message is as it was, and after a byte has left it is unknown`() async throws {
        let bench = try await MessengerBench.online()
        await bench.channel.answer(
            .failure(.timedOut(mayHaveLeft: true)), .failure(.connectionLost(mayHaveLeft: false)))
        #expect(await bench.send(id: "A1") == .unknown)
        #expect(await bench.send(id: "A2") == .sessionLost)
        await bench.channel.disconnect()
        #expect(await bench.send(id: "A3") == .sessionLost)
        await bench.messenger.attach(nil)
        #expect(await bench.send(id: "A4") == .sessionLost)
    }

    @Test func `a token goes with every message, and ours is given once a week`() async throws {
        let bench = try await MessengerBench.online()
        let token = PrivacyToken(token: SecretBytes([7, 7, 7]), date: bench.date.now)
        try await bench.store.write { try $0.savePrivacyToken(token, of: MessengerBench.lid) }
        _ = await bench.send(id: "A1")
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.children.map(\.tag) == ["participants", "device-identity", "tctoken"])
        #expect(stanza.child("tctoken")?.content == .bytes([7, 7, 7]))
        await bench.messenger.performJobs()
        _ = await bench.send(id: "A2")
        await bench.messenger.performJobs()
        #expect(await bench.channel.queries("privacy").count == 1)
        bench.date.advance(by: 5 * 604_800)
        bench.clock.advance(by: .seconds(5 * 604_800))
        _ = await bench.send(id: "A3")
        #expect(await bench.channel.messages.last?.child("tctoken") == nil, "it is too old")
        await bench.messenger.performJobs()
        #expect(await bench.channel.queries("privacy").count == 2)
    }

    @Test func `a stranger gets the stand-in when there is a salt, and we ourselves get nothing`() async throws {
        let bench = try await MessengerBench.online()
        try await bench.store.write { state in
            var device = try state.loadDevice()
            device.nctSalt = SecretBytes((0..<32).map { UInt8($0) })
            try state.saveDevice(device)
        }
        _ = await bench.send(id: "A1")
        let bytes = await bench.channel.messages.first?.child("cstoken")?.bytes
        #expect(bytes?.hex == "6aba3ae852ba473effb8f8e6506ec261870cc68de2207a67d9aecb635e873fb7")
        _ = await bench.send(id: "A2", to: jid(MessengerBench.ownLID))
        let own = try #require(await bench.channel.messages.last)
        #expect(own.child("cstoken") == nil)
        #expect(own.child("participants")?.children.map { $0.jid("jid") } == [MessengerBench.ownPhone])
        #expect(
            try await bench.open(own, at: MessengerBench.ownPhone).deviceSentMessage.message.conversation == "hello")
    }

    @Test func `a chat with disappearing messages says so in the message`() async throws {
        let bench = try await MessengerBench.online()
        let text = OutgoingText(id: "A1", recipient: MessengerBench.lid, text: "gone soon", expiration: 86_400)
        _ = await bench.messenger.send(text)
        let message = try await bench.open(await bench.channel.messages[0], at: MessengerBench.lid)
        #expect(message.extendedTextMessage.text == "gone soon")
        #expect(message.extendedTextMessage.contextInfo.expiration == 86_400)
    }

    @Test func `calls wait for each other`() async throws {
        let bench = try await MessengerBench.online()
        let outcomes = await withTaskGroup(of: SendOutcome.self) { group in
            for number in 0..<20 { group.addTask { await bench.send("\(number)", id: "A\(number)") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(
            outcomes.count == 20 && outcomes.allSatisfy { $0 == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)) })
        var texts: Set<String> = []
        for stanza in await bench.channel.messages {
            texts.insert(try await bench.open(stanza, at: MessengerBench.lid).conversation)
        }
        #expect(texts == Set((0..<20).map(String.init)), "no ratchet key served twice")
    }

    @Test func `without a hidden id of our own everything goes by number`() async throws {
        let bench = try await MessengerBench(hasLID: false)
        try await bench.store.write { try $0.learn(LIDMapping(lid: "200000000000002", pn: "15550002222")) }
        #expect(await bench.send() == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        #expect(await bench.channel.messages.first?.jid("to") == MessengerBench.pn)
    }
}
