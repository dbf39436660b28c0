import SpoolCore

/// Names of files as recipients see them.
enum FileName {
    /// What stands behind the last dot, in lower case; empty without a name or dot.
    static func fileExtension(of name: String?) -> String {
        guard let name, let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
        let bytes = name.utf8[name.utf8.index(after: dot)...].prefix(16)
        return String(decoding: bytes.map { ASCII.lowercased($0) }, as: UTF8.self)
    }

    /// The last part of a path.
    static func last(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// The name without what could make it look like another or leave a directory: separators, control characters and
    /// those that turn the writing direction. At most 200 characters; `nil` when nothing is left.
    static func presentable(_ name: String) -> String? {
        let kept = name.unicodeScalars.filter { scalar in
            let category = scalar.properties.generalCategory
            return category != .control && category != .format && scalar != "/" && scalar != "\\"
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: kept.count <= 200 ? kept[...] : kept.suffix(200))
        let text = String(view)
        return text.allSatisfy { $0 == "." || $0 == " " } ? nil : text
    }

    /// What kind of file a name promises; `nil` when the ending is not one of ours.
    static func kind(of name: String?) -> MediaKind? {
        switch Self.fileExtension(of: name) {
        case "jpg", "jpeg", "png", "webp", "gif": .image
        case "mp3", "ogg", "oga", "opus", "amr", "aac", "m4a": .audio
        case "mp4", "3gp", "m4v": .video
        case "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "zip": .document
        default: nil
        }
    }
}
