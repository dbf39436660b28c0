extension MediaURL {
    /// Where a `Location` header leads, read as strictly as the first URL.
    /// - Throws: `forbiddenURL`; there is no way to another scheme than `http` and `https`.
    func redirected(to location: String) throws(MediaError) -> MediaURL {
        let bytes = Array(location.utf8)
        if bytes.starts(with: Array("//".utf8)) { return try MediaURL("\(self.scheme.rawValue):\(location)") }
        let beginning = bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if beginning.contains(UInt8(ascii: ":")) { return try MediaURL(location) }
        let target: String
        switch bytes.first {
        case UInt8(ascii: "/"): target = location
        case UInt8(ascii: "?"): target = self.path + location
        case UInt8(ascii: "#"), nil: target = self.path + (self.query.map { "?" + $0 } ?? "")
        default: target = self.directory + location
        }
        let url = try MediaURL("\(self.origin)\(target)")
        return MediaURL(
            scheme: url.scheme, host: url.host, port: url.port, path: Self.withoutDots(url.path), query: url.query)
    }

    private var origin: String { "\(self.scheme.rawValue)://\(self.hostText):\(self.port)" }

    /// The path up to its last slash.
    private var directory: String {
        let bytes = Array(self.path.utf8)
        return String(decoding: bytes[...(bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0)], as: UTF8.self)
    }

    /// The path with `.` and `..` carried out, as RFC 3986, 5.2.4, says.
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch part {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(part)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
