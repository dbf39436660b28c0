extension JID {
    /// The part behind the `@`. Servers this library has no name for are kept as they are.
    public struct Server: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Users by phone number (PN), and the service itself.
        public static var user: Server { Server(rawValue: "s.whatsapp.net") }
        /// Users by hidden identifier (LID).
        public static var lid: Server { Server(rawValue: "lid") }
        public static var group: Server { Server(rawValue: "g.us") }
        /// Broadcast lists, and the user `status` for status updates.
        public static var broadcast: Server { Server(rawValue: "broadcast") }
        /// Channels.
        public static var newsletter: Server { Server(rawValue: "newsletter") }
        /// PN users with a device at a hosting provider.
        public static var hosted: Server { Server(rawValue: "hosted") }
        /// LID users with a device at a hosting provider.
        public static var hostedLID: Server { Server(rawValue: "hosted.lid") }
        public static var bot: Server { Server(rawValue: "bot") }
        /// The old spelling of `user`.
        public static var legacyUser: Server { Server(rawValue: "c.us") }
        public static var messenger: Server { Server(rawValue: "msgr") }
        /// Users of third-party networks.
        public static var interop: Server { Server(rawValue: "interop") }
        public static var call: Server { Server(rawValue: "call") }

        /// Whether the server has a name above.
        public var isKnown: Bool {
            switch self {
            case .user, .lid, .group, .broadcast, .newsletter, .hosted, .hostedLID, .bot, .legacyUser, .messenger,
                .interop, .call:
                true
            default: false
            }
        }

        /// The domain byte of AD JIDs, for the servers that have one.
        var domain: UInt8? {
            switch self {
            case .user: 0
            case .lid: 1
            case .hosted: 128
            case .hostedLID: 129
            default: nil
            }
        }

        /// The server a domain byte stands for.
        init?(domain: UInt8) {
            switch domain {
            case 0: self = .user
            case 1: self = .lid
            case 128: self = .hosted
            case 129: self = .hostedLID
            default: return nil
            }
        }
    }
}
