import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import WhatsAppCrypto

/// Files that are encrypted and decrypted in pieces.
@Suite struct MediaStreamTests {
    private static let sizes = [0, 1, 15, 16, 17, 26, 1000, 16_383, 16_384, 16_385, 50_000]

    /// Cuts at random places, empty pieces among them.
    private static func pieces(
        of bytes: [UInt8], using generator: inout some RandomNumberGenerator
    ) -> [ArraySlice<UInt8>] {
        let largest = [1, 12, 100, 20_000].randomElement(using: &generator) ?? 1
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            // Many tiny pieces of a large file would only take long.
            let size = Int.random(in: 0...max(largest, bytes.count / 500), using: &generator)
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    @Test(arguments: sizes) func `any cut gives the same bytes as one piece`(size: Int) throws {
        for seed in UInt64(0)..<6 {
            var generator = SeededGenerator(seed: seed << 32 | UInt64(size))
            let comment: Comment = "seed \(seed), \(size) bytes"
            let file = generator.bytes(count: size)
            let mediaKey = SecretBytes.random(count: MediaKeys.mediaKeySize, using: &generator)
            let kind = try #require(MediaKind.allCases.randomElement(using: &generator))
            let whole = try MediaEncryptor.encrypt(file, mediaKey: mediaKey, kind: kind)
            #expect(whole.encrypted.count == (size / 16 + 1) * 16 + MediaEncryptor.codeSize, comment)

            var encryptor = try MediaEncryptor(mediaKey: mediaKey, kind: kind)
            var encrypted: [UInt8] = []
            for piece in Self.pieces(of: file, using: &generator) { try encryptor.update(piece, into: &encrypted) }
            #expect(try encryptor.finish(into: &encrypted) == whole.digests, comment)
            #expect(encrypted == whole.encrypted, comment)

            var decryptor = try MediaDecryptor(
                mediaKey: mediaKey, kind: kind, fileSHA256: whole.digests.fileSHA256,
                fileEncSHA256: whole.digests.fileEncSHA256)
            var decrypted: [UInt8] = []
            for piece in Self.pieces(of: encrypted, using: &generator) {
                try decryptor.update(piece, into: &decrypted)
            }
            #expect(try decryptor.finish(into: &decrypted) == whole.digests, comment)
            #expect(decrypted == file, comment)
        }
    }

    @Test func `every cut of a small file in two gives the same bytes`() throws {
        let file = [UInt8](0..<40)
        let mediaKey = SecretBytes([UInt8](repeating: 7, count: 32))
        let whole = try MediaEncryptor.encrypt(file, mediaKey: mediaKey, kind: .image).encrypted
        for cut in 0...whole.count {
            var decryptor = try MediaDecryptor(mediaKey: mediaKey, kind: .image)
            var decrypted: [UInt8] = []
            try decryptor.update(whole[..<cut], into: &decrypted)
            try decryptor.update(whole[cut...], into: &decrypted)
            _ = try decryptor.finish(into: &decrypted)
            #expect(decrypted == file, "cut at \(cut)")
        }
    }

    @Test func `a buffer that is emptied between pieces keeps its capacity`() throws {
        var encryptor = try MediaEncryptor(mediaKey: SecretBytes([UInt8](repeating: 7, count: 32)), kind: .document)
        let piece = [UInt8](repeating: 1, count: 40_000)
        var buffer: [UInt8] = []
        try encryptor.update(piece, into: &buffer)
        let capacity = buffer.capacity
        var total = buffer.count
        for _ in 0..<20 {
            buffer.removeAll(keepingCapacity: true)
            try encryptor.update(piece, into: &buffer)
            total += buffer.count
        }
        #expect(buffer.capacity == capacity)
        buffer.removeAll(keepingCapacity: true)
        let digests = try encryptor.finish(into: &buffer)
        #expect(digests.fileLength == 21 * 40_000)
        #expect(digests.encryptedLength == UInt64(total + buffer.count))
    }

    @Test func `every flipped byte of a file or its key is refused`() throws {
        let file = [UInt8](0..<50)
        let key = [UInt8](100..<132)
        let (encrypted, digests) = try MediaEncryptor.encrypt(file, mediaKey: SecretBytes(key), kind: .video)
        for index in encrypted.indices {
            var altered = encrypted
            altered[index] ^= 1 << UInt8(index % 8)
            #expect(throws: WhatsAppCryptoError.mediaCodeMismatch, "byte \(index)") {
                try MediaDecryptor.decrypt(altered, mediaKey: SecretBytes(key), kind: .video)
            }
            #expect(throws: WhatsAppCryptoError.encryptedFileHashMismatch, "byte \(index)") {
                try MediaDecryptor.decrypt(
                    altered, mediaKey: SecretBytes(key), kind: .video, fileEncSHA256: digests.fileEncSHA256)
            }
        }
        for index in key.indices {
            var altered = key
            altered[index] ^= 0x10
            #expect(throws: WhatsAppCryptoError.mediaCodeMismatch, "key byte \(index)") {
                try MediaDecryptor.decrypt(encrypted, mediaKey: SecretBytes(altered), kind: .video)
            }
        }
        for kind in MediaKind.allCases where kind != .video {
            #expect(throws: WhatsAppCryptoError.mediaCodeMismatch, "\(kind)") {
                try MediaDecryptor.decrypt(encrypted, mediaKey: SecretBytes(key), kind: kind)
            }
        }
    }

    @Test func `a file of every wrong size is refused`() throws {
        let mediaKey = SecretBytes([UInt8](repeating: 7, count: 32))
        let encrypted = try MediaEncryptor.encrypt([UInt8](0..<50), mediaKey: mediaKey, kind: .image).encrypted
        for size in 0..<encrypted.count {
            let fits = size >= 26 && (size - 10) % 16 == 0
            let expected: WhatsAppCryptoError =
                fits ? .mediaCodeMismatch : .encryptedFileSize(bytes: UInt64(size))
            #expect(throws: expected, "\(size) bytes") {
                try MediaDecryptor.decrypt(encrypted[..<size], mediaKey: mediaKey, kind: .image)
            }
        }
    }

    @Test func `an authentic file with another hash or without padding is its maker's fault`() throws {
        let mediaKey = SecretBytes([UInt8](repeating: 7, count: 32))
        let (encrypted, digests) = try MediaEncryptor.encrypt([1, 2, 3] as [UInt8], mediaKey: mediaKey, kind: .image)
        var wrongHash = digests.fileSHA256
        wrongHash[31] ^= 1
        #expect(throws: WhatsAppCryptoError.fileHashMismatch) {
            try MediaDecryptor.decrypt(encrypted, mediaKey: mediaKey, kind: .image, fileSHA256: wrongHash)
        }
        #expect(throws: WhatsAppCryptoError.fileHashMismatch) {
            try MediaDecryptor.decrypt(encrypted, mediaKey: mediaKey, kind: .image, fileSHA256: [])
        }

        // Without its last block a ciphertext ends in a block of content.
        let keys = try MediaKeys(mediaKey: mediaKey, kind: .image)
        let ciphertext = try AESCBC.encrypt([UInt8](repeating: 0xEE, count: 32), key: keys.cipherKey, iv: keys.iv)
            .prefix(32)
        let code = try HMAC.sha256(key: keys.macKey, keys.iv.exposed + ciphertext)
        #expect(throws: WhatsAppCryptoError.mediaPadding) {
            try MediaDecryptor.decrypt(ciphertext + code.prefix(10), mediaKey: mediaKey, kind: .image)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `random bytes are refused`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let mediaKey = SecretBytes.random(count: 32, using: &generator)
        let file = generator.bytes(count: Int.random(in: 0...300, using: &generator))
        #expect(throws: WhatsAppCryptoError.self, "seed \(seed)") {
            try MediaDecryptor.decrypt(file, mediaKey: mediaKey, kind: .audio)
        }
    }

    @Test func `a media key has 32 bytes`() {
        for size in [0, 31, 33] {
            #expect(throws: WhatsAppCryptoError.wrongSize(what: "media key", expected: 32, actual: size)) {
                try MediaKeys(mediaKey: SecretBytes([UInt8](repeating: 1, count: size)), kind: .image)
            }
        }
    }
}
