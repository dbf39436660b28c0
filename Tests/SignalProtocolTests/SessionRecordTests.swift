import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct SessionRecordTests {
    @Test func `the archive keeps forty sessions, newest first`() throws {
        var pair = try Pair(seed: 30)
        var baseKeys: [PublicKey] = []
        for _ in 0..<43 {
            try pair.alice.startSession(with: &pair.bob, withPreKey: false, using: &pair.generator)
            baseKeys.append(try #require(pair.alice.record(for: pair.bob)).baseKey)
        }
        let record = try #require(pair.alice.record(for: pair.bob))
        #expect(record.archivedCount == SessionRecord.archiveLimit)
        #expect([record.baseKey] + record.archived.map(\.baseKey) == Array(baseKeys.reversed().prefix(41)))
        #expect(try SessionRecord(serialized: record.serialized()) == record)
    }

    @Test func `a late message of the oldest archived session comes through and makes it current`() throws {
        var pair = try Pair.talking(seed: 31)
        let late = try pair.fromAlice([7])
        let baseKey = try #require(pair.bob.record(for: pair.alice)).baseKey
        for index in 0..<40 {
            try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
            try pair.toBob(try pair.fromAlice([UInt8(index)]))
        }
        #expect(pair.bob.record(for: pair.alice)?.archivedCount == 40)
        #expect(try pair.toBob(late).plaintext == [7])
        #expect(pair.bob.record(for: pair.alice)?.baseKey == baseKey)
        #expect(pair.bob.record(for: pair.alice)?.archivedCount == 40)
        #expect(throws: SignalError.duplicateMessage(counter: 0, chainIndex: 1)) { try pair.toBob(late) }
    }

    @Test func `a session beyond the archive is gone`() throws {
        var pair = try Pair.talking(seed: 32)
        let late = try pair.fromAlice([7])
        for index in 0..<41 {
            try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
            try pair.toBob(try pair.fromAlice([UInt8(index)]))
        }
        #expect(throws: SignalError.badMAC) { try pair.toBob(late) }
    }

    @Test func `five chains of the other side are kept`() throws {
        var pair = try Pair.talking(seed: 33)
        var late: [CiphertextMessage] = []
        for turn in 0..<6 {
            late.append(try pair.fromAlice([UInt8(turn)]))
            try pair.toBob(try pair.fromAlice([100]))
            try pair.toAlice(try pair.fromBob([101]))
        }
        #expect(pair.bob.record(for: pair.alice)?.current.receiverChains.count == 5)
        #expect(throws: SignalError.badMAC) { try pair.toBob(late[0]) }
        for turn in 1..<6 { #expect(try pair.toBob(late[turn]).plaintext == [UInt8(turn)]) }
    }

    @Test func `two thousand missing messages are bridged, one more is too far`() throws {
        var pair = try Pair.talking(seed: 34)
        var record = try #require(pair.alice.record(for: pair.bob))
        let messages = try (0...2002).map { _ in try record.encrypt([]) }
        #expect(throws: SignalError.tooFarAhead(counter: 2001, chainIndex: 0)) { try pair.toBob(messages[2001]) }
        try pair.toBob(messages[2000])
        try pair.toBob(messages[2002])
        let chain = try #require(pair.bob.record(for: pair.alice)?.current.receiverChains.last)
        #expect(chain.skippedKeys.entries.count == 2000)
        #expect(chain.skippedKeys.entries.first?.counter == 1)
        #expect(throws: SignalError.duplicateMessage(counter: 0, chainIndex: 2003)) { try pair.toBob(messages[0]) }
        for counter in [1, 1000, 1999, 2001] { try pair.toBob(messages[counter]) }
        let stored = try #require(pair.bob.record(for: pair.alice))
        #expect(try SessionRecord(serialized: stored.serialized()) == stored)
    }

    @Test func `a used-up chain says so, at both ends`() throws {
        let pair = try Pair.talking(seed: 35)
        var record = try #require(pair.alice.record(for: pair.bob))
        var state = record.current
        state.sendingChainKey = ChainKey(key: state.sendingChainKey.key, index: .max - 1)
        record = SessionRecord(current: state, archived: record.archived)
        #expect(try SignalMessage(serialized: record.encrypt([1]).serialized).counter == .max - 1)
        #expect(throws: SignalError.chainExhausted) { try record.encrypt([2]) }
        #expect(record.current.sendingChainKey.index == .max)
        let last = ChainKey(key: state.rootKey.key, index: .max)
        #expect(throws: SignalError.chainExhausted) { try last.advanced(to: .max) }
    }

    @Test func `both sides that started settle on one session`() throws {
        var pair = try Pair(seed: 36)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        try pair.bob.startSession(with: &pair.alice, using: &pair.generator)
        let fromAlice = try pair.fromAlice([1])
        let fromBob = try pair.fromBob([2])
        try pair.toBob(fromAlice)
        try pair.toAlice(fromBob)
        for turn in 3..<6 as Range<UInt8> {
            #expect(try pair.toBob(try pair.fromAlice([turn])).plaintext == [turn])
            #expect(try pair.toAlice(try pair.fromBob([turn])).plaintext == [turn])
        }
        #expect(pair.alice.record(for: pair.bob)?.baseKey == pair.bob.record(for: pair.alice)?.baseKey)
    }

    @Test func `previous counters stop at 0`() throws {
        var pair = try Pair.talking(seed: 37)
        #expect(pair.bob.record(for: pair.alice)?.current.previousCounter == 0)
        for _ in 0..<3 { _ = try pair.fromAlice([1]) }
        try pair.toAlice(try pair.fromBob([2]))
        #expect(pair.alice.record(for: pair.bob)?.current.previousCounter == 0)
        try pair.toBob(try pair.fromAlice([3]))
        try pair.toAlice(try pair.fromBob([4]))
        #expect(pair.alice.record(for: pair.bob)?.current.previousCounter == 3)
    }

    @Test func `a refused message draws nothing and leaves the record as it was, byte for byte`() throws {
        var pair = try Pair.talking(seed: 38)
        // The record has an archive; the messages are the next one, a late one, and one on a new ratchet key.
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        try pair.toBob(try pair.fromAlice([0]))
        try pair.toAlice(try pair.fromBob([0]))
        let late = try pair.fromAlice([1])
        try pair.toBob(try pair.fromAlice([2]))
        let next = try pair.fromAlice([3])
        try pair.toAlice(try pair.fromBob([0]))
        let new = try pair.fromAlice([4])
        var record = try #require(pair.bob.record(for: pair.alice))
        #expect(record.archivedCount == 1)
        for good in [late, next, new] {
            let before = record
            let bytes = try record.serialized()
            for position in good.serialized.indices {
                var bad = good.serialized
                bad[position] ^= 0x10
                var generator = ScriptedGenerator([])
                #expect(throws: SignalError.self, "byte \(position)") {
                    try record.decrypt(SignalMessage(serialized: bad), using: &generator)
                }
                #expect(generator.numbersTooMany == 0)
                #expect(record == before, "byte \(position)")
            }
            #expect(try record.serialized() == bytes)
            _ = try record.decrypt(SignalMessage(serialized: good.serialized), using: &pair.generator)
            #expect(record != before)
        }
    }
}
