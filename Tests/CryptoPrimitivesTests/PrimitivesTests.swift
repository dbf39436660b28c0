import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing

/// Published test values, and what each primitive refuses.
@Suite struct PrimitivesTests {
    private let key = [UInt8](0..<32)

    @Test func `digests give the published values for abc and for nothing`() throws {
        let abc = Array("abc".utf8)
        #expect(try Digest.md5.hash(abc).hex == "900150983cd24fb0d6963f7d28e17f72")
        #expect(try Digest.sha1.hash(abc).hex == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            try Digest.sha256.hash(abc).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try Digest.sha512.hash(abc).hex.hasPrefix("ddaf35a193617abacc417349ae204131"))
        #expect(
            try Digest.sha256.hash([UInt8]()).hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `a digest of pieces is the digest of the whole`() throws {
        var generator = SeededGenerator(seed: 7)
        let bytes = generator.bytes(count: 1000)
        for digest in [Digest.md5, .sha1, .sha256, .sha512] {
            var stream = try HashStream(digest)
            for start in stride(from: 0, to: 1000, by: 77) { try stream.update(bytes[start..<min(1000, start + 77)]) }
            let pieces = try stream.finish()
            #expect(try digest.hash(bytes) == pieces)
            #expect(pieces.count == digest.byteCount)
        }
    }

    @Test(arguments: [0, 1, 131_071, 131_072, 131_073, 1_000_003])
    func `a digest in the background is the digest of the whole`(count: Int) throws {
        var generator = SeededGenerator(seed: 8)
        let bytes = generator.bytes(count: count)
        var hash = BackgroundHash(.sha256)
        for start in stride(from: 0, to: count, by: 70_001) {
            try hash.update(bytes[start..<min(count, start + 70_001)])
        }
        let background = try hash.finish()
        #expect(try Digest.sha256.hash(bytes) == background)
    }

    @Test func `a background digest that nobody finishes ends its thread`() async throws {
        for _ in 0..<50 {
            var hash = BackgroundHash(.sha256)
            try hash.update([UInt8](repeating: 1, count: 200_000))
        }
        try await eventually("no thread of a hash is left") {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").allSatisfy { task in
                (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) != "hash\n"
            }
        }
    }

    @Test func `HMAC gives the values of RFC 4231`() throws {
        let data = Array("what do ya want for nothing?".utf8)
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        #expect(try HMAC.sha256(key: Array("Jefe".utf8), data).hex == expected)
        #expect(try HMAC.secret(key: Array("Jefe".utf8), data).exposed.hex == expected)
        let long = [UInt8](repeating: 0xAA, count: 131)
        let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            try HMAC.sha256(key: long, text).hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func `a context that hashed with one key knows nothing of it with the next, the empty one too`() throws {
        let empty = try HMAC.sha256(key: [UInt8](), [UInt8]())
        _ = try HMAC.sha256(key: self.key, Array("other".utf8))
        #expect(try HMAC.sha256(key: [UInt8](), [UInt8]()) == empty)
        #expect(empty.hex == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func `HMAC of pieces can be asked on the way and at the end`() throws {
        let bytes = [UInt8](repeating: 5, count: 100)
        var stream = try HMACStream(key: self.key)
        try stream.update(bytes[..<40])
        #expect(try stream.code() == HMAC.sha256(key: self.key, bytes[..<40]))
        try stream.update(bytes[40...])
        let code = try stream.finish()
        #expect(try code == HMAC.sha256(key: self.key, bytes))
    }

    @Test func `HKDF gives the values of RFC 5869 and refuses sizes it cannot give`() throws {
        let secret = [UInt8](repeating: 0x0B, count: 22)
        let output = try HKDF.sha256(
            secret, salt: [UInt8](0...12), info: [UInt8](0xF0...0xF9), count: 42)
        #expect(
            output.exposed.hex
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        let noSalt = try HKDF.sha256(secret, info: [UInt8](), count: 42)
        #expect(
            noSalt.exposed.hex
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        #expect(throws: CryptoError.self) { try HKDF.sha256(secret, info: [UInt8](), count: 0) }
        #expect(throws: CryptoError.self) { try HKDF.sha256(secret, info: [UInt8](), count: 255 * 32 + 1) }
        #expect(try HKDF.sha256(secret, info: [UInt8](), count: 255 * 32).count == 255 * 32)
    }

    @Test func `PBKDF2 gives the published value`() throws {
        let output = try PBKDF2.sha256(
            password: Array("passwd".utf8), salt: Array("salt".utf8), rounds: 1, count: 64)
        #expect(
            output.exposed.hex
                == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
        #expect(throws: CryptoError.self) {
            try PBKDF2.sha256(password: [UInt8](), salt: [UInt8](), rounds: .max, count: 32)
        }
    }

