/// What a media key is expanded for. A file opens only under the kind it was encrypted as.
public enum MediaKind: CaseIterable, Hashable, Sendable {
    /// Also stickers.
    case image
    /// Also looping videos without sound and round videos.
    case video
    /// Also voice notes.
    case audio
    case document
    case historySync
    case appState
    /// The preview picture of a link.
    case linkThumbnail
    case stickerPack

    /// What is mixed into the media key, so that one key gives other keys for every kind.
    var keyInfo: String {
        switch self {
        case .image: "WhatsApp Image Keys"
        case .video: "WhatsApp Video Keys"
        case .audio: "WhatsApp Audio Keys"
        case .document: "WhatsApp Document Keys"
        case .historySync: "WhatsApp History Keys"
        case .appState: "WhatsApp App State Keys"
        case .linkThumbnail: "WhatsApp Link Thumbnail Keys"
        case .stickerPack: "WhatsApp Sticker Pack Keys"
        }
    }

    /// The kind in the paths of uploads and the `mms-type` of downloads.
    public var pathElement: String {
        switch self {
        case .image: "image"
        case .video: "video"
        case .audio: "audio"
        case .document: "document"
        case .historySync: "md-msg-hist"
        case .appState: "md-app-state"
        case .linkThumbnail: "thumbnail-link"
        case .stickerPack: "sticker-pack"
        }
    }
}
