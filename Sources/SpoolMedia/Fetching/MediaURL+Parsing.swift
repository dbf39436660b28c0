extension MediaURL {
    /// Reads a URL as a row or a redirect gives it. Spaces and letters beyond ASCII behind the host are
    /// percent-encoded, a fragment is dropped.
    /// - Throws: `forbiddenURL` for everything that is not plainly an `http` or `https` URL.
    public init(_ text: String) throws(MediaError) {
        do throws(URLFault) {
            try self.init(parsing: Array(text.utf8))
        } catch {
            throw .forbiddenURL(error)
        }
    }

    private init(parsing bytes: [UInt8]) throws(URLFault) {
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else {
            throw .characters
        }
        let scheme = try Self.scheme(bytes)
        let rest = bytes.dropFirst(scheme.rawValue.utf8.count + 3)
        let authority = rest.prefix { !Self.endsAuthority($0) }
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInformation }
        let (host, port) = try Self.hostAndPort(authority)
        let target = rest.dropFirst(authority.count).prefix { $0 != UInt8(ascii: "#") }
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let query = target.count > path.count ? target.dropFirst(path.count + 1) : nil
        self.scheme = scheme
        self.host = try Self.host(host)
        self.port = try port.map { digits throws(URLFault) in try Self.port(digits) } ?? scheme.defaultPort
        self.path = path.isEmpty ? "/" : try PercentEncoding.normalized(path)
        self.query = try query.map { bytes throws(URLFault) in try PercentEncoding.normalized(bytes) }
    }

    private static func scheme(_ bytes: [UInt8]) throws(URLFault) -> Scheme {
        for scheme in [Scheme.https, .http] {
            let opening = Array("\(scheme.rawValue)://".utf8)
            let start = bytes.prefix(opening.count).map { ASCII.lowercased($0) }
            if start == opening { return scheme }
        }
        throw .scheme
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    private static func hostAndPort(
        _ authority: ArraySlice<UInt8>
    ) throws(URLFault) -> (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?) {
        let end: ArraySlice<UInt8>.Index
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .hostCharacters }
            end = bracket + 1
        } else {
            end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        }
        let host = authority[..<end]
        guard !host.isEmpty else { throw .hostMissing }
        guard end < authority.endIndex else { return (host, nil) }
        guard authority[end] == UInt8(ascii: ":") else { throw .hostCharacters }
        return (host, authority[(end + 1)...])
    }

    private static func port(_ digits: ArraySlice<UInt8>) throws(URLFault) -> Int {
        guard (1...5).contains(digits.count), digits.allSatisfy(ASCII.isDigit) else { throw .port }
        let port = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard (1...65535).contains(port) else { throw .port }
        return port
    }

    private static func host(_ bytes: ArraySlice<UInt8>) throws(URLFault) -> Host {
        guard !bytes.contains(UInt8(ascii: "%")) else { throw .hostEncoded }
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .hostNotASCII }
        if bytes.first == UInt8(ascii: "[") {
            let text = String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
            guard let address = NetworkAddress(text), !address.isIPv4 else { throw .hostNumber }
            return .address(address)
        }
        let name = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.count <= 253, labels.allSatisfy(Self.isLabel) else { throw .hostCharacters }
        let text = String(decoding: name.map { ASCII.lowercased($0) }, as: UTF8.self)
        guard let last = labels.last, Self.isNumber(last) else { return .name(text) }
        guard let address = NetworkAddress(text) else { throw .hostNumber }
        return .address(address)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count)
            && label.allSatisfy {
                ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    /// Whether some parser takes a host that ends in this label for an IPv4 address: digits, or `0x` and more.
    private static func isNumber(_ label: ArraySlice<UInt8>) -> Bool {
        if label.allSatisfy(ASCII.isDigit) { return true }
        return label.first == UInt8(ascii: "0") && label.dropFirst().first.map(ASCII.lowercased) == UInt8(ascii: "x")
            && label.dropFirst(2).allSatisfy { ASCII.hexadecimal($0) != nil }
    }
}