    @Test func `AES-CBC gives back every length and refuses what is no ciphertext`() throws {
        let iv = [UInt8](100..<116)
        for count in [0, 1, 15, 16, 17, 32, 100, 4096] {
            let plaintext = [UInt8](repeating: UInt8(count % 251), count: count)
            let ciphertext = try AESCBC.encrypt(plaintext, key: self.key, iv: iv)
            #expect(ciphertext.count == (count / 16 + 1) * 16)
            #expect(try AESCBC.decrypt(ciphertext, key: self.key, iv: iv) == plaintext)
        }
        for bad in [[], [UInt8](repeating: 1, count: 15), [UInt8](repeating: 1, count: 17)] {
            #expect(throws: CryptoError.wrongPadding) { try AESCBC.decrypt(bad, key: self.key, iv: iv) }
        }
        // This block decrypts to bytes that are no padding.
        let noPadding = [UInt8](repeating: 0, count: 16)
        #expect(throws: CryptoError.wrongPadding) { try AESCBC.decrypt(noPadding, key: self.key, iv: iv) }
        #expect(throws: CryptoError.wrongLength(what: "AES key", expected: 32, actual: 31)) {
            try AESCBC.encrypt([UInt8](), key: self.key.dropLast(), iv: iv)
        }
        #expect(throws: CryptoError.wrongLength(what: "AES nonce", expected: 16, actual: 12)) {
            try AESCBC.encrypt([UInt8](), key: self.key, iv: iv[..<12].map(\.self))
        }
    }

    @Test func `AES-CBC in pieces is AES-CBC in one go`() throws {
        let iv = [UInt8](repeating: 9, count: 16)
        var generator = SeededGenerator(seed: 3)
        let plaintext = generator.bytes(count: 1003)
        let whole = try AESCBC.encrypt(plaintext, key: self.key, iv: iv)
        #expect(try Self.inPieces(of: 37, .encrypt, plaintext, self.key, iv) == whole)
        #expect(try Self.inPieces(of: 41, .decrypt, whole, self.key, iv) == plaintext)
        #expect(throws: CryptoError.wrongPadding) {
            try Self.inPieces(of: 41, .decrypt, Array(whole.dropLast(16)), self.key, iv)
        }
    }

    private static func inPieces(
        of size: Int, _ direction: AESCBCStream.Direction, _ input: [UInt8], _ key: [UInt8], _ iv: [UInt8]
    ) throws -> [UInt8] {
        var stream = try AESCBCStream(direction, key: key, iv: iv)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: size + 16)
        for start in stride(from: 0, to: input.count, by: size) {
            let written = try input[start..<min(start + size, input.count)].withUnsafeBytes { piece in
                try buffer.withUnsafeMutableBytes { try stream.update(piece, into: $0) }
            }
            output += buffer[..<written]
        }
        return try output + stream.finish()
    }

    @Test func `AES-GCM opens what it sealed and nothing else`() throws {
        let nonce = [UInt8](repeating: 4, count: 12)
        for plaintext in [[], [UInt8](0..<16), [UInt8](0..<100)] {
            let sealed = try AESGCM.seal(plaintext, key: self.key, nonce: nonce, authenticating: [1, 2])
            #expect(sealed.count == plaintext.count + 16)
            #expect(try AESGCM.open(sealed, key: self.key, nonce: nonce, authenticating: [1, 2]) == plaintext)
            for index in sealed.indices {
                var altered = sealed
                altered[index] ^= 0x10
                #expect(throws: CryptoError.authenticationFailed) {
                    try AESGCM.open(altered, key: self.key, nonce: nonce, authenticating: [1, 2])
                }
            }
            #expect(throws: CryptoError.authenticationFailed) {
                try AESGCM.open(sealed, key: self.key, nonce: nonce, authenticating: [UInt8]())
            }
        }
        #expect(throws: CryptoError.authenticationFailed) {
            try AESGCM.open([UInt8](repeating: 0, count: 15), key: self.key, nonce: nonce, authenticating: [UInt8]())
        }
    }

    @Test func `AES-GCM gives the published value for an empty message under a zero key`() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        let sealed = try AESGCM.seal([UInt8](), key: zeros, nonce: zeros[..<12].map(\.self), authenticating: [UInt8]())
        #expect(sealed.hex == "530f8afbc74536b9a963b4f1c4cb738b")
    }

    @Test func `AES-CTR undoes itself`() throws {
        let counter = [UInt8](repeating: 0xFF, count: 16)
        let plaintext = [UInt8](0..<50)
        let ciphertext = try AESCTR.apply(plaintext, key: self.key, counter: counter)
        #expect(ciphertext != plaintext)
        #expect(try AESCTR.apply(ciphertext, key: self.key, counter: counter) == plaintext)
        #expect(try AESCTR.apply([UInt8](), key: self.key, counter: counter).isEmpty)
    }

    @Test func `a point of small order is a weak key`() throws {
        var generator = SeededGenerator(seed: 11)
        let key = PrivateKey(using: &generator)
        for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
            #expect(throws: CryptoError.weakKey) { try key.agree(with: PublicKey(point)) }
        }
        #expect(throws: CryptoError.wrongLength(what: "public key", expected: 32, actual: 33)) {
            try PublicKey([UInt8](repeating: 5, count: 33))
        }
        #expect(throws: CryptoError.wrongLength(what: "private key", expected: 32, actual: 0)) {
            try PrivateKey([UInt8]())
        }
    }

    @Test func `signatures of keys of both signs hold, and no altered one does`() throws {
        var generator = SeededGenerator(seed: 13)
        var signs: Set<UInt8> = []
        for _ in 0..<20 {
            let pair = try KeyPair(using: &generator)
            let message = generator.bytes(count: 40)
            let signature = try XEdDSA.sign(message, with: pair.privateKey, using: &generator)
            signs.insert(signature[63] & 0x80)
            #expect(try XEdDSA.isValid(signature, of: message, by: pair.publicKey))
            #expect(try !XEdDSA.isValid(signature, of: message + [0], by: pair.publicKey))
            for bit in [0, 255, 256, 500, 511] {
                var altered = signature
                altered[bit / 8] ^= 1 << (bit % 8)
                #expect(try !XEdDSA.isValid(altered, of: message, by: pair.publicKey), "bit \(bit)")
            }
        }
        #expect(signs == [0, 0x80])
    }

    @Test func `signature and key of any bytes are judged without a trap`() throws {
        var generator = SeededGenerator(seed: 17)
        let message = Array("message".utf8)
        let edges = [
            [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xFF, count: 32),
            // u = -1, for which the Edwards form has no inverse
            [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        ]
        for key in try edges.map({ try PublicKey($0) }) {
            for size in [0, 63, 64, 65] {
                #expect(try !XEdDSA.isValid(generator.bytes(count: size), of: message, by: key))
            }
        }
    }

    @Test func `many tasks at once share the contexts and none gets another's result`() async throws {
        let expected = try (0..<50).map { try HMAC.sha256(key: self.key, [UInt8($0)]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    for _ in 0..<20 {
                        #expect(try HMAC.sha256(key: self.key, [UInt8(number)]) == expected[number])
                        let iv = [UInt8](repeating: UInt8(number), count: 16)
                        let ciphertext = try AESCBC.encrypt([UInt8(number)], key: self.key, iv: iv)
                        #expect(try AESCBC.decrypt(ciphertext, key: self.key, iv: iv) == [UInt8(number)])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
