import Foundation
import SwiftProtobuf
import WhatsAppProto

extension MessageContent {
    /// A message with an attachment. Audio has no caption; a document with one is wrapped, because some clients show it
    /// only then.
    /// - Parameter secret: 32 random bytes, by which later messages can refer to this one.
    static func media(
        _ attached: UploadedAttachment, caption: String, expiration: UInt32?, secret: [UInt8]
    ) throws(ClientError) -> [UInt8] {
        let caption = caption.isEmpty ? nil : caption
        var message = WAMessage()
        switch attached.attachment.kind {
        case .image: message.imageMessage = self.image(attached, caption, expiration)
        case .video: message.videoMessage = self.video(attached, caption, expiration)
        case .audio, .voiceNote: message.audioMessage = self.audio(attached, expiration)
        case .document:
            let document = self.document(attached, caption, expiration)
            if caption == nil {
                message.documentMessage = document
            } else {
                message.documentWithCaptionMessage.message.documentMessage = document
            }
        }
        message.messageContextInfo.messageSecret = Data(secret)
        return try self.encode(message)
    }

    private static func image(
        _ attached: UploadedAttachment, _ caption: String?, _ expiration: UInt32?
    ) -> WAImageMessage {
        var image = WAImageMessage(attached, expiration)
        let attachment = attached.attachment
        if let caption { image.caption = caption }
        if let width = attachment.width { image.width = width }
        if let height = attachment.height { image.height = height }
        if let thumbnail = attachment.thumbnail { image.jpegthumbnail = Data(thumbnail) }
        return image
    }

    private static func video(
        _ attached: UploadedAttachment, _ caption: String?, _ expiration: UInt32?
    ) -> WAVideoMessage {
        var video = WAVideoMessage(attached, expiration)
        let attachment = attached.attachment
        if let caption { video.caption = caption }
        if let seconds = attachment.seconds { video.seconds = seconds }
        if let width = attachment.width { video.width = width }
        if let height = attachment.height { video.height = height }
        if let thumbnail = attachment.thumbnail { video.jpegthumbnail = Data(thumbnail) }
        return video
    }

    private static func audio(_ attached: UploadedAttachment, _ expiration: UInt32?) -> WAAudioMessage {
        var audio = WAAudioMessage(attached, expiration)
        if let seconds = attached.attachment.seconds { audio.seconds = seconds }
        if attached.attachment.kind == .voiceNote { audio.ptt = true }
        return audio
    }

    private static func document(
        _ attached: UploadedAttachment, _ caption: String?, _ expiration: UInt32?
    ) -> WADocumentMessage {
        var document = WADocumentMessage(attached, expiration)
        // The name is all that is seen of it before it is fetched.
        let name = attached.attachment.fileName ?? "document"
        document.fileName = name
        document.title = name
        if let caption { document.caption = caption }
        if let thumbnail = attached.attachment.thumbnail { document.jpegthumbnail = Data(thumbnail) }
        return document
    }

    /// The upload that a message of ours names.
    static func upload(in content: [UInt8]) -> (key: MediaUploadKey, fileEncSHA256: [UInt8])? {
        guard let message = try? WAMessage(serializedBytes: content).unwrapped else { return nil }
        let media: (fields: any MediaFields, kind: MediaAttachment.Kind)? =
            if message.hasImageMessage {
                (message.imageMessage, .image)
            } else if message.hasVideoMessage {
                (message.videoMessage, .video)
            } else if message.hasAudioMessage {
                (message.audioMessage, .audio)
            } else if message.hasDocumentMessage {
                (message.documentMessage, .document)
            } else {
                nil
            }
        return media.map { fields, kind in
            (
                MediaUploadKey(fileSHA256: Array(fields.fileSha256), kind: kind.mediaKind),
                Array(fields.fileEncSha256)
            )
        }
    }
}
