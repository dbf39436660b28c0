import Foundation
import WhatsAppCrypto
import WhatsAppProto

// Every kind of media has the same fields under its own numbers; what is missing or cannot be is complained about.
extension MessageContent {
    /// The fields all kinds have.
    fileprivate struct Fields {
        var kind: MediaKind
        var url = ""
        var mimeType = ""
        var fileSHA256 = Data()
        var fileEncSHA256 = Data()
        var mediaKey = Data()
        var directPath = ""
        var fileLength: UInt64?
        var hasTimestamp = false

        var missing: [String] {
            var names: [String] = []
            if self.url.isEmpty { names.append("url") }
            if self.mimeType.isEmpty { names.append("mimetype") }
            if self.fileSHA256.count != 32 { names.append("fileSHA256") }
            if self.fileEncSHA256.count != 32 { names.append("fileEncSHA256") }
            if self.mediaKey.count != 32 { names.append("mediaKey") }
            if !self.directPath.hasPrefix("/") { names.append("directPath") }
            if self.fileLength == nil { names.append("fileLength") }
            if !self.hasTimestamp { names.append("mediaKeyTimestamp") }
            return names
        }

        var order: MediaOrder {
            MediaOrder(
                kind: self.kind, directPath: self.directPath, mediaKey: Array(self.mediaKey),
                fileSHA256: Array(self.fileSHA256), fileEncSHA256: Array(self.fileEncSHA256),
                fileLength: self.fileLength ?? 0)
        }
    }

    /// What only some kinds have.
    fileprivate struct Extras {
        var caption: String?
        var fileName: String?
        var seconds: UInt32?
        var width: UInt32?
        var height: UInt32?
        var thumbnail: Data?
    }

    private init(_ kind: InboxMedia.Kind, _ fields: Fields, _ extras: Extras) {
        let media = InboxMedia(
            kind: kind, caption: extras.caption, fileName: extras.fileName, mimeType: fields.mimeType,
            size: fields.fileLength ?? 0, sha256: fields.fileSHA256.hexadecimal, seconds: extras.seconds,
            width: extras.width, height: extras.height, thumbnailSize: extras.thumbnail?.count)
        self.init(WAMessage())
        self.shown = .media(fields.order, media)
        self.types = [.media(kind.rawValue)]
        let missing = fields.missing
        if !missing.isEmpty {
            self.complaints.append("a message with \(kind.rawValue) without right \(missing.joined(separator: ", "))")
        }
        if let thumbnail = extras.thumbnail, kind != .sticker, !thumbnail.starts(with: [0xFF, 0xD8]) {
            self.complaints.append("a thumbnail that is no JPEG")
        }
    }

    init(_ image: WAImageMessage) {
        let fields = Fields(
            kind: .image, url: image.url, mimeType: image.mimetype, fileSHA256: image.fileSha256,
            fileEncSHA256: image.fileEncSha256, mediaKey: image.mediaKey, directPath: image.directPath,
            fileLength: image.hasFileLength ? image.fileLength : nil, hasTimestamp: image.hasMediaKeyTimestamp)
        let extras = Extras(
            caption: image.hasCaption ? image.caption : nil, width: image.hasWidth ? image.width : nil,
            height: image.hasHeight ? image.height : nil,
            thumbnail: image.hasJpegthumbnail ? image.jpegthumbnail : nil)
        self.init(.image, fields, extras)
    }

    init(_ video: WAVideoMessage) {
        let fields = Fields(
            kind: .video, url: video.url, mimeType: video.mimetype, fileSHA256: video.fileSha256,
            fileEncSHA256: video.fileEncSha256, mediaKey: video.mediaKey, directPath: video.directPath,
            fileLength: video.hasFileLength ? video.fileLength : nil, hasTimestamp: video.hasMediaKeyTimestamp)
        let extras = Extras(
            caption: video.hasCaption ? video.caption : nil, seconds: video.hasSeconds ? video.seconds : nil,
            width: video.hasWidth ? video.width : nil, height: video.hasHeight ? video.height : nil,
            thumbnail: video.hasJpegthumbnail ? video.jpegthumbnail : nil)
        self.init(video.gifPlayback ? .gif : .video, fields, extras)
    }

    init(_ audio: WAAudioMessage) {
        let fields = Fields(
            kind: .audio, url: audio.url, mimeType: audio.mimetype, fileSHA256: audio.fileSha256,
            fileEncSHA256: audio.fileEncSha256, mediaKey: audio.mediaKey, directPath: audio.directPath,
            fileLength: audio.hasFileLength ? audio.fileLength : nil, hasTimestamp: audio.hasMediaKeyTimestamp)
        self.init(
            audio.ptt ? .ptt : .audio, fields, Extras(seconds: audio.hasSeconds ? audio.seconds : nil))
        if audio.ptt, audio.mimetype != "audio/ogg; codecs=opus" {
            self.complaints.append("a voice note of type \(audio.mimetype); they are audio/ogg; codecs=opus")
        }
        if audio.hasWaveform, audio.waveform.count != 64 || audio.waveform.contains(where: { $0 > 100 }) {
            self.complaints.append("a waveform is 64 bytes from 0 to 100")
        }
    }

    init(_ document: WADocumentMessage, isWrapped: Bool) {
        let fields = Fields(
            kind: .document, url: document.url, mimeType: document.mimetype, fileSHA256: document.fileSha256,
            fileEncSHA256: document.fileEncSha256, mediaKey: document.mediaKey, directPath: document.directPath,
            fileLength: document.hasFileLength ? document.fileLength : nil,
            hasTimestamp: document.hasMediaKeyTimestamp)
        let extras = Extras(
            caption: document.hasCaption ? document.caption : nil,
            fileName: document.hasFileName ? document.fileName : nil,
            thumbnail: document.hasJpegthumbnail ? document.jpegthumbnail : nil)
        self.init(.document, fields, extras)
        if document.fileName.isEmpty { self.complaints.append("a document without fileName") }
        if document.hasCaption, !document.caption.isEmpty, !isWrapped {
            self.complaints.append("a document with caption outside of documentWithCaptionMessage")
        }
    }

    init(_ sticker: WAStickerMessage) {
        let fields = Fields(
            kind: .image, url: sticker.url, mimeType: sticker.mimetype, fileSHA256: sticker.fileSha256,
            fileEncSHA256: sticker.fileEncSha256, mediaKey: sticker.mediaKey, directPath: sticker.directPath,
            fileLength: sticker.hasFileLength ? sticker.fileLength : nil,
            hasTimestamp: sticker.hasMediaKeyTimestamp)
        let extras = Extras(
            width: sticker.hasWidth ? sticker.width : nil, height: sticker.hasHeight ? sticker.height : nil,
            thumbnail: sticker.hasPngThumbnail ? sticker.pngThumbnail : nil)
        self.init(.sticker, fields, extras)
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte.
    var hexadecimal: String { self.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
