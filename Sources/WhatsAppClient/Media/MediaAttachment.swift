import WhatsAppCrypto

/// A file that goes with a message: where its bytes are, and what the message says about them.
public struct MediaAttachment: Hashable, Sendable {
    /// What the recipient sees it as.
    public enum Kind: Hashable, Sendable, CaseIterable {
        case image, video, audio, document
        /// Sound that is shown as recorded by the sender: Opus in Ogg.
        case voiceNote
    }

    public var kind: Kind
    /// A file whose bytes do not change.
    public var path: String
    /// SHA-256 of the bytes: equal files of a kind share one upload.
    public var hash: [UInt8]
    public var mimeType: String
    /// The name shown for a document, with its extension.
    public var fileName: String?
    /// Whole seconds of sound or film.
    public var seconds: UInt32?
    /// Pixels of an image or film.
    public var width: UInt32?
    public var height: UInt32?
    /// A small JPEG. It is in the ciphertext of every device, so it should not have more than 5 kB.
    public var thumbnail: [UInt8]?

    public init(
        kind: Kind, path: String, hash: [UInt8], mimeType: String, fileName: String? = nil, seconds: UInt32? = nil,
        width: UInt32? = nil, height: UInt32? = nil, thumbnail: [UInt8]? = nil
    ) {
        self.kind = kind
        self.path = path
        self.hash = hash
        self.mimeType = mimeType
        self.fileName = fileName
        self.seconds = seconds
        self.width = width
        self.height = height
        self.thumbnail = thumbnail
    }

    var uploadKey: MediaUploadKey { MediaUploadKey(fileSHA256: self.hash, kind: self.kind.mediaKind) }
}

extension MediaAttachment.Kind {
    /// What it is encrypted as.
    var mediaKind: MediaKind {
        switch self {
        case .image: .image
        case .video: .video
        case .audio, .voiceNote: .audio
        case .document: .document
        }
    }
}

/// An attachment that lies at the media servers and can go with any number of messages.
public struct UploadedAttachment: Sendable, Equatable {
    public var attachment: MediaAttachment
    public var upload: MediaUpload

    public init(_ attachment: MediaAttachment, _ upload: MediaUpload) {
        self.attachment = attachment
        self.upload = upload
    }
}
