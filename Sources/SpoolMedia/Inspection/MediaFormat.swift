import SpoolCore

/// The format of a file, as its bytes tell.
enum MediaFormat: Hashable, Sendable {
    case jpeg, png, webp, gif
    case mp3, amr, amrWideband, oggOpus, oggVorbis, aac, m4a
    case mp4, threeGP
    case pdf, doc, xls, ppt, docx, xlsx, pptx, zip, csv, text
    /// Recognised, but never sent: HTML pages, HEIC images, QuickTime films.
    case other(String)

    /// What the file is sent as when nothing else is said; `nil` for what cannot be sent.
    var kind: MediaKind? {
        switch self {
        case .jpeg, .png, .webp: .image
        case .mp3, .amr, .amrWideband, .oggOpus, .oggVorbis: .audio
        case .mp4, .threeGP: .video
        case .pdf, .doc, .xls, .ppt, .docx, .xlsx, .pptx, .zip, .csv, .text: .document
        case .gif, .aac, .m4a, .other: nil
        }
    }

    /// What the file is, whether it can be sent or not.
    var family: MediaKind? {
        switch self {
        case .gif: .image
        case .aac, .m4a: .audio
        case .other: nil
        default: self.kind
        }
    }

    var mimeType: String {
        switch self {
        case .jpeg: "image/jpeg"
        case .png: "image/png"
        case .webp: "image/webp"
        case .gif: "image/gif"
        case .mp3: "audio/mpeg"
        case .amr: "audio/amr"
        case .amrWideband: "audio/amr-wb"
        case .oggOpus: "audio/ogg; codecs=opus"
        case .oggVorbis: "audio/ogg"
        case .aac: "audio/aac"
        case .m4a: "audio/mp4"
        case .mp4: "video/mp4"
        case .threeGP: "video/3gpp"
        case .pdf: "application/pdf"
        case .doc: "application/msword"
        case .xls: "application/vnd.ms-excel"
        case .ppt: "application/vnd.ms-powerpoint"
        case .docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        case .zip: "application/zip"
        case .csv: "text/csv"
        case .text: "text/plain"
        case .other: "application/octet-stream"
        }
    }

    /// The usual ending of names of such files; also what people call the format.
    var fileExtension: String {
        switch self {
        case .jpeg: "jpg"
        case .png: "png"
        case .webp: "webp"
        case .gif: "gif"
        case .mp3: "mp3"
        case .amr, .amrWideband: "amr"
        case .oggOpus, .oggVorbis: "ogg"
        case .aac: "aac"
        case .m4a: "m4a"
        case .mp4: "mp4"
        case .threeGP: "3gp"
        case .pdf: "pdf"
        case .doc: "doc"
        case .xls: "xls"
        case .ppt: "ppt"
        case .docx: "docx"
        case .xlsx: "xlsx"
        case .pptx: "pptx"
        case .zip: "zip"
        case .csv: "csv"
        case .text: "txt"
        case .other: "bin"
        }
    }

    /// The format in words: `a PDF file`.
    var name: String {
        switch self {
        case .other(let name): name
        default: "a \(self.fileExtension.uppercased()) file"
        }
    }
}
