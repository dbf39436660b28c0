import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppCrypto

@Suite struct ReportingTokenTests {
    private func token(_ message: WAMessage, secretSize: Int = 32) throws -> ReportingToken? {
        try ReportingToken(
            message: message.serializedBytes(), secret: SecretBytes([UInt8](repeating: 5, count: secretSize)),
            id: "3EB0", sender: JID("15550001111:3@s.whatsapp.net"), chat: JID("15550002222@s.whatsapp.net"))
    }

    @Test func `the text counts, the link and the quoted message do not`() throws {
        var message = WAMessage()
        message.extendedTextMessage.text = "hello"
        let token = try #require(try self.token(message))
        message.extendedTextMessage.matchedText = "https://example.com/"
        message.extendedTextMessage.contextInfo.stanzaID = "3EB1"
        message.messageContextInfo.messageSecret = Data(repeating: 5, count: 32)
        #expect(try self.token(message) == token)
        message.extendedTextMessage.text = "hallo"
        #expect(try self.token(message) != token)
    }

    @Test func `content of which it is not known what counts goes without`() throws {
        var message = WAMessage()
        message.documentMessage.fileName = "a.pdf"
        #expect(try self.token(message) == nil)
        message = WAMessage()
        message.extendedTextMessage.text = "hello"
        message.extendedTextMessage.contextInfo.isForwarded = true
        #expect(try self.token(message) == nil)
    }

    @Test func `a message secret has 32 bytes`() {
        var message = WAMessage()
        message.conversation = "hello"
        #expect(throws: WhatsAppCryptoError.wrongSize(what: "message secret", expected: 32, actual: 31)) {
            try self.token(message, secretSize: 31)
        }
    }

    @Test func `fields come in ascending order whatever order they had`() {
        #expect(ReportableContent.filter([0x32, 3, 0x0A, 1, 65, 0x0A, 1, 66]) == [0x0A, 1, 66, 0x32, 3, 0x0A, 1, 65])
    }

    @Test(
        arguments: [
            [0x0A], [0x0A, 5, 1], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0B],
            [0x32, 1, 0x0A],
            [UInt8](repeating: 0xFF, count: 30), [0x30, 1], [0x0D, 1, 2, 3], [0x09, 1],
        ] as [[UInt8]]) func `what is no message has no content`(bytes: [UInt8])
    {
        #expect(ReportableContent.filter(bytes) == nil)
    }

    @Test func `random bytes have content no longer than themselves`() {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            var bytes = generator.bytes(count: Int.random(in: 0...60, using: &generator))
            // Tags that have rules, so that some get past the first field.
            for index in bytes.indices where Int.random(in: 0..<3, using: &generator) == 0 {
                bytes[index] = [0x0A, 0x1A, 0x32, 0x12, 3, 2].randomElement(using: &generator) ?? 0
            }
            if let content = ReportableContent.filter(bytes) { #expect(content.count <= bytes.count, "seed \(seed)") }
        }
    }
}
