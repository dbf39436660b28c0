/// What a client sends once in front of its first frame: `WA`, protocol version, token dictionary version. In front of
/// that there may be routing information: `ED 00 01`, three length bytes, the bytes a server gave earlier.
public struct ConnectionHeader: Hashable, Sendable {
    /// The most routing information that is written or accepted; servers give some ten bytes.
    public static let maximumRoutingInfoLength = 4096

    /// The header without routing information; the handshake's prologue is these four bytes in either case.
    public static let prologue: [UInt8] = Self.magic + [Self.protocolVersion, Tokens.dictionaryVersion]

    public let routingInfo: [UInt8]?

    /// - Throws: `routingInfoTooLong`.
    public init(routingInfo: [UInt8]? = nil) throws(BinaryError) {
        try Self.checkRoutingInfo(count: routingInfo?.count ?? 0)
        self.init(unchecked: routingInfo)
    }

    init(unchecked routingInfo: [UInt8]?) {
        self.routingInfo = routingInfo
    }

    /// To be sent in the same message as the first frame.
    public var bytes: [UInt8] {
        guard let routingInfo else { return Self.prologue }
        var bytes = Self.routingMagic
        FrameCodec.append(length: routingInfo.count, to: &bytes)
        return bytes + routingInfo + Self.prologue
    }

    static let magic: [UInt8] = Array("WA".utf8)
    static let routingMagic: [UInt8] = Array("ED".utf8) + [0, 1]
    static let protocolVersion: UInt8 = 6

    static func checkRoutingInfo(count: Int) throws(BinaryError) {
        guard count <= self.maximumRoutingInfoLength else {
            throw .routingInfoTooLong(count: count, limit: self.maximumRoutingInfoLength)
        }
    }
}
