import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import SpoolTestSupport
import Synchronization
import WhatsAppBinary
import WhatsAppProto
import WhatsAppStoreConformance

@testable import WhatsAppClient

/// What a messenger told, in order.
final class Heard: Sendable {
    private struct State {
        var events: [ClientEvent] = []
        var messages: [MessageEvent] = []
        var failures = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var events: [ClientEvent] { self.state.withLock { $0.events } }
    var messages: [MessageEvent] { self.state.withLock { $0.messages } }
    /// How many message events wait for `release`.
    var heldCount: Int { self.state.withLock { $0.held.count } }

    var texts: [InboundText] {
        self.messages.compactMap { event in
            if case .text(let text) = event { text } else { nil }
        }
    }

    func hear(_ event: ClientEvent) { self.state.withLock { $0.events.append(event) } }

    func hear(_ event: MessageEvent) async throws {
        await withCheckedContinuation { continuation in
            let isHeld = self.state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        try self.state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw Unexpected("the queue cannot be written")
            }
            state.messages.append(event)
        }
    }

    /// The next message events cannot be stored.
    func failNext(_ count: Int) { self.state.withLock { $0.failures = count } }

    /// Message events wait from now on.
    func hold() { self.state.withLock { $0.isHeld = true } }

    func release() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            state.isHeld = false
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}

final class Counter: Sendable {
    private let state = Mutex(0)

    var value: Int { self.state.withLock { $0 } }
    func increment() { self.state.withLock { $0 += 1 } }
}

/// The date on the wall, which tests move.
final class TestDate: Sendable {
    private let value = Mutex(Date(timeIntervalSince1970: 1_700_000_000))

    var now: Date { self.value.withLock { $0 } }
    func advance(by seconds: Double) { self.value.withLock { $0 += seconds } }
}

/// A store that fails when a test wants.
struct FragileStore: DeviceStore {
    let base: MemoryDeviceStore
    private let state = Flag()

    final class Flag: Sendable {
        let isBroken = Mutex(false)
        let writes = Mutex(0)
    }

    init(_ base: MemoryDeviceStore) { self.base = base }

    var writes: Int { self.state.writes.withLock { $0 } }
    func setBroken(_ isBroken: Bool) { self.state.isBroken.withLock { $0 = isBroken } }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws -> Value {
        if self.state.isBroken.withLock({ $0 }) { throw Unexpected("disk full") }
        self.state.writes.withLock { $0 += 1 }
        return try await self.base.write(body)
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any DeviceState) throws -> Value) async throws -> Value {
        try await self.base.read(body)
    }
}

/// A linked device (15550001111, device 12), its server, and Peter (15550002222) with a phone and a companion.
struct MessengerBench {
    static let ownPN = "15550001111@s.whatsapp.net"
    static let ownLID = "100000000000001@lid"
    static let lid = jid("200000000000002@lid")
    static let companion = jid("200000000000002:3@lid")
    static let pn = jid("15550002222@s.whatsapp.net")
    static let ownPhone = jid("100000000000001@lid")

    let account: LinkedAccount
    let store: FragileStore
    let channel = FakeChannel()
    let uploader = FakeUploader()
    let heard = Heard()
    let clock = TestClock()
    let date = TestDate()
    let messenger: Messenger

    /// As usual, but with less keys to make.
    static var policy: MessagePolicy {
        var policy = MessagePolicy()
        policy.firstPreKeyCount = 20
        return policy
    }

    init(policy: MessagePolicy = Self.policy, hasLID: Bool = true) async throws {
        var generator = SeededGenerator(seed: 21)
        let fixture = try LinkedAccountFixture(using: &generator)
        var account = fixture.account
        if !hasLID { account.lid = nil }
        self.account = account
        self.store = FragileStore(MemoryDeviceStore(LinkedDevice(keys: fixture.keys, account: account)))
        let (heard, date) = (self.heard, self.date)
        self.messenger = Messenger(
            store: self.store, uploader: self.uploader, policy: policy,
            time: SessionTime(clock: self.clock, date: { date.now }), generator: SeededGenerator(seed: 22),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onEvent: { heard.hear($0) }, onMessage: { try await heard.hear($0) })
        await self.messenger.attach(self.channel)
        await self.channel.map(lid: "200000000000002", pn: "15550002222")
        await self.channel.map(lid: "100000000000001", pn: "15550001111")
        await self.channel.add(try TestPeer(Self.lid, seed: 31))
        await self.channel.add(try TestPeer(Self.companion, seed: 32))
        await self.channel.add(try TestPeer(Self.ownPhone, seed: 33))
        await self.channel.add(try TestPeer(jid("100000000000001:12@lid"), seed: 34))
    }

