import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppProto

/// The plaintexts of messages, without padding.
enum MessageContent {
    /// - Parameter secret: 32 random bytes, by which later messages can refer to this one.
    static func text(_ text: String, expiration: UInt32?, secret: [UInt8]) throws(ClientError) -> [UInt8] {
        var message = WAMessage()
        if let expiration {
            // A bare text has no place for it.
            message.extendedTextMessage.text = text
            message.extendedTextMessage.contextInfo.expiration = expiration
        } else {
            message.conversation = text
        }
        message.messageContextInfo.messageSecret = Data(secret)
        return try self.encode(message)
    }

    /// The same for our other devices: the message and the chat it went to.
    static func deviceSent(_ content: [UInt8], to chat: JID) throws(ClientError) -> [UInt8] {
        guard let message = try? WAMessage(serializedBytes: content) else { throw .encodingFailed }
        var wrapper = WAMessage()
        wrapper.deviceSentMessage.destinationJid = chat.withoutDevice.description
        wrapper.deviceSentMessage.message = message
        if message.hasMessageContextInfo { wrapper.messageContextInfo = message.messageContextInfo }
        return try self.encode(wrapper)
    }

    static func encode(_ message: WAMessage) throws(ClientError) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }
}

extension WAMessage {
    /// The message inside all envelopes that only say how it is to be shown.
    var unwrapped: WAMessage {
        var message = self
        while let inner = message.envelope { message = inner.message }
        return message
    }

    private var envelope: WAFutureProofMessage? {
        if self.hasEphemeralMessage { return self.ephemeralMessage }
        if self.hasViewOnceMessage { return self.viewOnceMessage }
        if self.hasViewOnceMessageV2 { return self.viewOnceMessageV2 }
        if self.hasViewOnceMessageV2Extension { return self.viewOnceMessageV2Extension }
        if self.hasDocumentWithCaptionMessage { return self.documentWithCaptionMessage }
        if self.hasEditedMessage { return self.editedMessage }
        if self.hasGroupMentionedMessage { return self.groupMentionedMessage }
        return nil
    }

    /// Whether it is something that a person has sent into the chat, with or without words. Reactions and votes are not.
    var isWritten: Bool {
        self.hasImageMessage || self.hasVideoMessage || self.hasPtvMessage || self.hasAudioMessage
            || self.hasDocumentMessage || self.hasStickerMessage || self.hasLottieStickerMessage
            || self.hasContactMessage || self.hasContactsArrayMessage || self.hasLocationMessage
            || self.hasLiveLocationMessage || self.hasExtendedTextMessage || self.hasButtonsResponseMessage
            || self.hasTemplateButtonReplyMessage || self.hasListResponseMessage || self.hasInteractiveResponseMessage
            || self.hasPlaceholderMessage
    }

    /// What a person has written or chosen; `nil` when that is nothing.
    var shownText: String? {
        let texts = [
            self.conversation, self.extendedTextMessage.text, self.imageMessage.caption, self.videoMessage.caption,
            self.documentMessage.caption, self.buttonsResponseMessage.selectedDisplayText,
            self.buttonsResponseMessage.selectedButtonID, self.templateButtonReplyMessage.selectedDisplayText,
            self.templateButtonReplyMessage.selectedID, self.listResponseMessage.title,
            self.listResponseMessage.singleSelectReply.selectedRowID,
        ]
        return texts.first { !$0.isEmpty }
    }
}
