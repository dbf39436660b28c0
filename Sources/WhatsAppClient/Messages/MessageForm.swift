import SwiftProtobuf
import WhatsAppProto

/// What a stanza says about the content of its message, which it must not contradict.
struct MessageForm: Hashable, Sendable {
    /// Of the stanza.
    let type: String
    /// Of every ciphertext with this content.
    let mediaType: String?

    private init(_ type: String, _ mediaType: String? = nil) {
        self.type = type
        self.mediaType = mediaType
    }

    /// - Parameter message: one of ours.
    init(of message: WAMessage) {
        let message = message.unwrapped
        if message.hasImageMessage {
            self.init("media", "image")
        } else if message.hasVideoMessage {
            self.init("media", message.videoMessage.gifPlayback ? "gif" : "video")
        } else if message.hasAudioMessage {
            self.init("media", message.audioMessage.ptt ? "ptt" : "audio")
        } else if message.hasDocumentMessage {
            self.init("media", "document")
        } else {
            self.init("text")
        }
    }

    /// - Parameter content: a serialized message of ours.
    init(content: [UInt8]) throws(ClientError) {
        guard let message = try? WAMessage(serializedBytes: content) else { throw .encodingFailed }
        self.init(of: message)
    }
}