    /// A device that knows Peter by both names and is online.
    static func online() async throws -> MessengerBench {
        let bench = try await MessengerBench()
        try await bench.store.write { state in
            try state.learn(LIDMapping(lid: "200000000000002", pn: "15550002222"))
            try state.learn(LIDMapping(lid: "100000000000001", pn: "15550001111"))
        }
        await bench.messenger.sessionReached(.loggedIn)
        await bench.messenger.sessionReached(.connected)
        await bench.messenger.sessionReached(.drained)
        await bench.messenger.performJobs()
        await bench.channel.forget()
        return bench
    }

    /// Our own address, as others store it.
    var address: ProtocolAddress { ProtocolAddress(jid("100000000000001:12@lid")) }

    func send(_ text: String = "hello", id: String = "A1", to recipient: JID = Self.lid) async -> SendOutcome {
        await self.messenger.send(OutgoingText(id: id, recipient: recipient, text: text))
    }

    /// The message for one device in a stanza of ours, decrypted.
    /// - Parameter name: how the stanza names the device, when not by hidden id.
    func open(_ stanza: Node, at device: JID, as name: JID? = nil) async throws -> WAMessage {
        let participants = stanza.child("participants")?.children("to") ?? []
        let participant = participants.first { $0.jid("jid") == name ?? device }
        guard let enc = stanza.child("enc") ?? participant?.child("enc") else {
            throw Unexpected("nothing for \(device)")
        }
        let address = self.address
        return try await self.channel.with(device) { try $0.open(enc, from: address) }
    }

    /// A message from a device, which gets our bundle first when it has no session.
    func message(
        _ message: WAMessage, id: String = "B1", from device: JID = Self.lid, attributes: Attributes = [:]
    ) async throws -> Node {
        let address = self.address
        let bundle = try await self.bundle()
        let enc = try await self.channel.with(device) { peer in
            if peer.store.sessions[address] == nil { try peer.startSession(with: bundle, for: address) }
            return try peer.enc(message, to: address)
        }
        var all: Attributes = [
            "from": .jid(device), "id": .string(id), "type": "text", "t": "1700000100", "notify": "Peter",
        ]
        for attribute in attributes { all[attribute.key] = attribute.value }
        return Node("message", all, children: [enc])
    }

    /// Our bundle, with the first one-time key that is left.
    func bundle() async throws -> PreKeyBundle {
        let (keys, preKey) = try await self.store.read { state in
            (try state.loadDevice().keys, try (1...900).lazy.compactMap { try state.loadPreKey($0) }.first)
        }
        return PreKeyBundle(of: keys.identity, signedPreKey: keys.signedPreKey, preKey: preKey)
    }

    /// A receipt from Peter.
    static func receipt(
        _ id: String = "A1", type: String? = nil, from: JID = Self.lid, children: [Node] = []
    ) -> Node {
        var node = Node("receipt", ["id": .string(id), "from": .jid(from), "t": "1700000200"])
        node.attributes["type"] = type.map { .string($0) }
        if !children.isEmpty { node.content = .nodes(children) }
        return node
    }

    static func retry(
        _ id: String = "A1", count: Int = 1, from: JID = Self.lid, registration: UInt32? = nil, keys: Node? = nil
    ) -> Node {
        var children = [Node("retry", ["count": .integer(count), "id": .string(id), "t": "1700000300", "v": "1"])]
        if let registration { children.append(Node("registration", bytes: registration.bigEndianBytes)) }
        if let keys { children.append(keys) }
        return self.receipt(id, type: "retry", from: from, children: children)
    }

    static func notification(_ type: String, from: JID, id: String = "N1", children: [Node] = []) -> Node {
        Node(
            "notification", ["type": .string(type), "from": .jid(from), "id": .string(id), "t": "1700000400"],
            children: children)
    }

    func handle(_ stanza: Node) async { await self.messenger.handle(stanza) }
}
