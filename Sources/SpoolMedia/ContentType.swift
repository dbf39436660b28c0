import SpoolCore

/// A media type such as `image/jpeg`, as servers state it.
struct ContentType: Hashable, Sendable {
    /// Lower case, without parameters.
    let text: String

    init(_ value: String) {
        let essence = value.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
        let trimmed = essence.filter { $0 > 0x20 && $0 < 0x7F }.prefix(127)
        self.text = String(decoding: trimmed.map { ASCII.lowercased($0) }, as: UTF8.self)
    }

    /// What kind of file the server claims to send; `nil` when it makes no claim. `text/plain` is none: it is what
    /// servers say of files they do not know.
    var kind: MediaKind? {
        switch self.text.prefix(while: { $0 != "/" }) {
        case "image": .image
        case "video": .video
        case "audio": .audio
        case "text": self.text == "text/plain" ? nil : .document
        case "application": Self.documents.contains(where: self.text.hasPrefix) ? .document : nil
        default: nil
        }
    }

    private static let documents = [
        "application/pdf", "application/msword", "application/vnd.ms-", "application/vnd.openxmlformats",
        "application/zip",
        "application/x-zip", "application/json", "application/xhtml",
    ]
}
