import CryptoPrimitives
import SpoolTestSupport
import Testing

@Suite struct SecretBytesTests {
    @Test func `nothing that prints shows a byte`() throws {
        var generator = SeededGenerator(seed: 1)
        let pair = try KeyPair(PrivateKey(using: &generator))
        let secret = SecretBytes([0xAB, 0xCD, 0xEF])
        #expect("\(secret)" == "SecretBytes(3)")
        #expect(String(reflecting: secret) == "SecretBytes(3)")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("171") && !dumped.lowercased().contains("ab"))
        let scalar = pair.privateKey.scalar.exposed.hex
        #expect(!"\(pair)".contains(scalar) && !String(reflecting: pair).contains(scalar))
        dumped = ""
        dump(pair.privateKey, to: &dumped)
        #expect(dumped.contains("SecretBytes(32)"))
        #expect(!dumped.contains("\(pair.privateKey.scalar.exposed[0])\n"))
    }

    @Test func `equal bytes are equal whatever buffer holds them`() {
        #expect(SecretBytes([1, 2, 3]) == SecretBytes([1, 2, 3]))
        #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2, 4]))
        #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2]))
        #expect(SecretBytes([UInt8]()) == SecretBytes([UInt8]()))
        #expect(isEqualInConstantTime([1, 2], [1, 2][...]))
        #expect(!isEqualInConstantTime([1, 2], [UInt8]()))
    }

    @Test func `random bytes are the generator's numbers in little-endian order`() {
        let script = [UInt8](0..<24)
        var generator = ScriptedGenerator(script)
        #expect(SecretBytes.random(count: 11, using: &generator).exposed == Array(script[..<11]))
        #expect(generator.bytes(count: 8) == Array(script[16...]))
        #expect(generator.numbersTooMany == 0)
    }

    @Test func `a part is a copy of its range`() {
        let secret = SecretBytes([UInt8](0..<10))
        #expect(secret[2..<5].exposed == [2, 3, 4])
        #expect(secret[10..<10].exposed.isEmpty)
    }
}
