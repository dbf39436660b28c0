import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

/// Two devices, a bad network and an attacker on it. What must become of each message is told from the receiver's state
/// before it gets there, by the names of keys alone.
struct SessionWalk {
    struct Packet {
        let sender, receiver: Int
        let message: CiphertextMessage
        let plaintext: [UInt8]
        let counter: UInt32
        let baseKey, ratchetKey: PublicKey
        /// The receiver's ratchet key that the chain was made with.
        let peerRatchetKey: PublicKey
        let senderIdentity, receiverIdentity: IdentityKey
        let preKeyID: UInt32?
        let signedPreKeyID: UInt32
        /// How often the receiver had dropped its record when it read this; nil when it has not.
        var readAtDrop: Int?
    }

    enum Expectation: Equatable {
        case plaintext
        case refusal(SignalError.Kind)
    }

    let seed: UInt64
    var generator: SeededGenerator
    var devices: [Device] = []
    var packets: [Packet] = []
    var drops = [0, 0]
    var step = 0
    /// What happened how often, so that a walk that tests nothing is noticed.
    var tally: [String: Int] = [:]

    init(seed: UInt64) throws {
        self.seed = seed
        self.generator = SeededGenerator(seed: seed)
        for index in 0..<2 { self.devices.append(try self.install(index)) }
    }

    private var place: Comment { "seed \(self.seed), step \(self.step)" }

    private mutating func install(_ index: Int) throws -> Device {
        try Device(
            ["alice", "bob"][index], signedPreKeyID: UInt32.random(in: 1...2, using: &self.generator),
            using: &self.generator)
    }

    mutating func walk(_ steps: Int) throws {
        for _ in 0..<steps {
            self.step += 1
            switch Int.random(in: 0..<1000, using: &self.generator) {
            case 0..<430: try self.send()
            case 430..<780: try self.deliver()
            case 780..<840: try self.deliverAgain()
            case 840..<910: try self.tamper()
            case 910..<960: self.lose()
            case 960..<980: try self.start(self.anyDevice())
            case 980..<988: self.forget(self.anyDevice())
            case 988..<993: try self.reinstall(self.anyDevice())
            default: try self.talk()
            }
        }
    }

    private mutating func anyDevice() -> Int { Int.random(in: 0..<2, using: &self.generator) }

    private mutating func start(_ sender: Int) throws {
        let withPreKey = Int.random(in: 0..<4, using: &self.generator) > 0
        let bundle = try self.devices[1 - sender].bundle(withPreKey: withPreKey, using: &self.generator)
        let address = self.devices[1 - sender].address
        let change = try self.devices[sender].cipher.startSession(
            with: bundle, for: address, in: &self.devices[sender].store, using: &self.generator)
        if case .replaced = change { self.drops[sender] += 1 }
        self.tally["start", default: 0] += 1
    }

    private mutating func forget(_ index: Int) {
        self.devices[index].store.sessions = [:]
        self.drops[index] += 1
    }

    private mutating func reinstall(_ index: Int) throws {
        self.devices[index] = try self.install(index)
        self.drops[index] += 1
        self.tally["reinstall", default: 0] += 1
    }

    private mutating func send() throws {
        let sender = self.anyDevice()
        let peer = self.devices[1 - sender]
        if self.devices[sender].record(for: peer) == nil { try self.start(sender) }
        let state = try #require(self.devices[sender].record(for: peer)).current
        let plaintext = self.generator.bytes(count: Int.random(in: 0..<40, using: &self.generator))
        let message = try self.devices[sender].encrypt(plaintext, for: peer)
        #expect((message.kind == .preKeySignalMessage) == (state.pendingPreKey != nil), self.place)
        self.packets.append(
            Packet(
                sender: sender, receiver: 1 - sender, message: message, plaintext: plaintext,
                counter: state.sendingChainKey.index, baseKey: state.baseKey,
                ratchetKey: state.ratchetKeyPair.publicKey,
                peerRatchetKey: try #require(state.receiverChains.last).ratchetKey,
                senderIdentity: state.localIdentity, receiverIdentity: state.remoteIdentity,
                preKeyID: state.pendingPreKey?.preKeyID, signedPreKeyID: state.pendingPreKey?.signedPreKeyID ?? 0))
        if self.packets.count > 60 { self.packets.removeFirst(20) }
    }

    /// A stretch without trouble: each side in turn writes and is read, so that ratchets turn.
    private mutating func talk() throws {
        for _ in 0..<4 {
            try self.send()
            try self.deliver(self.packets.count - 1)
        }
    }

    private mutating func lose() {
        guard !self.packets.isEmpty else { return }
        self.packets.remove(at: Int.random(in: self.packets.indices, using: &self.generator))
    }

    /// Mostly one of the latest, so that talks go on, sometimes any.
    private mutating func choose(read isRead: Bool) -> Int? {
        let wanted = self.packets.indices.filter { (self.packets[$0].readAtDrop != nil) == isRead }
        let isAny = Int.random(in: 0..<10, using: &self.generator) == 0
        return (isAny ? wanted[...] : wanted.suffix(5)).randomElement(using: &self.generator)
    }

    private mutating func deliver() throws {
        guard let index = self.choose(read: false) else { return }
        try self.deliver(index)
    }

    private mutating func deliverAgain() throws {
        guard let index = self.choose(read: true) else { return }
        try self.deliver(index)
    }

