import Foundation
import SwiftProtobuf
import WhatsAppCrypto
import WhatsAppProto

/// What a message shows once its wrappers are off, and what its stanza has to say of it.
struct MessageContent: Sendable {
    enum Shown: Sendable {
        case text(String)
        case media(MediaOrder, InboxMedia)
        /// Nothing its owner sees as a message.
        case nothing
    }

    var shown = Shown.nothing
    /// What `type` and `mediatype` of the stanza have to be; of a kind that is not known here anything will do.
    var types: [StanzaType] = []
    /// What is wrong about it.
    var complaints: [String] = []

    struct StanzaType: Sendable, Hashable {
        let type: String
        let mediaType: String?

        static let text = StanzaType(type: "text", mediaType: nil)
        static func media(_ mediaType: String) -> StanzaType { StanzaType(type: "media", mediaType: mediaType) }
    }

    init(_ message: WAMessage) {
        let (message, isWrapped) = Self.unwrap(message)
        if message.hasConversation {
            self.init(shown: .text(message.conversation), types: [.text])
        } else if message.hasExtendedTextMessage {
            self.init(message.extendedTextMessage)
        } else if message.hasImageMessage {
            self.init(message.imageMessage)
        } else if message.hasVideoMessage {
            self.init(message.videoMessage)
        } else if message.hasAudioMessage {
            self.init(message.audioMessage)
        } else if message.hasDocumentMessage {
            self.init(message.documentMessage, isWrapped: isWrapped)
        } else if message.hasStickerMessage {
            self.init(message.stickerMessage)
        } else {
            self.init(types: Self.otherTypes(message))
        }
    }

    private init(shown: Shown = .nothing, types: [StanzaType], complaints: [String] = []) {
        self.shown = shown
        self.types = types
        self.complaints = complaints
    }

    /// - Returns: the message inside, and whether one of the wrappers was that of a document with caption.
    private static func unwrap(_ message: WAMessage) -> (WAMessage, Bool) {
        var message = message
        var isWrapped = false
        // Decoding has limited the depth already.
        while true {
            if message.hasEphemeralMessage {
                message = message.ephemeralMessage.message
            } else if message.hasViewOnceMessage {
                message = message.viewOnceMessage.message
            } else if message.hasViewOnceMessageV2 {
                message = message.viewOnceMessageV2.message
            } else if message.hasViewOnceMessageV2Extension {
                message = message.viewOnceMessageV2Extension.message
            } else if message.hasGroupMentionedMessage {
                message = message.groupMentionedMessage.message
            } else if message.hasDocumentWithCaptionMessage {
                message = message.documentWithCaptionMessage.message
                isWrapped = true
            } else {
                return (message, isWrapped)
            }
        }
    }

    private init(_ text: WAExtendedTextMessage) {
        let hasPreview = !text.matchedText.isEmpty && !text.title.isEmpty
        self.init(shown: .text(text.text), types: hasPreview ? [.media("url")] : [.text])
        if text.matchedText.isEmpty != text.title.isEmpty {
            self.complaints.append("a link preview has matchedText and title, or neither")
            self.types = [.text, .media("url")]
        }
    }

    private static func otherTypes(_ message: WAMessage) -> [StanzaType] {
        if message.hasReactionMessage { return [StanzaType(type: "reaction", mediaType: nil)] }
        if message.hasContactMessage { return [.media("vcard")] }
        if message.hasContactsArrayMessage { return [.media("contact_array")] }
        if message.hasLocationMessage { return [.media("location"), .text] }
        if message.hasLiveLocationMessage { return [.media("livelocation"), .text] }
        if message.hasProtocolMessage { return [.text] }
        return []
    }
}
