import SpoolCore
import WhatsAppClient

extension MediaAttachment {
    init(_ media: OutgoingMedia) {
        let description = media.description
        self.init(
            kind: Kind(description), path: media.path, hash: media.hash, mimeType: description.mimeType,
            fileName: description.fileName, seconds: description.seconds.map { UInt32(clamping: $0) },
            width: description.width.map { UInt32(clamping: $0) },
            height: description.height.map { UInt32(clamping: $0) }, thumbnail: description.thumbnail)
    }
}

extension MediaAttachment.Kind {
    fileprivate init(_ description: MediaDescription) {
        switch description.kind {
        case .image: self = .image
        case .video: self = .video
        case .audio: self = description.isVoiceNote ? .voiceNote : .audio
        case .document: self = .document
        }
    }
}

extension AttachmentFailure {
    /// What it means for the message. It is nobody's fault: neither the recipient's nor the device's.
    var error: TransportError {
        switch self {
        case .refused(status: 413), .tooLarge: .permanent(.mediaTooLarge, detail: self.description)
        case .refused(status: 415): .permanent(.mediaType, detail: self.description)
        case .refused: .permanent(.rejected, detail: self.description)
        case .unavailable, .changed: .permanent(.mediaUnavailable, detail: self.description)
        case .notTaken, .underWay, .noRoom: .temporary(.mediaUploadRefused, self.description)
        case .notBegun(let error): error.lookUpError
        case .cancelled: .notConnected
        }
    }
}
