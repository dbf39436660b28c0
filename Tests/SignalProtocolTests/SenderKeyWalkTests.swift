import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct SenderKeyWalkTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `members read every group message once or say why not, whatever the network does`(seed: UInt64) throws {
        var walk = try SenderKeyWalk(seed: seed)
        try walk.walk(250)
        for event in ["read", "duplicateMessage", "noSenderKey", "tampered", "rotate"] {
            #expect(walk.tally[event, default: 0] > 0, "seed \(seed): no \(event) in \(walk.tally)")
        }
    }
}

/// One sender and three members of a group, who get its keys early, late or never.
private struct SenderKeyWalk {
    struct Packet {
        let bytes, plaintext: [UInt8]
        let keyID, iteration: UInt32
        var readers: Set<Int> = []
    }

    let seed: UInt64
    let name: SenderKeyName
    let cipher = SenderKeyCipher()
    var generator: SeededGenerator
    var sender: Device
    var members: [Device] = []
    var packets: [Packet] = []
    var step = 0
    var tally: [String: Int] = [:]

    init(seed: UInt64) throws {
        self.seed = seed
        self.generator = SeededGenerator(seed: seed)
        self.sender = try Device("sender", using: &self.generator)
        for index in 0..<3 { self.members.append(try Device("member \(index)", using: &self.generator)) }
        self.name = SenderKeyName(groupID: "120363000000000001@g.us", sender: self.sender.address)
        try self.send()
    }

    private var place: Comment { "seed \(self.seed), step \(self.step)" }

    mutating func walk(_ steps: Int) throws {
        for _ in 0..<steps {
            self.step += 1
            switch Int.random(in: 0..<100, using: &self.generator) {
            case 0..<35: try self.send()
            case 35..<80: try self.deliver(isTampered: false)
            case 80..<87: try self.deliver(isTampered: true)
            case 87..<97: try self.distribute()
            default: try self.rotate()
            }
        }
    }

    private mutating func rotate() throws {
        _ = try self.cipher.rotate(self.name, in: &self.sender.store, using: &self.generator)
        self.tally["rotate", default: 0] += 1
    }

    /// One member gets the key as it stands, for the first time or again.
    private mutating func distribute() throws {
        let distribution = try self.cipher.distributionMessage(
            for: self.name, in: &self.sender.store, using: &self.generator)
        let received = try SenderKeyDistributionMessage(serialized: distribution.serialized())
        let member = Int.random(in: self.members.indices, using: &self.generator)
        try self.cipher.process(received, from: self.name, in: &self.members[member].store)
    }

    private mutating func send() throws {
        let distribution = try self.cipher.distributionMessage(
            for: self.name, in: &self.sender.store, using: &self.generator)
        let plaintext = self.generator.bytes(count: Int.random(in: 0..<40, using: &self.generator))
        let bytes = try self.cipher.encrypt(
            plaintext, as: self.name, in: &self.sender.store, using: &self.generator)
        self.packets.append(
            Packet(
                bytes: bytes, plaintext: plaintext, keyID: distribution.keyID, iteration: distribution.iteration))
        if self.packets.count > 40 { self.packets.removeFirst(10) }
    }

    private mutating func deliver(isTampered: Bool) throws {
        let isAny = Int.random(in: 0..<5, using: &self.generator) == 0
        let candidates = isAny ? self.packets.indices : self.packets.indices.suffix(6)
        guard let index = candidates.randomElement(using: &self.generator) else { return }
        let packet = self.packets[index]
        var bytes = packet.bytes
        if isTampered {
            bytes[Int.random(in: bytes.indices, using: &self.generator)] ^=
                1 << UInt8.random(in: 0..<8, using: &self.generator)
        }
        let member = Int.random(in: self.members.indices, using: &self.generator)
        let before = self.members[member].store.senderKeys
        let expectation = self.expectation(of: packet, at: before[self.name])
        do {
            let message = try SenderKeyMessage(serialized: bytes)
            let plaintext = try self.cipher.decrypt(message, from: self.name, in: &self.members[member].store)
            #expect(!isTampered && expectation == nil && plaintext == packet.plaintext, self.place)
            #expect(self.packets[index].readers.insert(member).inserted, self.place)
            let record = try #require(self.members[member].store.senderKeys[self.name])
            #expect(try SenderKeyRecord(serialized: record.serialized()) == record, self.place)
            self.tally["read", default: 0] += 1
        } catch let error as SignalError {
            if !isTampered { #expect(error.kind == expectation, self.place) }
            self.tally[isTampered ? "tampered" : "\(error.kind)", default: 0] += 1
            #expect(self.members[member].store.senderKeys == before, self.place)
        }
    }

    /// nil when the member can read it.
    private func expectation(of packet: Packet, at record: SenderKeyRecord?) -> SignalError.Kind? {
        guard let state = record?.states.first(where: { $0.keyID == packet.keyID }) else { return .noSenderKey }
        let isOpen =
            packet.iteration >= state.chainKey.index
            || state.skippedKeys.entries.contains { $0.counter == packet.iteration }
        return isOpen ? nil : .duplicateMessage
    }
}
