import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppCrypto

@Suite struct MessagePaddingTests {
    @Test func `unpad gives back what pad was given`() throws {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            let message = generator.bytes(count: Int.random(in: 0...100, using: &generator))
            let padded = MessagePadding.pad(message, using: &generator)
            #expect(1...MessagePadding.maximumCount ~= padded.count - message.count, "seed \(seed)")
            #expect(try MessagePadding.unpad(padded) == message, "seed \(seed)")
        }
    }

    @Test func `each padding from 1 to 15 comes, 15 as often as two others`() {
        var counts: [Int: Int] = [:]
        for number in 0..<UInt8(16) {
            var generator = ScriptedGenerator([0xF0 | number])
            counts[MessagePadding.pad([], using: &generator).count, default: 0] += 1
        }
        #expect(counts == Dictionary(uniqueKeysWithValues: (1...15).map { ($0, $0 == 15 ? 2 : 1) }))
    }

    @Test func `what is no padding is refused with its numbers`() {
        #expect(throws: WhatsAppCryptoError.emptyMessage) { try MessagePadding.unpad([]) }
        #expect(throws: WhatsAppCryptoError.wrongMessagePadding(announced: 0, count: 3)) {
            try MessagePadding.unpad([1, 2, 0])
        }
        #expect(throws: WhatsAppCryptoError.wrongMessagePadding(announced: 4, count: 3)) {
            try MessagePadding.unpad([4, 4, 4])
        }
        #expect(throws: WhatsAppCryptoError.wrongMessagePadding(announced: 3, count: 3)) {
            try MessagePadding.unpad([2, 3, 3])
        }
    }

    @Test func `random bytes give a message or an error`() {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            var padded = generator.bytes(count: Int.random(in: 0...40, using: &generator))
            if let last = padded.indices.last { padded[last] %= 4 }
            do {
                let message = try MessagePadding.unpad(padded)
                #expect(padded.starts(with: message), "seed \(seed)")
                #expect(padded.count - message.count == Int(padded[padded.count - 1]), "seed \(seed)")
            } catch {
                #expect(error != .encodingFailed, "seed \(seed)")
            }
        }
    }
}
