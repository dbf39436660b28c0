import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import NoiseProtocol

@Suite struct CipherStateTests {
    private static let key = SecretBytes([UInt8](repeating: 0x42, count: 32))

    @Test func `a frame opens at its own place only`() throws {
        let frames = try Self.frames(6)
        for place in frames.indices {
            for (number, frame) in frames.enumerated() {
                var receiver = CipherState(key: Self.key, counter: UInt64(place))
                if number == place {
                    #expect(try receiver.decrypt(frame) == [UInt8(number)])
                } else {
                    #expect(throws: NoiseError.frameNotAuthentic(number: UInt64(place))) {
                        try receiver.decrypt(frame)
                    }
                }
            }
        }
    }

    @Test func `frames repeated, left out, exchanged or altered by chance open exactly when in place`() throws {
        let seed: UInt64 = 71
        var generator = SeededGenerator(seed: seed)
        let frames = try Self.frames(200)
        var receiver = CipherState(key: Self.key)
        var opened = 0
        for place in 0..<1_000 {
            let onTime = place < frames.count && Int.random(in: 0..<3, using: &generator) > 0
            let number = onTime ? place : Int.random(in: 0..<frames.count, using: &generator)
            var frame = frames[number]
            let isAltered = Int.random(in: 0..<4, using: &generator) == 0
            if isAltered {
                let index = Int.random(in: 0..<frame.count, using: &generator)
                frame[index] ^= UInt8.random(in: 1...255, using: &generator)
            }
            let plaintext = try? receiver.decrypt(frame)
            #expect(plaintext == (number == place && !isAltered ? [UInt8(number)] : nil), "seed \(seed), \(place)")
            opened += plaintext == nil ? 0 : 1
            #expect(receiver.counter == UInt64(place + 1), "seed \(seed), \(place)")
        }
        #expect(opened > 50)
    }

    @Test func `a frame that is refused counts, so the next one opens`() throws {
        let frames = try Self.frames(4)
        var receiver = CipherState(key: Self.key)
        var altered = frames[0]
        altered[0] ^= 1
        #expect(throws: NoiseError.frameNotAuthentic(number: 0)) { try receiver.decrypt(altered) }
        #expect(try receiver.decrypt(frames[1]) == [1])
        #expect(throws: NoiseError.frameSize(bytes: 16)) { try receiver.decrypt(Array(frames[2].dropLast())) }
        #expect(try receiver.decrypt(frames[3]) == [3])
    }

    @Test func `a frame put in between costs every frame after it`() throws {
        let frames = try Self.frames(3)
        var receiver = CipherState(key: Self.key)
        #expect(try receiver.decrypt(frames[0]) == [0])
        #expect(throws: NoiseError.frameNotAuthentic(number: 1)) { try receiver.decrypt(frames[0]) }
        #expect(throws: NoiseError.frameNotAuthentic(number: 2)) { try receiver.decrypt(frames[1]) }
        #expect(throws: NoiseError.frameNotAuthentic(number: 3)) { try receiver.decrypt(frames[2]) }
    }

    @Test func `sizes that no frame has are refused, and nothing is counted for what is not sent`() throws {
        var sender = CipherState(key: Self.key)
        #expect(throws: NoiseError.frameSize(bytes: 16)) { try sender.encrypt([] as [UInt8]) }
        let tooLong = [UInt8](repeating: 0, count: 1 << 24 - 16)
        #expect(throws: NoiseError.frameSize(bytes: 1 << 24)) { try sender.encrypt(tooLong) }
        #expect(sender.counter == 0)
        let longest = try sender.encrypt(Array(tooLong.dropLast()))
        #expect(longest.count == CipherState.frameSizes.upperBound)
        var receiver = CipherState(key: Self.key)
        #expect(try receiver.decrypt(longest).count == tooLong.count - 1)
        #expect(throws: NoiseError.frameSize(bytes: 1 << 24)) { try receiver.decrypt(longest + [0]) }
        for size in 0..<17 {
            #expect(throws: NoiseError.frameSize(bytes: size)) {
                try receiver.decrypt([UInt8](repeating: 0, count: size))
            }
        }
    }

    @Test func `the counter refuses to wrap`() throws {
        var sender = CipherState(key: Self.key, counter: UInt64(UInt32.max))
        var receiver = sender
        #expect(try receiver.decrypt(sender.encrypt([1] as [UInt8])) == [1])
        for _ in 0..<2 {
            #expect(throws: NoiseError.counterExhausted) { try sender.encrypt([2] as [UInt8]) }
            #expect(throws: NoiseError.counterExhausted) { try receiver.decrypt([UInt8](repeating: 0, count: 17)) }
        }
        #expect(sender.counter == 1 << 32)
    }

    private static func frames(_ count: Int) throws -> [[UInt8]] {
        var sender = CipherState(key: Self.key)
        return try (0..<count).map { try sender.encrypt([UInt8($0)]) }
    }
}
