import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct StoredRecordTests {
    @Test func `records that break a rule are refused by name`() throws {
        var pair = try Pair.talking(seed: 50)
        try pair.toBob(try pair.fromAlice([1]))
        let record = try #require(pair.bob.record(for: pair.alice))
        let stored = try StoredSessionRecord(recordBytes: record.serialized())
        let entry = Data(repeating: 0, count: 36)
        let changes: [(StaticStringName, (inout StoredSessionRecord) -> Void)] = [
            ("format", { $0.format = 2 }), ("format", { $0.format = 0 }),
            ("archive", { $0.archived = Array(repeating: $0.current, count: 41) }),
            ("local identity", { $0.current.localIdentity = Data() }),
            ("remote identity", { $0.current.remoteIdentity.append(0) }),
            ("base key", { $0.current.baseKey.removeLast() }),
            ("root key", { $0.current.rootKey.append(0) }),
            ("ratchet key", { $0.current.ratchetPrivate = Data() }),
            ("ratchet key", { $0.current.ratchetPublic = Data() }),
            ("chain key", { $0.current.sendingChainKey = Data() }),
            ("receiver chains", { $0.current.receiverChains = Array(repeating: .init(), count: 6) }),
            ("their ratchet key", { $0.current.receiverChains[0].ratchetKey = Data() }),
            ("chain key", { $0.current.receiverChains[0].chainKey = Data() }),
            ("skipped keys", { $0.current.receiverChains[0].skipped = Data(count: 35) }),
            ("skipped keys", { $0.current.receiverChains[0].skipped = Data(count: 36 * 2001) }),
            // Twice the same counter; a counter the chain has not reached.
            ("skipped counter", { $0.current.receiverChains[0].skipped = entry + entry }),
            ("skipped counter", { $0.current.receiverChains[0].skipped = Data([0, 0, 0, 9]) + entry.dropLast(4) }),
            ("root key", { $0.archived = [.init(current: $0.current) { $0.rootKey = Data() }] }),
        ]
        for (part, change) in changes {
            var copy = stored
            change(&copy)
            let bytes = try copy.recordBytes()
            #expect(throws: SignalError.invalidRecord(part: part)) { try SessionRecord(serialized: bytes) }
        }
        #expect(throws: SignalError.invalidRecord(part: "format")) { try SessionRecord(serialized: []) }
        #expect(throws: SignalError.invalidRecord(part: "protobuf")) { try SessionRecord(serialized: [0xFF]) }
    }

    @Test func `sender key records that break a rule are refused by name`() throws {
        var generator = SeededGenerator(seed: 51)
        let record = try SenderKeyRecord(using: &generator)
        let stored = try StoredSenderKeyRecord(recordBytes: record.serialized())
        let changes: [(StaticStringName, (inout StoredSenderKeyRecord) -> Void)] = [
            ("format", { $0.format = 2 }), ("sender keys", { $0.states = [] }),
            ("sender keys", { $0.states = Array(repeating: $0.states[0], count: 6) }),
            ("chain key", { $0.states[0].chainKey = Data() }),
            ("signing key", { $0.states[0].signingPublic = Data() }),
            ("signing key", { $0.states[0].signingPrivate.append(0) }),
            ("skipped counter", { $0.states[0].skipped = Data(count: 36) }),
        ]
        for (part, change) in changes {
            var copy = stored
            change(&copy)
            let bytes = try copy.recordBytes()
            #expect(throws: SignalError.invalidRecord(part: part)) { try SenderKeyRecord(serialized: bytes) }
        }
    }
}

extension StoredSessionState {
    fileprivate init(current: StoredSessionState, change: (inout StoredSessionState) -> Void) {
        self = current
        change(&self)
    }
}
