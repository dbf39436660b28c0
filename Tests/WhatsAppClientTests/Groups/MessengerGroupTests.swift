import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerGroupTests {
    private static let sent = SendOutcome.sent(at: Date(timeIntervalSince1970: 1_700_000_001))
    private static let devices = [MessengerBench.ownPhone, MessengerBench.lid, MessengerBench.companion]

    @Test func `the stanza has the key for all devices, one ciphertext, and the hash of them all`() async throws {
        let bench = try await GroupBench.online()
        #expect(await bench.send() == Self.sent)
        let stanza = try #require(await bench.channel.messages.first)
        let hash = try ParticipantHash.hash(of: Self.devices + [jid("100000000000001:12@lid")])
        #expect(
            stanza.attributes == [
                "id": "A1", "to": .jid(GroupBench.group), "type": "text", "phash": .string(hash),
                "addressing_mode": "lid",
            ])
        #expect(stanza.children.map(\.tag) == ["participants", "device-identity", "enc"])
        #expect(stanza.child("enc")?.attributes == ["v": "2", "type": "skmsg"])
        #expect(Set(GroupBench.receivers(stanza)) == Set(Self.devices), "this device is not among them")
        let encs = stanza.child("participants")?.children.compactMap { $0.child("enc") } ?? []
        #expect(encs.allSatisfy { $0.attributes == ["v": "2", "type": "pkmsg"] })
        for device in Self.devices { #expect(try await bench.open(stanza, at: device) == "hello") }
    }

    @Test func `a group by phone numbers is addressed by phone numbers`() async throws {
        let bench = try await GroupBench.online()
        await bench.setParticipants(
            [
                Node("participant", ["jid": .jid(MessengerBench.pn), "lid": .jid(MessengerBench.lid)]),
                Node("participant", ["jid": .jid(jid(MessengerBench.ownPN))]),
            ], mode: "pn")
        let stanza = try await bench.sent("hello", id: "A1")
        #expect(stanza.attributes["addressing_mode"] == nil)
        let own = jid(MessengerBench.ownPN)
        let names = [
            MessengerBench.lid: MessengerBench.pn, MessengerBench.companion: try MessengerBench.pn.withDevice(3),
            MessengerBench.ownPhone: own,
        ]
        #expect(Set(GroupBench.receivers(stanza)) == Set(names.values))
        let hash = try ParticipantHash.hash(of: Array(names.values) + [own.withDevice(12)])
        #expect(stanza.string("phash") == hash)
        for (device, name) in names { #expect(try await bench.open(stanza, at: device, as: name) == "hello") }
        // The key goes by device, whatever the group calls it.
        await bench.setMembers([MessengerBench.lid])
        await bench.tellChange()
        let next = try await bench.sent("again", id: "A2")
        #expect(next.child("participants") == nil)
        #expect(try await bench.open(next, at: MessengerBench.companion) == "again")
    }

    @Test func `a member that appears by the other name is called by the group's, or left out`() async throws {
        let bench = try await GroupBench.online()
        for number in 1...3 { _ = try await bench.addPerson(number) }
        // The first is told with both names, the second has to be asked for, the third has none.
        await bench.channel.map(lid: GroupBench.member(2).user, pn: GroupBench.pn(2).user)
        await bench.setParticipants([
            Node(
                "participant",
                ["jid": .jid(GroupBench.pn(1)), "lid": .jid(GroupBench.member(1))]),
            Node("participant", ["jid": .jid(GroupBench.pn(2))]), Node("participant", ["jid": .jid(GroupBench.pn(3))]),
            Node("participant", ["jid": .jid(MessengerBench.lid)]), Node("participant", ["jid": "x@newsletter"]),
            Node("participant"),
        ])
        let stanza = try await bench.sent("hello", id: "A1")
        let expected = Self.devices + [GroupBench.member(1), GroupBench.member(2)]
        #expect(Set(GroupBench.receivers(stanza)) == Set(expected))
        for device in expected { #expect(try await bench.open(stanza, at: device) == "hello") }
        let known = try await bench.bench.store.read { try $0.loadPN(ofLID: GroupBench.member(1).user) }
        #expect(known == GroupBench.pn(1).user, "what the group says of names is remembered")
    }

    @Test func `a group is asked for once, until something has changed or it was long ago`() async throws {
        let bench = try await GroupBench.online()
        func asked() async -> Int { await bench.channel.queries("w:g2").count }
        _ = await bench.send(id: "A1")
        _ = await bench.send(id: "A2")
        #expect(await asked() == 1)
        let query = try #require(await bench.channel.queries("w:g2").first)
        #expect(query.jid("to") == GroupBench.group && query.string("type") == "get")
        #expect(query.children == [Node("query", ["request": "interactive"])])
        await bench.tellChange()
        #expect(await bench.channel.sent.last?.tag == "ack")
        _ = await bench.send(id: "A3")
        #expect(await asked() == 2)
        await bench.bench.handle(Node("ib", children: [Node("dirty", ["type": "groups", "timestamp": "1"])]))
        _ = await bench.send(id: "A4")
        #expect(await asked() == 3)
        bench.bench.clock.advance(by: .seconds(6 * 3600))
        _ = await bench.send(id: "A5")
        #expect(await asked() == 4)
    }

    @Test func `who has the key is known after a restart`() async throws {
        let bench = try await GroupBench.online()
        let first = try await bench.sent("one", id: "A1")
        for device in Self.devices { _ = try await bench.open(first, at: device) }
        let (heard, date) = (bench.bench.heard, bench.bench.date)
        let messenger = Messenger(
            store: bench.bench.store, uploader: bench.bench.uploader, policy: MessengerBench.policy,
            time: SessionTime(clock: bench.bench.clock, date: { date.now }), generator: SeededGenerator(seed: 77),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onEvent: { heard.hear($0) },
            onMessage: { try await heard.hear($0) })
        await messenger.attach(bench.channel)
        await messenger.sessionReached(.connected)
        let outcome = await messenger.send(OutgoingText(id: "A2", recipient: GroupBench.group, text: "two"))
        #expect(outcome == Self.sent)
        let stanza = try #require(await bench.channel.messages.last)
        #expect(stanza.child("participants") == nil)
        #expect(try await bench.open(stanza, at: MessengerBench.companion) == "two")
    }

    @Test func `a key whose message was not acknowledged is given again`() async throws {
        let bench = try await GroupBench.online()
        await bench.channel.answer(.failure(.timedOut(mayHaveLeft: true)), FakeChannel.error(503))
        #expect(await bench.send(id: "A1") == .unknown)
        #expect(await bench.send(id: "A2") == .temporary(.acknowledgement(code: 503)))
        let stanza = try await bench.sent("hello", id: "A1")
        #expect(Set(GroupBench.receivers(stanza)) == Set(Self.devices))
        #expect(try await bench.sent("again", id: "A3").child("participants") == nil)
    }

    @Test func `who may have the key and leaves has it replaced, acknowledged or not`() async throws {
        let bench = try await GroupBench.online()
        let other = try await bench.addPerson(1)
        await bench.setMembers([MessengerBench.lid, other])
        await bench.channel.answer(.failure(.timedOut(mayHaveLeft: true)))
        #expect(await bench.send(id: "A1") == .unknown)
        let lost = try #require(await bench.channel.messages.last)
        _ = try await bench.open(lost, at: other)
        await bench.setMembers([MessengerBench.lid])
        await bench.tellChange()
        let stanza = try await bench.sent("secret", id: "A2")
        let address = bench.bench.address
        #expect(try await !bench.copy(of: other).canRead(stanza, from: address))
    }

    @Test func `a device without keys gets no key, and the others their message`() async throws {
        let bench = try await GroupBench.online()
        try await bench.channel.with(MessengerBench.companion) { peer in
            peer.signedPreKey = SignedPreKey(
                id: 1, keyPair: peer.signedPreKey.keyPair, signature: [UInt8](repeating: 1, count: 64))
        }
        let stanza = try await bench.sent("hello", id: "A1")
        #expect(Set(GroupBench.receivers(stanza)) == [MessengerBench.lid, MessengerBench.ownPhone])
        #expect(try await bench.open(stanza, at: MessengerBench.lid) == "hello")
    }

    @Test func `several messages at once keep their order, and each brings the key until one was taken`() async throws {
        let bench = try await GroupBench.online()
        let texts = (1...3).map { OutgoingText(id: "A\($0)", recipient: GroupBench.group, text: "\($0)") }
        #expect(await bench.bench.messenger.send(texts) == [Self.sent, Self.sent, Self.sent])
        let stanzas = await bench.channel.messages
        #expect(stanzas.map { $0.string("id") } == ["A1", "A2", "A3"])
        // The first two are late at one device.
        for index in [2, 0, 1] {
            #expect(try await bench.open(stanzas[index], at: MessengerBench.lid) == "\(index + 1)")
        }
    }

    @Test func `an attachment says what it is on the ciphertext for all, and the key is none`() async throws {
        let bench = try await GroupBench.online()
        let uploaded = try await bench.bench.messenger.upload(.test(.image, in: bench.bench.uploader)).get()
        _ = await bench.bench.messenger.send(
            OutgoingText(id: "A1", recipient: GroupBench.group, text: "look", attachment: uploaded))
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.string("type") == "media")
        #expect(stanza.child("enc")?.attributes == ["v": "2", "type": "skmsg", "mediatype": "image"])
        let encs = stanza.child("participants")?.children.compactMap { $0.child("enc") } ?? []
        #expect(encs.allSatisfy { $0.attributes["mediatype"] == nil })
        let address = bench.bench.address
        let caption = try await bench.channel.with(MessengerBench.lid) {
            try $0.openGroup(stanza, from: address).imageMessage.caption
        }
        #expect(caption == "look")
    }

    @Test func `in a group whose messages disappear they say so`() async throws {
        let bench = try await GroupBench.online()
        await bench.setMembers([MessengerBench.lid], expiration: 86_400)
        let stanza = try await bench.sent("hello", id: "A1")
        let address = bench.bench.address
        let message = try await bench.channel.with(MessengerBench.lid) { try $0.openGroup(stanza, from: address) }
        #expect(message.extendedTextMessage.text == "hello")
        #expect(message.extendedTextMessage.contextInfo.expiration == 86_400)
    }

    @Test func `no token goes to a group, and none is given for it`() async throws {
        let bench = try await GroupBench.online()
        let token = PrivacyToken(token: SecretBytes([7]), date: bench.bench.date.now)
        try await bench.bench.store.write { try $0.savePrivacyToken(token, of: MessengerBench.lid) }
        let stanza = try await bench.sent("hello", id: "A1")
        await bench.bench.messenger.performJobs()
        #expect(stanza.child("tctoken") == nil)
        #expect(await bench.channel.queries("privacy").isEmpty)
    }
}

/// What goes wrong.
@Suite struct MessengerGroupFailureTests {
    private static let sent = SendOutcome.sent(at: Date(timeIntervalSince1970: 1_700_000_001))

    private static func ack(_ attributes: Attributes) -> Result<Node, ClientError> {
        var all: Attributes = ["class": "message", "t": "1700000001"]
        for attribute in attributes { all[attribute.key] = attribute.value }
        return .success(Node("ack", all))
    }

    @Test(arguments: [400, 401, 403, 404, 405, 406, 410])
    func `a group that the server does not tell us about is not sent to, for good`(code: Int) async throws {
        let bench = try await GroupBench.online()
        await bench.channel.refuse("w:g2", .refused(IQError(code: code)))
        #expect(await bench.send() == .permanent(code: code))
        #expect(await bench.channel.messages.isEmpty)
    }

    @Test(arguments: [
        (ClientError.refused(IQError(code: 500)), SendOutcome.temporary(.query(IQError(code: 500)))),
        (.timedOut(mayHaveLeft: true), .temporary(.noAnswer)), (.notConnected, .sessionLost),
    ])
    func `one that cannot be asked for now is for later`(error: ClientError, outcome: SendOutcome) async throws {
        let bench = try await GroupBench.online()
        await bench.channel.refuse("w:g2", error)
        #expect(await bench.send() == outcome)
        #expect(await bench.send() == Self.sent)
    }

    @Test func `too many questions about groups give them a rest`() async throws {
        let bench = try await GroupBench.online()
        await bench.channel.refuse("w:g2", .refused(IQError(code: 429)))
        #expect(await bench.send() == .refused(.rateLimited(retryAfter: nil)))
        #expect(await bench.send() == .refused(.rateLimited(retryAfter: .seconds(60))))
        #expect(await bench.channel.queries("w:g2").count == 1)
        bench.bench.clock.advance(by: .seconds(60))
        #expect(await bench.send() == Self.sent)
    }

    @Test(arguments: [401, 403, 404, 405, 406])
    func `a message that the group does not take is refused for good, and the group is asked for anew`(
        code: Int
    ) async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.answer(FakeChannel.error(code))
        #expect(await bench.send(id: "A2") == .permanent(code: code))
        #expect(await bench.channel.messages.count == 2, "no other name is tried")
        _ = await bench.send(id: "A3")
        #expect(await bench.channel.queries("w:g2").count == 2)
        #expect(await bench.channel.queries("usync").count == 1)
    }

    @Test func `the failure of a group concerns nobody else in the batch`() async throws {
        let bench = try await GroupBench.online()
        let outcomes = await bench.bench.messenger.send([
            OutgoingText(id: "A1", recipient: jid("1@g.us"), text: "nowhere"),
            OutgoingText(id: "A2", recipient: MessengerBench.lid, text: "Peter"),
            OutgoingText(id: "A3", recipient: GroupBench.group, text: "all"),
            OutgoingText(id: "A4", recipient: jid("1@g.us"), text: "nowhere"),
        ])
        #expect(outcomes == [.permanent(code: 404), Self.sent, Self.sent, .permanent(code: 404)])
    }

    @Test func `another form of address is taken from the answer, once, under the same id`() async throws {
        let bench = try await GroupBench.online()
        await bench.channel.answer(Self.ack(["error": "421", "addressing_mode": "pn"]))
        #expect(await bench.send() == Self.sent)
        let stanzas = await bench.channel.messages
        #expect(stanzas.map { $0.string("id") } == ["A1", "A1"])
        #expect(stanzas.map { $0.string("addressing_mode") } == ["lid", nil])
        let receivers = GroupBench.receivers(stanzas[1])
        #expect(!receivers.isEmpty && receivers.count { $0.isPN } == receivers.count)
        #expect(
            try await bench.open(stanzas[1], at: MessengerBench.lid, as: MessengerBench.pn) == "hello")
        _ = await bench.send(id: "A2")
        #expect(await bench.channel.messages.last?.attributes["addressing_mode"] == nil, "it is remembered")
        await bench.channel.answer(Self.ack(["error": "421"]), Self.ack(["error": "421"]))
        #expect(await bench.send(id: "A3") == .temporary(.acknowledgement(code: 421)))
        #expect(await bench.channel.messages.count == 5)
    }

    @Test func `a stale device among the members has all looked up anew`() async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.forget()
        await bench.channel.answer(FakeChannel.error(479))
        #expect(await bench.send(id: "A2") == .refused(.staleDevices))
        #expect(await bench.send(id: "A2") == Self.sent)
        #expect(await bench.channel.queries("w:g2").count == 1)
        #expect(await bench.channel.queries("usync").count == 1)
    }

    @Test func `devices that the server knows and we did not get the message too, under the same id`() async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        let new = jid("200000000000002:7@lid")
        try await bench.channel.add(TestPeer(new, seed: 60))
        await bench.channel.answer(Self.ack(["phash": "2:other"]))
        #expect(await bench.send("all", id: "A2") == Self.sent)
        let stanzas = await bench.channel.messages
        #expect(stanzas.map { $0.string("id") } == ["A1", "A2", "A2"])
        #expect(GroupBench.receivers(stanzas[2]) == [new])
        #expect(try await bench.open(stanzas[2], at: new) == "all")
    }

    @Test func `what becomes of the second copy does not take back that the first was sent`() async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        try await bench.channel.add(TestPeer(jid("200000000000002:7@lid"), seed: 60))
        await bench.channel.answer(Self.ack(["phash": "2:other"]), FakeChannel.error(503))
        #expect(await bench.send(id: "A2") == Self.sent)
        #expect(await bench.channel.messages.count == 3)
    }

    @Test func `a hash that stays another is not followed for ever`() async throws {
        let bench = try await GroupBench.online()
        for number in 0..<4 {
            await bench.channel.answer(Self.ack(["phash": "2:other"]))
            #expect(await bench.send(id: "A\(number)") == Self.sent)
        }
        #expect(await bench.channel.messages.count == 4)
        #expect(await bench.channel.queries("w:g2").count == 2)
        await bench.channel.answer(Self.ack(["phash": "2:third"]))
        #expect(await bench.send(id: "B1") == Self.sent)
        #expect(await bench.channel.queries("w:g2").count == 3, "another one is looked into")
    }

    @Test func `nothing leaves when the store cannot be written`() async throws {
        let bench = try await GroupBench.online()
        _ = await bench.send(id: "A1")
        await bench.channel.forget()
        bench.bench.store.setBroken(true)
        #expect(await bench.send(id: "A2") == .temporary(.storeFailed("disk full")))
        #expect(await bench.channel.messages.isEmpty)
    }

    @Test func `a group in which there is nobody else is not sent to`() async throws {
        let bench = try await GroupBench.online()
        await bench.channel.remove(MessengerBench.ownPhone)
        await bench.setMembers([])
        #expect(await bench.send() == .temporary(.noDevices))
    }

    @Test func `an answer without a group is no answer`() async throws {
        let bench = try await GroupBench.online()
        await bench.channel.setGroup(GroupBench.group, Node("nothing"))
        #expect(await bench.send() == .temporary(.noAnswer))
    }
}
