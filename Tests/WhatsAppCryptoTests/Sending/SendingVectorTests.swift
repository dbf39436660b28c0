import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppCrypto

/// The cases of the assorted vectors that are about messages.
@Suite struct SendingVectorTests {
    struct File: Decodable {
        let padding: Padding
        let phash: [ParticipantHash]
        let message_id: [MessageID]
        let reporting_token: [ReportingToken]
        let e2e_messages: [Message]
    }

    struct Padding: Decodable {
        struct Pad: Decodable {
            let random_byte, plaintext, padded: HexBytes
            let pad_length: Int
        }

        struct Unpad: Decodable {
            let padded: HexBytes
            let plaintext: HexBytes?
            let valid: Bool
            let note: String
        }

        let pad: [Pad]
        let unpad: [Unpad]
    }

    struct ParticipantHash: Decodable {
        let participants, ad_strings: [String]
        let phash: String
    }

    struct MessageID: Decodable {
        let own_jid, id: String
        let unix_time: UInt64
        let random, hash_input: HexBytes
    }

    struct ReportingToken: Decodable {
        let message, filtered_content, message_secret, key, token: HexBytes
        let message_id, sender, remote: String
        let node: VectorNode
    }

    struct Message: Decodable {
        let name: String
        let bytes: HexBytes
    }

    static let file = Result { try Vectors.load("misc", as: File.self) }

    @Test func `messages are padded as in the vectors`() throws {
        let cases = try Self.file.get().padding
        for vector in cases.pad {
            var generator = ScriptedGenerator(vector.random_byte.bytes)
            let padded = MessagePadding.pad(vector.plaintext.bytes, using: &generator)
            #expect(padded == vector.padded.bytes)
            #expect(padded.count == vector.plaintext.bytes.count + vector.pad_length)
            #expect(try MessagePadding.unpad(padded) == vector.plaintext.bytes)
        }
        Vectors.report(cases.pad.count, of: "padding.pad", in: "misc")
    }

    @Test func `paddings are taken off or refused as in the vectors`() throws {
        let cases = try Self.file.get().padding.unpad
        for vector in cases {
            if vector.valid {
                #expect(try MessagePadding.unpad(vector.padded.bytes) == vector.plaintext?.bytes, "\(vector.note)")
            } else {
                #expect(throws: WhatsAppCryptoError.self, "\(vector.note)") {
                    try MessagePadding.unpad(vector.padded.bytes)
                }
            }
        }
        Vectors.report(cases.count, of: "padding.unpad", in: "misc")
    }

    @Test func `participant hashes are those of the vectors`() throws {
        let cases = try Self.file.get().phash
        for vector in cases {
            let devices = try vector.participants.map { try JID($0) }
            #expect(devices.map(\.adString) == vector.ad_strings)
            #expect(try WhatsAppCrypto.ParticipantHash.hash(of: devices) == vector.phash)
            #expect(try WhatsAppCrypto.ParticipantHash.hash(of: devices.reversed()) == vector.phash)
        }
        Vectors.report(cases.count, of: "phash", in: "misc")
    }

    @Test func `message ids are those of the vectors`() throws {
        let cases = try Self.file.get().message_id
        for vector in cases {
            var generator = ScriptedGenerator(vector.random.bytes)
            let account = vector.own_jid.isEmpty ? nil : try JID(vector.own_jid)
            let now = Date(timeIntervalSince1970: Double(vector.unix_time) + 0.9)
            let id = try WhatsAppCrypto.MessageID.make(for: account, now: now, using: &generator)
            #expect(id == vector.id)
            #expect(generator.isUsedUp)
        }
        Vectors.report(cases.count, of: "message_id", in: "misc")
    }

    @Test func `reporting tokens are those of the vectors`() throws {
        let cases = try Self.file.get().reporting_token
        for vector in cases {
            let secret = SecretBytes(vector.message_secret.bytes)
            let (sender, chat) = (try JID(vector.sender), try JID(vector.remote))
            #expect(ReportableContent.filter(vector.message.bytes)?.hex == vector.filtered_content.bytes.hex)
            let key = try WhatsAppCrypto.ReportingToken.key(
                secret: secret, id: vector.message_id, sender: sender, chat: chat)
            #expect(key.exposed == vector.key.bytes)
            let token = try WhatsAppCrypto.ReportingToken(
                message: vector.message.bytes, secret: secret, id: vector.message_id, sender: sender, chat: chat)
            #expect(token?.bytes == vector.token.bytes)
            #expect(try token?.node == vector.node.node())
        }
        Vectors.report(cases.count, of: "reporting_token", in: "misc")
    }

    /// The JSON forms are read from the file as they stand, for they differ in their members.
    @Test func `messages of the vectors read without loss and write the same bytes`() throws {
        let cases = try Self.file.get().e2e_messages
        let jsonForms = try Self.jsonForms()
        try #require(cases.count == jsonForms.count)
        for (vector, json) in zip(cases, jsonForms) {
            let message = try WAMessage(serializedBytes: vector.bytes.bytes)
            #expect(try message.serializedBytes() as [UInt8] == vector.bytes.bytes, "\(vector.name)")
            var strict = JSONDecodingOptions()
            strict.ignoreUnknownFields = false
            let fromJSON = try WAMessage(jsonUTF8Bytes: json, options: strict)
            // Equality covers unknown fields, and JSON brings none.
            #expect(message == fromJSON, "\(vector.name)")
            #expect(try fromJSON.serializedBytes() as [UInt8] == vector.bytes.bytes, "\(vector.name)")
        }
        Vectors.report(cases.count, of: "e2e_messages", in: "misc")
    }

    private static func jsonForms() throws -> [Data] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Vectors/misc.json")
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
        let cases = try #require(file?["e2e_messages"] as? [[String: Any]])
        return try cases.map { try JSONSerialization.data(withJSONObject: #require($0["json"])) }
    }
}