    private mutating func deliver(_ index: Int) throws {
        let packet = self.packets[index]
        let expectation = self.expectation(of: packet)
        let before = self.devices[packet.receiver]
        do {
            let decryption = try self.receive(packet.message, like: packet)
            #expect(expectation == .plaintext, self.place)
            try self.check(decryption, of: packet, before: before)
            self.markRead(index, decryption)
        } catch let error as SignalError {
            #expect(expectation == .refusal(error.kind), self.place)
            self.tally["\(error.kind)", default: 0] += 1
            try self.expectUnchanged(before, at: packet.receiver)
        }
    }

    private mutating func tamper() throws {
        guard let index = self.choose(read: false) else { return }
        let packet = self.packets[index]
        var bytes = packet.message.serialized
        let position = Int.random(in: bytes.indices, using: &self.generator)
        if Int.random(in: 0..<5, using: &self.generator) == 0 {
            bytes.removeSubrange(position...)
        } else {
            bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self.generator)
        }
        let before = self.devices[packet.receiver]
        do {
            let message = CiphertextMessage(kind: packet.message.kind, serialized: bytes)
            let decryption = try self.receive(message, like: packet)
            // What is around the message is not under its MAC; what it says does not change the plaintext.
            #expect(packet.message.kind == .preKeySignalMessage, self.place)
            #expect(decryption.plaintext == packet.plaintext, self.place)
            self.markRead(index, decryption)
        } catch is SignalError {
            self.tally["tampered", default: 0] += 1
            try self.expectUnchanged(before, at: packet.receiver)
        }
    }

    private mutating func receive(_ message: CiphertextMessage, like packet: Packet) throws -> Decryption {
        try self.devices[packet.receiver].decrypt(
            message, from: self.devices[packet.sender].address, using: &self.generator)
    }

    private mutating func markRead(_ index: Int, _ decryption: Decryption) {
        let receiver = self.packets[index].receiver
        if case .replaced = decryption.identityChange { self.drops[receiver] += 1 }
        if let drop = self.packets[index].readAtDrop {
            // Only a first message without a one-time pre-key can come twice, and only to who forgot the session.
            let packet = self.packets[index]
            #expect(packet.message.kind == .preKeySignalMessage && packet.preKeyID == nil, self.place)
            #expect(drop < self.drops[receiver], self.place)
        }
        self.packets[index].readAtDrop = self.drops[receiver]
        self.tally["read", default: 0] += 1
    }
}

extension SessionWalk {
    private func expectation(of packet: Packet) -> Expectation {
        let receiver = self.devices[packet.receiver]
        let record = receiver.store.sessions[self.devices[packet.sender].address]
        switch packet.message.kind {
        case .signalMessage:
            guard let record else { return .refusal(.noSession) }
            return record.expectation(of: packet) ?? .refusal(.badMAC)
        case .preKeySignalMessage:
            let usable = record?.remoteIdentity == packet.senderIdentity ? record : nil
            return usable?.expectation(of: packet) ?? receiver.expectation(ofFirst: packet)
        }
    }

    private func check(_ decryption: Decryption, of packet: Packet, before: Device) throws {
        #expect(decryption.plaintext == packet.plaintext, self.place)
        let address = self.devices[packet.sender].address
        let after = self.devices[packet.receiver].store
        var preKeys = before.store.preKeys
        if let id = decryption.changes.consumedPreKeyID { preKeys[id] = nil }
        #expect(after.preKeys == preKeys, self.place)
        let record = try #require(after.sessions[address])
        #expect(record.baseKey == packet.baseKey && record.remoteIdentity == packet.senderIdentity, self.place)
        #expect(after.identities[address] == packet.senderIdentity, self.place)
        #expect(record.current.pendingPreKey == nil, self.place)
        if self.step.isMultiple(of: 16) {
            #expect(try SessionRecord(serialized: record.serialized()) == record, self.place)
        }
    }

    private func expectUnchanged(_ before: Device, at index: Int) throws {
        let after = self.devices[index].store
        #expect(after.sessions == before.store.sessions, self.place)
        #expect(after.identities == before.store.identities, self.place)
        #expect(after.preKeys == before.store.preKeys, self.place)
        if self.step.isMultiple(of: 16) {
            for (address, record) in after.sessions {
                #expect(try record.serialized() == before.store.sessions[address]?.serialized(), self.place)
            }
        }
    }
}

extension SessionRecord {
    /// nil when none of the sessions is the packet's.
    fileprivate func expectation(of packet: SessionWalk.Packet) -> SessionWalk.Expectation? {
        guard let state = ([self.current] + self.archived).first(where: { $0.baseKey == packet.baseKey }) else {
            return nil
        }
        guard let chain = state.receiverChains.first(where: { $0.ratchetKey == packet.ratchetKey }) else {
            return state.ratchetKeyPair.publicKey == packet.peerRatchetKey ? .plaintext : .refusal(.badMAC)
        }
        let isOpen =
            packet.counter >= chain.chainKey.index
            || chain.skippedKeys.entries.contains { $0.counter == packet.counter }
        return isOpen ? .plaintext : .refusal(.duplicateMessage)
    }
}

extension Device {
    /// What becomes of a message that starts a session we do not know.
    fileprivate func expectation(ofFirst packet: SessionWalk.Packet) -> SessionWalk.Expectation {
        guard self.store.signedPreKeys[packet.signedPreKeyID] != nil else { return .refusal(.invalidSignedPreKeyID) }
        if let id = packet.preKeyID, self.store.preKeys[id] == nil { return .refusal(.invalidPreKeyID) }
        return packet.receiverIdentity == self.identityKey ? .plaintext : .refusal(.badMAC)
    }
}
