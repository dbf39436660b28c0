import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct MessengerReceiveTests {
    private static let peter = Person(lid: MessengerBench.lid, pn: MessengerBench.pn)
    private static let own = Person(lid: jid(MessengerBench.ownLID), pn: jid(MessengerBench.ownPN))

    @Test func `a text is told with both names and then confirmed`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(
            try await bench.message(
                WAMessage(text: "STOP"), from: MessengerBench.companion, attributes: ["offline": "0"]))
        #expect(
            bench.heard.texts == [
                InboundText(
                    id: "B1", chat: Self.peter, sender: Self.peter, isFromMe: false, text: "STOP", editedID: nil,
                    pushName: "Peter", date: Date(timeIntervalSince1970: 1_700_000_100), isBacklog: true)
            ])
        #expect(
            await bench.channel.sent == [
                Node("receipt", ["id": "B1", "to": .jid(MessengerBench.companion), "type": "inactive"])
            ])
    }

    @Test func `the stanza's own words connect the two names`() async throws {
        let bench = try await MessengerBench()
        await bench.handle(
            try await bench.message(WAMessage(text: "hi"), attributes: ["sender_pn": .jid(MessengerBench.pn)]))
        #expect(bench.heard.texts.first?.sender == Self.peter)
        #expect(try await bench.store.read { try $0.loadPN(ofLID: "200000000000002") } == "15550002222")
    }

    @Test func `a session that began under the number goes on under the hidden id`() async throws {
        let bench = try await MessengerBench()
        let phone = MessengerBench.lid
        var first = try await bench.message(WAMessage(text: "one"), id: "B1")
        first.attributes["from"] = .jid(MessengerBench.pn)
        await bench.handle(first)
        #expect(bench.heard.texts.map(\.sender) == [Person(lid: nil, pn: MessengerBench.pn)])
        var second = try await bench.message(WAMessage(text: "two"), id: "B2")
        second.attributes["from"] = .jid(MessengerBench.pn)
        second.attributes["sender_lid"] = .jid(phone)
        await bench.handle(second)
        await bench.handle(try await bench.message(WAMessage(text: "three"), id: "B3"))
        #expect(bench.heard.texts.map(\.text) == ["one", "two", "three"])
        let addresses = [ProtocolAddress(phone), ProtocolAddress(MessengerBench.pn)]
        let sessions = try await bench.store.read { try $0.loadSessions(for: addresses) }
        #expect(Set(sessions.keys) == [addresses[0]])
    }

    @Test func `a stanza that comes again is confirmed again and told once`() async throws {
        let bench = try await MessengerBench.online()
        let stanza = try await bench.message(WAMessage(text: "once"))
        for _ in 0..<3 { await bench.handle(stanza) }
        #expect(bench.heard.texts.count == 1)
        #expect(await bench.channel.sent.map(\.tag) == ["receipt", "receipt", "receipt"])
    }

    @Test func `a message whose event could not be stored is told when it comes again`() async throws {
        let bench = try await MessengerBench.online()
        let stanza = try await bench.message(WAMessage(text: "once"))
        bench.heard.failNext(1)
        await bench.handle(stanza)
        #expect(bench.heard.texts.isEmpty)
        #expect(await bench.channel.sent.isEmpty, "the server keeps it")
        await bench.handle(stanza)
        #expect(bench.heard.texts.map(\.text) == ["once"])
        await bench.handle(stanza)
        #expect(bench.heard.texts.count == 1)
    }

    @Test func `the same id in another ciphertext is told once`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(try await bench.message(WAMessage(text: "once"), id: "B1"))
        await bench.handle(try await bench.message(WAMessage(text: "once"), id: "B1"))
        await bench.handle(try await bench.message(WAMessage(text: "again"), id: "B1", from: MessengerBench.companion))
        #expect(bench.heard.texts.map(\.text) == ["once"])
        #expect(await bench.channel.sent.map { $0.string("type") } == ["inactive", "inactive", "inactive"])
    }

    @Test func `a first message without one-time key cannot be played again after its session is gone`() async throws {
        let bench = try await MessengerBench.online()
        let address = bench.address
        let keys = try await bench.store.read { try $0.loadDevice().keys }
        try await bench.channel.with(MessengerBench.lid) { peer in
            try peer.startSession(
                with: PreKeyBundle(of: keys.identity, signedPreKey: keys.signedPreKey, preKey: nil), for: address)
        }
        let stanza = try await bench.message(WAMessage(text: "pay"), id: "B1")
        await bench.handle(stanza)
        await bench.handle(
            MessengerBench.notification("encrypt", from: MessengerBench.lid, children: [Node("identity")]))
        await bench.handle(stanza)
        var renamed = stanza
        renamed.attributes["id"] = "B2"
        await bench.handle(renamed)
        #expect(bench.heard.texts.map(\.text) == ["pay"])
    }

    @Test func `nothing is confirmed while the store cannot be written`() async throws {
        let bench = try await MessengerBench.online()
        let stanza = try await bench.message(WAMessage(text: "late"))
        bench.store.setBroken(true)
        await bench.handle(stanza)
        #expect(bench.heard.texts.isEmpty)
        #expect(await bench.channel.sent.isEmpty)
        bench.store.setBroken(false)
        await bench.handle(stanza)
        #expect(bench.heard.texts.map(\.text) == ["late"])
    }

    @Test func `while we are online receipts say so`() async throws {
        let bench = try await MessengerBench.online()
        await #expect(throws: ClientError.unsendable(nil), "a name is needed") {
            try await bench.messenger.setPresence(.available)
        }
        try await bench.store.write { state in
            var device = try state.loadDevice()
            device.pushName = "Spool"
            try state.saveDevice(device)
        }
        try await bench.messenger.setPresence(.available)
        await bench.handle(try await bench.message(WAMessage(text: "1"), id: "B1"))
        try await bench.messenger.setPresence(.unavailable)
        await bench.handle(try await bench.message(WAMessage(text: "2"), id: "B2"))
        let receipts = await bench.channel.sent.filter { $0.tag == "receipt" }
        #expect(receipts.map { $0.string("type") } == [nil, "inactive"])
        #expect(await bench.channel.sent.first == Node("presence", ["type": "available", "name": "Spool"]))
    }

    @Test func `what we wrote on the phone is told with its chat, and confirmed as the sender's`() async throws {
        let bench = try await MessengerBench.online()
        var message = WAMessage()
        message.deviceSentMessage.destinationJid = MessengerBench.lid.description
        message.deviceSentMessage.message.conversation = "I answer"
        await bench.handle(
            try await bench.message(
                message, from: MessengerBench.ownPhone, attributes: ["recipient": .jid(MessengerBench.lid)]))
        let text = try #require(bench.heard.texts.first)
        #expect(text.isFromMe && text.chat == Self.peter && text.sender == Self.own && text.text == "I answer")
        let receipt = try #require(await bench.channel.sent.first)
        #expect(receipt.string("type") == "sender" && receipt.jid("recipient") == MessengerBench.lid)
    }

    @Test func `a copy that a stranger claims we sent is dropped`() async throws {
        let bench = try await MessengerBench.online()
        var message = WAMessage()
        message.deviceSentMessage.destinationJid = MessengerBench.lid.description
        message.deviceSentMessage.message.conversation = "I never said that"
        await bench.handle(try await bench.message(message))
        #expect(bench.heard.texts.isEmpty)
        #expect(await bench.channel.sent.map(\.tag) == ["receipt"])
    }

    @Test func `history from our phone has a receipt more`() async throws {
        let bench = try await MessengerBench.online()
        var message = WAMessage()
        message.protocolMessage.type = .historySyncNotification
        await bench.handle(
            try await bench.message(message, from: MessengerBench.ownPhone, attributes: ["category": "peer"]))
        #expect(
            await bench.channel.sent == [
                Node("receipt", ["id": "B1", "to": .jid(MessengerBench.ownPhone), "type": "peer_msg"]),
                Node("receipt", ["id": "B1", "to": .jid(MessengerBench.ownPhone), "type": "hist_sync"]),
            ])
    }

    @Test func `what is not for us is taken off the queue`() async throws {
        let bench = try await MessengerBench.online()
        let enc = Node("enc", ["v": "2", "type": "skmsg"], bytes: [1, 2, 3])
        let stanzas = [
            Node("message", ["from": "2@lid", "id": "1"], children: [enc]),
            Node("message", ["from": "status@broadcast", "id": "2", "participant": "2@lid"], children: [enc]),
            Node("message", ["from": "1@newsletter", "id": "3"], children: [Node("plaintext", bytes: [1])]),
            Node("message", ["from": "2@lid", "id": "5"], children: [Node("enc", ["type": "new"], bytes: [1])]),
            Node("message", ["from": "2@lid", "id": "6"]),
        ]
        for stanza in stanzas { await bench.handle(stanza) }
        #expect(await bench.channel.sent == stanzas.map { .acknowledging($0) })
    }

    @Test func `what is no text is told as something that a person has sent, once`() async throws {
        let bench = try await MessengerBench.online()
        var message = WAMessage()
        message.imageMessage.mimetype = "image/jpeg"
        let stanza = try await bench.message(message)
        for _ in 0..<2 { await bench.handle(stanza) }
        #expect(bench.heard.texts.map(\.text) == [nil])
        #expect(bench.heard.texts.first?.sender == Self.peter)
        #expect(await bench.channel.sent.map(\.tag) == ["receipt", "receipt"])
        message = WAMessage()
        message.reactionMessage.text = "👍"
        await bench.handle(try await bench.message(message, id: "B2"))
        #expect(bench.heard.texts.count == 1)
    }

    @Test func `what this device does not get to see is told too, and acknowledged`() async throws {
        let bench = try await MessengerBench.online()
        let hidden = [Node("unavailable", ["type": "view_once"])]
        let stanzas = [
            Node("message", ["from": .jid(MessengerBench.lid), "id": "1"], children: hidden),
            Node("message", ["from": .jid(MessengerBench.ownPhone), "id": "2"], children: hidden),
        ]
        for stanza in stanzas { await bench.handle(stanza) }
        #expect(bench.heard.texts.map(\.text) == [nil, nil])
        #expect(bench.heard.texts.map(\.isFromMe) == [false, true])
        #expect(await bench.channel.sent == stanzas.map { .acknowledging($0) })
    }

    @Test func `what cannot be handled has a code`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(
            Node("message", ["from": "2@lid", "id": "1"], children: [Node("enc", ["type": "msmsg"], bytes: [1])]))
        await bench.handle(Node("message", ["from": "not@an@address", "id": "2"]))
        await bench.handle(Node("message", ["id": "3"]))
        #expect(await bench.channel.sent.map { $0.string("error") } == ["495", "487"])
    }

    @Test func `a new identity replaces the old one and is told`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(try await bench.message(WAMessage(text: "old"), id: "B1"))
        try await bench.channel.with(MessengerBench.lid) { try $0.reinstall() }
        await bench.handle(try await bench.message(WAMessage(text: "new"), id: "B2"))
        #expect(bench.heard.texts.map(\.text) == ["old", "new"])
        #expect(bench.heard.events == [.identityChanged(of: MessengerBench.lid)])
    }

    @Test func `a message that cannot be opened is asked for again, with keys the second time`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.send()
        _ = try await bench.open(await bench.channel.messages[0], at: MessengerBench.lid)
        await bench.handle(try await bench.message(WAMessage(text: "fine"), id: "B0"))
        await bench.channel.forget()
        var broken = try await bench.message(WAMessage(text: "lost"), id: "B1")
        var bytes = try #require(broken.child("enc")?.bytes)
        bytes[bytes.count - 1] ^= 1
        broken.content = .nodes([
            Node("enc", ["v": "2", "type": broken.child("enc")?.attributes["type"] ?? "msg"], bytes: bytes)
        ])
        for _ in 0..<7 { await bench.handle(broken) }
        let sent = await bench.channel.sent
        let retries = sent.filter { $0.string("type") == "retry" }
        #expect(retries.map { $0.child("retry")?.string("count") } == ["1", "2", "3", "4", "5"])
        try #require(retries.map { $0.child("keys") != nil } == [false, true, true, true, true])
        #expect(sent.count { $0.tag == "ack" } == 7, "each copy leaves the queue")
        #expect(bench.heard.texts.count == 1)

        // The phone starts a new session with the keys, and says the same again.
        let request = try #require(RetryRequest(Self.from(bench.address, retries[1])))
        let address = bench.address
        let enc = try await bench.channel.with(MessengerBench.lid) { peer in
            try peer.startSession(with: try #require(request.bundle), for: address)
            return try peer.enc(WAMessage(text: "found"), to: address)
        }
        broken.content = .nodes([enc])
        await bench.handle(broken)
        #expect(bench.heard.texts.map(\.text) == ["fine", "found"])
    }

    /// A receipt as the other side gets it.
    private static func from(_ address: ProtocolAddress, _ receipt: Node) -> Node {
        var receipt = receipt
        receipt.attributes["from"] = .jid(jid("100000000000001:12@lid"))
        return receipt
    }

    @Test func `without a session the first request has keys already`() async throws {
        let bench = try await MessengerBench.online()
        await bench.handle(try await bench.message(WAMessage(text: "1"), id: "B1"))
        _ = await bench.send()
        _ = try await bench.open(await bench.channel.messages[0], at: MessengerBench.lid)
        try await bench.store.write { try $0.deleteSessions(for: [ProtocolAddress(MessengerBench.lid)]) }
        await bench.handle(try await bench.message(WAMessage(text: "2"), id: "B2"))
        let retry = try #require(await bench.channel.sent.first { $0.string("type") == "retry" })
        #expect(retry.child("keys")?.child("device-identity") != nil)
        let id = try #require(retry.child("keys")?.child("key")?.child("id")?.bytes.flatMap(UInt32.init(keyID:)))
        let (key, waiting) = try await bench.store.read {
            (try $0.loadPreKey(id), try $0.loadPreKeysToUpload(limit: 99))
        }
        #expect(key != nil && waiting.isEmpty, "the key is stored, as one that was uploaded")
    }

    @Test func `typing is told and not acknowledged`() async throws {
        let bench = try await MessengerBench.online()
        for tag in ["composing", "paused", "dancing"] {
            await bench.handle(Node("chatstate", ["from": .jid(MessengerBench.lid)], children: [Node(tag)]))
        }
        #expect(bench.heard.messages == [.chatState(.composing, of: Self.peter), .chatState(.paused, of: Self.peter)])
        #expect(await bench.channel.sent.isEmpty)
    }
}
