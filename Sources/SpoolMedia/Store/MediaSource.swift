/// Where a row says that its attachment is.
public enum MediaSource: Hashable, Sendable {
    /// A path below the user's directory.
    case file(path: String, in: LocalMedia)
    case url(MediaURL)

    /// Reads `mediaUrl`: whatever begins like a URL is one, everything else is a path.
    /// - Throws: `forbiddenURL`.
    public init(_ text: String, local: LocalMedia) throws(MediaError) {
        self = Self.isURL(text) ? .url(try MediaURL(text)) : .file(path: text, in: local)
    }

    /// Whether the text begins with a scheme and `:/`, or with `http:` or `https:`; so do not the names of files.
    public static func isURL(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = bytes[..<colon]
        guard let first = scheme.first, ASCII.isLetter(first), scheme.allSatisfy(Self.isSchemeByte) else {
            return false
        }
        let isWeb = ["http", "https"].contains(String(decoding: scheme.map { ASCII.lowercased($0) }, as: UTF8.self))
        return isWeb || bytes[bytes.index(after: colon)...].first == UInt8(ascii: "/")
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    /// One text for the same source, another for every other one of the same user.
    var key: String {
        switch self {
        case .file(let path, _): "file:\(path)"
        case .url(let url): "url:\(url)"
        }
    }
}
