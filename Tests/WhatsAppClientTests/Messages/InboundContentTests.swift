import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct InboundContentTests {
    private func content(_ message: WAMessage, isFromMe: Bool = false) throws -> InboundContent {
        var generator = SeededGenerator(seed: 1)
        let plaintext = MessagePadding.pad(try message.serializedBytes(), using: &generator)
        return InboundContent(plaintext: plaintext, isFromMe: isFromMe)
    }

    private func text(_ fill: (inout WAMessage) -> Void) throws -> InboundContent.Kind {
        var message = WAMessage()
        fill(&message)
        return try self.content(message).kind
    }

    @Test func `text is found wherever a person may have written or chosen it`() throws {
        let expected = InboundContent.Kind.text("STOP", editedID: nil)
        #expect(try self.text { $0.conversation = "STOP" } == expected)
        #expect(try self.text { $0.extendedTextMessage.text = "STOP" } == expected)
        #expect(try self.text { $0.imageMessage.caption = "STOP" } == expected)
        #expect(try self.text { $0.videoMessage.caption = "STOP" } == expected)
        #expect(try self.text { $0.documentMessage.caption = "STOP" } == expected)
        #expect(try self.text { $0.buttonsResponseMessage.selectedDisplayText = "STOP" } == expected)
        #expect(try self.text { $0.buttonsResponseMessage.selectedButtonID = "STOP" } == expected)
        #expect(try self.text { $0.templateButtonReplyMessage.selectedDisplayText = "STOP" } == expected)
        #expect(try self.text { $0.templateButtonReplyMessage.selectedID = "STOP" } == expected)
        #expect(try self.text { $0.listResponseMessage.title = "STOP" } == expected)
        #expect(try self.text { $0.listResponseMessage.singleSelectReply.selectedRowID = "STOP" } == expected)
    }

    @Test func `what has no words is known to be written, and what nobody has written is not`() throws {
        let expected = InboundContent.Kind.text(nil, editedID: nil)
        #expect(try self.text { $0.imageMessage.mimetype = "image/jpeg" } == expected)
        #expect(try self.text { $0.videoMessage.mimetype = "video/mp4" } == expected)
        #expect(try self.text { $0.ptvMessage.mimetype = "video/mp4" } == expected)
        #expect(try self.text { $0.audioMessage.ptt = true } == expected)
        #expect(try self.text { $0.documentMessage.fileName = "a.pdf" } == expected)
        #expect(try self.text { $0.stickerMessage.mimetype = "image/webp" } == expected)
        #expect(try self.text { $0.contactMessage.displayName = "A" } == expected)
        #expect(try self.text { $0.locationMessage.name = "A" } == expected)
        #expect(try self.text { $0.placeholderMessage.type = .maskLinkedDevices } == expected)
        #expect(try self.text { $0.viewOnceMessageV2.message.imageMessage.mimetype = "image/jpeg" } == expected)
        #expect(try self.text { $0.reactionMessage.text = "👍" } == .other)
        #expect(try self.text { $0.messageContextInfo.messageSecret = Data([1]) } == .other)
        #expect(try self.text { $0.senderKeyDistributionMessage.groupID = "1@g.us" } == .other)
    }

    @Test func `envelopes are opened, also one in another`() throws {
        let inner = WAMessage(text: "STOP")
        let expected = InboundContent.Kind.text("STOP", editedID: nil)
        #expect(try self.text { $0.ephemeralMessage.message = inner } == expected)
        #expect(try self.text { $0.viewOnceMessage.message = inner } == expected)
        #expect(try self.text { $0.viewOnceMessageV2.message = inner } == expected)
        #expect(try self.text { $0.viewOnceMessageV2Extension.message = inner } == expected)
        #expect(try self.text { $0.documentWithCaptionMessage.message = inner } == expected)
        #expect(try self.text { $0.editedMessage.message = inner } == expected)
        #expect(try self.text { $0.groupMentionedMessage.message = inner } == expected)
        #expect(try self.text { $0.ephemeralMessage.message.viewOnceMessage.message = inner } == expected)
    }

    @Test func `an edit gives its new text and what it replaces`() throws {
        let kind = try self.text { message in
            message.protocolMessage.type = .messageEdit
            message.protocolMessage.key.id = "A1"
            message.protocolMessage.editedMessage.conversation = "STOP"
        }
        #expect(kind == .text("STOP", editedID: "A1"))
    }

    @Test func `a protocol message of unknown type is not taken for a revocation or anything else`() throws {
        // Message { 12: { 2: 99, 14: { 1: "x" } } }
        var generator = SeededGenerator(seed: 1)
        let bytes: [UInt8] = [0x62, 0x07, 0x10, 0x63, 0x72, 0x03, 0x0A, 0x01, 0x78]
        let content = InboundContent(plaintext: MessagePadding.pad(bytes, using: &generator), isFromMe: false)
        #expect(content.kind == .other)
        #expect(try self.text { $0.protocolMessage.type = .revoke } == .other)
    }

    @Test func `a copy of what we sent counts only from ourselves`() throws {
        var message = WAMessage()
        message.deviceSentMessage.destinationJid = "200000000000002:3@lid"
        message.deviceSentMessage.message.conversation = "STOP"
        let own = try self.content(message, isFromMe: true)
        #expect(own.kind == .text("STOP", editedID: nil))
        #expect(own.destination == jid("200000000000002@lid"))
        #expect(try self.content(message).kind == .other)
        message.deviceSentMessage.destinationJid = "nobody"
        #expect(try self.content(message, isFromMe: true).kind == .other)
    }

    @Test func `names and history are taken only from ourselves`() throws {
        var payload = WALIDMigrationMappingSyncPayload()
        for (pn, assigned, latest) in [(15_550_002_222, 2, 3), (15_550_003_333, 4, 0), (0, 5, 0)]
            as [(UInt64, UInt64, UInt64)]
        {
            var mapping = WALIDMigrationMapping()
            mapping.pn = pn
            mapping.assignedLid = assigned
            if latest != 0 { mapping.latestLid = latest }
            payload.pnToLidMappings.append(mapping)
        }
        var message = WAMessage()
        message.protocolMessage.type = .lidMigrationMappingSync
        message.protocolMessage.lidMigrationMappingSyncMessage.encodedMappingPayload = try payload.serializedBytes()
        let mappings = [LIDMapping(lid: "3", pn: "15550002222"), LIDMapping(lid: "4", pn: "15550003333")]
        #expect(try self.content(message, isFromMe: true).kind == .mappings(mappings))
        #expect(try self.content(message).kind == .other)
        message = WAMessage()
        message.protocolMessage.type = .historySyncNotification
        #expect(try self.content(message, isFromMe: true).kind == .historySync)
        #expect(try self.content(message).kind == .other)
    }

    @Test func `what is not readable is received and of no interest`() throws {
        for bytes in [[], [1], [5, 5], [0x0A, 0xFF, 1]] as [[UInt8]] {
            #expect(InboundContent(plaintext: bytes, isFromMe: true).kind == .other)
        }
        #expect(try self.content(WAMessage()).kind == .other)
        #expect(try self.text { $0.reactionMessage.text = "👍" } == .other)
    }

    @Test func `nesting without end is refused by the reader`() throws {
        var bytes = Array(try WAMessage(text: "x").serializedBytes() as [UInt8])
        for _ in 0..<500 {
            func field(_ key: [UInt8]) -> [UInt8] { key + Self.varint(bytes.count) + bytes }
            bytes = field([0x0A])
            bytes = field([0xC2, 0x02])
        }
        var generator = SeededGenerator(seed: 1)
        #expect(InboundContent(plaintext: MessagePadding.pad(bytes, using: &generator), isFromMe: false).kind == .other)
    }

    private static func varint(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + self.varint(value >> 7)
    }

    @Test func `the copy for our own devices has the known bytes`() throws {
        let content: [UInt8] = try WAMessage(text: "hello").serializedBytes()
        let copy = try MessageContent.deviceSent(content, to: jid("200000000000002@lid"))
        #expect(copy.hex == "fa011e0a13323030303030303030303030303032406c696412070a0568656c6c6f")
    }
}
