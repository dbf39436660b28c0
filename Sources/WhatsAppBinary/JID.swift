/// The address of a user, one of its devices, a group, a list, a channel or a server.
///
/// Device 0 is the account's phone and is the same as no device: `1@lid` equals `1:0@lid`. The legacy server `c.us` is
/// kept as it came; `normalized` turns it into `s.whatsapp.net`.
public struct JID: Hashable, Sendable {
    /// The longest user and server names, in UTF-8 bytes.
    public static let maximumUserLength = 255
    public static let maximumServerLength = 64

    /// Empty for the server itself.
    public let user: String
    public let server: Server
    public let device: UInt16
    /// The agent of an AD string that the server does not imply; 0 in everything in use today.
    public let agent: UInt8
    /// Third-party network of an `interop` user. Not part of any text form.
    public let integrator: UInt16

    /// - Throws: `BinaryError.invalidJID` when a name is too long, has a byte outside printable ASCII or one of the
    ///   separators, or when there is a device or agent but no user.
    public init(
        user: String = "", server: Server, device: UInt16 = 0, agent: UInt8 = 0, integrator: UInt16 = 0
    ) throws(BinaryError) {
        try JID.checkUser(user.utf8)
        try JID.checkServer(server.rawValue.utf8)
        guard !user.isEmpty || (device == 0 && agent == 0) else { throw .invalidJID(.missingUser) }
        self.init(unchecked: user, server, device: device, agent: agent, integrator: integrator)
    }

    init(unchecked user: String, _ server: Server, device: UInt16 = 0, agent: UInt8 = 0, integrator: UInt16 = 0) {
        self.user = user
        self.server = server
        self.device = device
        self.agent = agent
        self.integrator = integrator
    }

    /// The service itself, `s.whatsapp.net`.
    public static var service: JID { JID(unchecked: "", .user) }

    public var isServer: Bool { self.user.isEmpty }

    /// The account or group, whatever the device and agent.
    public var withoutDevice: JID { JID(unchecked: self.user, self.server, integrator: self.integrator) }

    /// The same user's other device.
    /// - Throws: `BinaryError.invalidJID` when there is no user who could have devices.
    public func withDevice(_ device: UInt16) throws(BinaryError) -> JID {
        try JID(user: self.user, server: self.server, device: device, agent: self.agent, integrator: self.integrator)
    }

    /// `c.us` spelled as `s.whatsapp.net`; every other JID as it is.
    public var normalized: JID {
        guard self.server == .legacyUser else { return self }
        return JID(unchecked: self.user, .user, device: self.device, agent: self.agent, integrator: self.integrator)
    }

    /// The number that stands for the server in byte forms and Signal addresses; the agent where the server has none.
    public var domain: UInt8 { self.server.domain ?? self.agent }

    /// The name half of a Signal address, `user` or `user_domain`; the other half is the device.
    public var signalName: String { self.domain == 0 ? self.user : "\(self.user)_\(self.domain)" }

    /// `name:device`, as Signal sessions are keyed.
    public var signalAddress: String { "\(self.signalName):\(self.device)" }

    /// `user.agent:device@server` with all parts, as participant hashes take it.
    public var adString: String { "\(self.user).\(self.agent):\(self.device)@\(self.server.rawValue)" }
}

extension JID {
    static func checkUser(_ name: some Collection<UInt8>) throws(BinaryError) {
        guard name.count <= self.maximumUserLength else {
            throw .invalidJID(.tooLong(count: name.count, limit: self.maximumUserLength))
        }
        for byte in name where !self.isNameByte(byte) || byte == UInt8(ascii: ".") {
            throw .invalidJID(.invalidByte(byte))
        }
    }

    static func checkServer(_ name: some Collection<UInt8>) throws(BinaryError) {
        guard !name.isEmpty else { throw .invalidJID(.missingServer) }
        guard name.count <= self.maximumServerLength else {
            throw .invalidJID(.tooLong(count: name.count, limit: self.maximumServerLength))
        }
        for byte in name where !self.isNameByte(byte) { throw .invalidJID(.invalidByte(byte)) }
    }

    /// Printable ASCII but no separator, so that two JIDs never have the same text.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "/"): false
        default: 0x21...0x7E ~= byte
        }
    }
}
