extension JID: CustomStringConvertible {
    /// `user@server`, `user:device@server`, `user.agent:device@server` with an agent, or the server's name alone.
    /// Contains a phone number for PN users.
    public var description: String {
        let server = self.server.rawValue
        if self.agent != 0 { return self.adString }
        if self.device != 0 { return "\(self.user):\(self.device)@\(server)" }
        // A name without "@" is read as a server only when it is a known one.
        return self.user.isEmpty && self.server.isKnown ? server : "\(self.user)@\(server)"
    }

    /// Reads every text form: a known server's name, `@server`, and `user[.agent][:device]@server`.
    ///
    /// Numbers are decimal digits without sign; nothing is trimmed.
    /// - Throws: `BinaryError.invalidJID`.
    public init(_ text: String) throws(BinaryError) {
        // Two numbers and three separators come on top of the names.
        let limit = JID.maximumUserLength + JID.maximumServerLength + 11
        let bytes = text.utf8
        guard bytes.count <= limit else { throw .invalidJID(.tooLong(count: bytes.count, limit: limit)) }

        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")) else {
            try JID.checkServer(bytes)
            let server = Server(rawValue: text)
            guard server.isKnown else { throw .invalidJID(.unknownServer) }
            self.init(unchecked: "", server)
            return
        }
        let server = Server(rawValue: String(text[bytes.index(after: at)...]))
        var (user, device) = try JID.split(text[..<at], at: ":", limit: Int(UInt16.max))
        let agent: Int
        (user, agent) = try JID.split(user, at: ".", limit: Int(UInt8.max))
        try self.init(user: String(user), server: server, device: UInt16(device), agent: UInt8(agent))
    }

    /// The part before the separator and the number behind it; 0 when there is none.
    private static func split(
        _ text: Substring, at separator: Unicode.Scalar, limit: Int
    ) throws(BinaryError) -> (Substring, Int) {
        guard let index = text.utf8.firstIndex(of: UInt8(ascii: separator)) else { return (text, 0) }
        let digits = text.utf8[text.utf8.index(after: index)...]
        guard !digits.isEmpty, digits.count <= 5 else { throw .invalidJID(.invalidNumber(limit: limit)) }
        var number = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else {
                throw .invalidJID(.invalidNumber(limit: limit))
            }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard number <= limit else { throw .invalidJID(.invalidNumber(limit: limit)) }
        return (text[..<index], number)
    }
}
