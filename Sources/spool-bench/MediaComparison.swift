import CryptoPrimitives
import WhatsAppCrypto

/// A file encrypted and decrypted in pieces, beside AES-256-CBC and HMAC-SHA256 of the same pieces, and beside the same
/// with the two file hashes that a media message carries.
enum MediaComparison {
    private static let pieceSize = 1 << 18
    private static let pieces = 128

    static func print(operations: Int) throws {
        var generator = SystemRandomNumberGenerator()
        let piece = generator.bytes(count: Self.pieceSize)
        let key = SecretBytes.random(count: 32, using: &generator)
        let raw = try RawPrimitives(largestInput: Self.pieceSize)
        let megabytes = Double(Self.pieceSize * Self.pieces) / 1e6
        Figures.heading("media: \(Figures.count(megabytes)) MB in pieces of \(Self.pieceSize) bytes")
        var buffer: [UInt8] = []
        let cipher = try Comparison(
            rounds: 5, operations: operations, ours: { try Self.cipher(piece, key, into: &buffer) },
            reference: { try Self.raw(raw, piece, hashing: false) })
        let file = try Comparison(
            rounds: 5, operations: operations, ours: { try Self.encrypt(piece, key, into: &buffer) },
            reference: { try Self.raw(raw, piece, hashing: false) })
        let hashed = try Comparison(
            rounds: 5, operations: operations, ours: { try Self.encrypt(piece, key, into: &buffer) },
            reference: { try Self.raw(raw, piece, hashing: true) })
        Figures.line("encrypted with all hashes, MB/s", Figures.count(megabytes / file.ours))
        Figures.line("allocations a piece", Figures.number(file.allocations / Double(Self.pieces)))
        Figures.line("raw AES-256-CBC + HMAC-SHA256, MB/s", Figures.count(megabytes / file.reference))
        Figures.line("encrypted with all hashes, beside raw AES-256-CBC + HMAC-SHA256", Self.percent(file))
        Figures.line("the same, beside these and 2 SHA-256", Self.percent(hashed))
        Figures.line("cipher and code alone, beside raw AES-256-CBC + HMAC-SHA256", Self.percent(cipher))
    }

    private static func percent(_ comparison: Comparison) -> String { "\(Figures.count(100 / comparison.ratio)) %" }

    private static func cipher(_ piece: [UInt8], _ key: SecretBytes, into buffer: inout [UInt8]) throws {
        var cipher = try MediaCipher(.encrypt, keys: MediaKeys(mediaKey: key, kind: .document))
        buffer = buffer.isEmpty ? [UInt8](repeating: 0, count: piece.count + 16) : buffer
        for _ in 0..<Self.pieces {
            try piece.withUnsafeBytes { piece in
                _ = try buffer.withUnsafeMutableBytes { try cipher.update(piece, into: $0) }
            }
        }
        _ = try cipher.finish()
        buffer.removeAll(keepingCapacity: true)
    }

    private static func encrypt(_ piece: [UInt8], _ key: SecretBytes, into buffer: inout [UInt8]) throws {
        var encryptor = try MediaEncryptor(mediaKey: key, kind: .document)
        for _ in 0..<Self.pieces {
            try encryptor.update(piece, into: &buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        _ = try encryptor.finish(into: &buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private static func raw(_ raw: RawPrimitives, _ piece: [UInt8], hashing: Bool) throws {
        try raw.startHMAC()
        try raw.startCBC(encrypting: true)
        for _ in 0..<Self.pieces {
            let (bytes, count) = try raw.updateCBC(piece, piece.count)
            try raw.updateHMAC(bytes, count)
            if hashing {
                try raw.hash(piece, piece.count)
                try raw.hash(bytes, count)
            }
        }
        try raw.finishCBC()
        try raw.finishHMAC()
    }
}
