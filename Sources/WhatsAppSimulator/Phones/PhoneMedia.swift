public import Foundation
import WhatsAppCrypto
import WhatsAppProto

/// A file that a person sends with a phone.
public struct PhoneMedia: Sendable, Hashable {
    public var kind: InboxMedia.Kind
    public var data: Data
    public var mimeType: String
    public var fileName: String?
    public var caption: String?
    public var seconds: UInt32?

    /// - Parameter mimeType: The usual one of the kind when `nil`.
    public init(
        kind: InboxMedia.Kind, data: Data, mimeType: String? = nil, fileName: String? = nil, caption: String? = nil,
        seconds: UInt32? = nil
    ) {
        self.kind = kind
        self.data = data
        self.mimeType = mimeType ?? Self.usualType(of: kind)
        self.fileName = fileName
        self.caption = caption
        self.seconds = seconds
    }

    private static func usualType(of kind: InboxMedia.Kind) -> String {
        switch kind {
        case .image: "image/jpeg"
        case .video, .gif: "video/mp4"
        case .audio: "audio/mpeg"
        case .ptt: "audio/ogg; codecs=opus"
        case .document: "application/octet-stream"
        case .sticker: "image/webp"
        }
    }

    /// What the file is encrypted as.
    var mediaKind: MediaKind {
        switch self.kind {
        case .image, .sticker: .image
        case .video, .gif: .video
        case .audio, .ptt: .audio
        case .document: .document
        }
    }
}

/// Where an encrypted file lies, and what opens it.
struct PlacedMedia: Sendable {
    let url: String
    let directPath: String
    let mediaKey: Data
    let digests: MediaDigests
    let timestamp: Int64
}

extension PhoneMedia {
    /// The message that brings the file.
    func content(_ place: PlacedMedia) -> PhoneContent {
        var message = WAMessage()
        switch self.kind {
        case .image: message.imageMessage = self.image(place)
        case .video, .gif: message.videoMessage = self.video(place)
        case .audio, .ptt: message.audioMessage = self.audio(place)
        case .sticker: message.stickerMessage = self.sticker(place)
        case .document where self.caption == nil: message.documentMessage = self.document(place)
        case .document: message.documentWithCaptionMessage.message.documentMessage = self.document(place)
        }
        return PhoneContent(message: message, type: .media(self.kind.rawValue), text: self.caption ?? "")
    }

    private func image(_ place: PlacedMedia) -> WAImageMessage {
        var image = WAImageMessage()
        image.url = place.url
        image.mimetype = self.mimeType
        if let caption = self.caption { image.caption = caption }
        image.fileSha256 = Data(place.digests.fileSHA256)
        image.fileLength = place.digests.fileLength
        image.mediaKey = place.mediaKey
        image.fileEncSha256 = Data(place.digests.fileEncSHA256)
        image.directPath = place.directPath
        image.mediaKeyTimestamp = place.timestamp
        return image
    }

    private func video(_ place: PlacedMedia) -> WAVideoMessage {
        var video = WAVideoMessage()
        video.url = place.url
        video.mimetype = self.mimeType
        if let caption = self.caption { video.caption = caption }
        if let seconds = self.seconds { video.seconds = seconds }
        if self.kind == .gif { video.gifPlayback = true }
        video.fileSha256 = Data(place.digests.fileSHA256)
        video.fileLength = place.digests.fileLength
        video.mediaKey = place.mediaKey
        video.fileEncSha256 = Data(place.digests.fileEncSHA256)
        video.directPath = place.directPath
        video.mediaKeyTimestamp = place.timestamp
        return video
    }

    private func audio(_ place: PlacedMedia) -> WAAudioMessage {
        var audio = WAAudioMessage()
        audio.url = place.url
        audio.mimetype = self.mimeType
        if let seconds = self.seconds { audio.seconds = seconds }
        if self.kind == .ptt { audio.ptt = true }
        audio.fileSha256 = Data(place.digests.fileSHA256)
        audio.fileLength = place.digests.fileLength
        audio.mediaKey = place.mediaKey
        audio.fileEncSha256 = Data(place.digests.fileEncSHA256)
        audio.directPath = place.directPath
        audio.mediaKeyTimestamp = place.timestamp
        return audio
    }

    private func document(_ place: PlacedMedia) -> WADocumentMessage {
        var document = WADocumentMessage()
        document.url = place.url
        document.mimetype = self.mimeType
        document.title = self.fileName ?? "file"
        document.fileName = self.fileName ?? "file"
        if let caption = self.caption { document.caption = caption }
        document.fileSha256 = Data(place.digests.fileSHA256)
        document.fileLength = place.digests.fileLength
        document.mediaKey = place.mediaKey
        document.fileEncSha256 = Data(place.digests.fileEncSHA256)
        document.directPath = place.directPath
        document.mediaKeyTimestamp = place.timestamp
        return document
    }

    private func sticker(_ place: PlacedMedia) -> WAStickerMessage {
        var sticker = WAStickerMessage()
        sticker.url = place.url
        sticker.mimetype = self.mimeType
        sticker.fileSha256 = Data(place.digests.fileSHA256)
        sticker.fileLength = place.digests.fileLength
        sticker.mediaKey = place.mediaKey
        sticker.fileEncSha256 = Data(place.digests.fileEncSHA256)
        sticker.directPath = place.directPath
        sticker.mediaKeyTimestamp = place.timestamp
        return sticker
    }
}
