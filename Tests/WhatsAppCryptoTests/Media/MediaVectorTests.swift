import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import WhatsAppCrypto

/// Every case of the media vectors.
@Suite struct MediaVectorTests {
    struct File: Decodable {
        let expansion: [Expansion]
        let files: [Encrypted]
        let failures: [Failure]
    }

    struct Expansion: Decodable {
        let type, info, mms_type: String
        let media_key, iv, cipher_key, mac_key: HexBytes
    }

    struct Encrypted: Decodable {
        let type, upload_token: String
        let media_key, iv, plaintext, ciphertext, full_mac, encrypted_file, file_sha256, file_enc_sha256: HexBytes
        let file_length: UInt64
    }

    struct Failure: Decodable {
        let type, why: String
        let media_key, encrypted_file: HexBytes
    }

    static let file = Result { try Vectors.load("media", as: File.self) }

    private static func kind(_ name: String) throws -> MediaKind {
        let kinds: [String: MediaKind] = [
            "image": .image, "video": .video, "audio": .audio, "document": .document, "history": .historySync,
            "app-state": .appState, "link-thumbnail": .linkThumbnail,
        ]
        return try #require(kinds[name], "\(name)")
    }

    @Test func `media keys expand as in the vectors`() throws {
        let cases = try Self.file.get().expansion
        for vector in cases {
            let kind = try Self.kind(vector.type)
            let keys = try MediaKeys(mediaKey: SecretBytes(vector.media_key.bytes), kind: kind)
            #expect(keys.iv.exposed == vector.iv.bytes, "\(vector.type)")
            #expect(keys.cipherKey.exposed == vector.cipher_key.bytes, "\(vector.type)")
            #expect(keys.macKey.exposed == vector.mac_key.bytes, "\(vector.type)")
            #expect(kind.keyInfo == vector.info)
            #expect(kind.pathElement == vector.mms_type)
        }
        Vectors.report(cases.count, of: "expansion", in: "media")
    }

    @Test func `files encrypt to the bytes and hashes of the vectors and back`() throws {
        let cases = try Self.file.get().files
        for vector in cases {
            let kind = try Self.kind(vector.type)
            let mediaKey = SecretBytes(vector.media_key.bytes)
            let comment: Comment = "\(vector.type), \(vector.file_length) bytes"

            let (encrypted, digests) = try MediaEncryptor.encrypt(
                vector.plaintext.bytes, mediaKey: mediaKey, kind: kind)
            #expect(encrypted == vector.encrypted_file.bytes, comment)
            #expect(digests.fileSHA256 == vector.file_sha256.bytes, comment)
            #expect(digests.fileEncSHA256 == vector.file_enc_sha256.bytes, comment)
            #expect(digests.fileLength == vector.file_length, comment)
            #expect(digests.encryptedLength == UInt64(vector.encrypted_file.bytes.count), comment)
            #expect(digests.uploadToken.description == vector.upload_token, comment)
            #expect(try UploadToken(vector.upload_token).fileEncSHA256 == vector.file_enc_sha256.bytes, comment)

            var cipher = try MediaCipher(.encrypt, keys: MediaKeys(mediaKey: mediaKey, kind: kind))
            var output = [UInt8](repeating: 0, count: vector.plaintext.bytes.count + 16)
            let written = try vector.plaintext.bytes.withUnsafeBytes { input in
                try output.withUnsafeMutableBytes { try cipher.update(input, into: $0) }
            }
            let end = try cipher.finish()
            #expect(output[..<written] + (try #require(end.rest)) == vector.ciphertext.bytes[...], comment)
            #expect(end.code == vector.full_mac.bytes, comment)

            let decrypted = try MediaDecryptor.decrypt(
                vector.encrypted_file.bytes, mediaKey: mediaKey, kind: kind, fileSHA256: vector.file_sha256.bytes,
                fileEncSHA256: vector.file_enc_sha256.bytes)
            #expect(decrypted == vector.plaintext.bytes, comment)
        }
        Vectors.report(cases.count, of: "files", in: "media")
    }

    @Test func `altered files of the vectors are refused for the right reason`() throws {
        let cases = try Self.file.get().failures
        for vector in cases {
            let expected: WhatsAppCryptoError =
                vector.why == "too short"
                ? .encryptedFileSize(bytes: UInt64(vector.encrypted_file.bytes.count)) : .mediaCodeMismatch
            #expect(throws: expected, "\(vector.type): \(vector.why)") {
                try MediaDecryptor.decrypt(
                    vector.encrypted_file.bytes, mediaKey: SecretBytes(vector.media_key.bytes),
                    kind: Self.kind(vector.type))
            }
        }
        Vectors.report(cases.count, of: "failures", in: "media")
    }
}
