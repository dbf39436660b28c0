extension DaemonConfiguration {
    /// The connection to WhatsApp.
    public struct WhatsApp: Equatable, Sendable {
        public var url = WebSocketURL(
            isSecure: true, server: ListenAddress(host: "web.whatsapp.com", port: 443), path: "/ws/chat")
        /// 64 hexadecimal digits; `nil` is the production root key that the client has built in.
        public var rootKey: String?
        public var mediaScheme = MediaScheme.https
        /// Dotted numbers; `nil` is the version that the client has built in.
        public var appVersion: String?

        /// How media servers are reached.
        public enum MediaScheme: String, CaseIterable, Sendable {
            case https
            /// Only together with a loopback `url`.
            case http
        }
    }

    /// When a temporary error is tried again.
    public struct Retry: Equatable, Sendable {
        /// The first delay; doubles each time. Never zero.
        public var first = Duration.seconds(300)
        /// Where the doubling ends; `nil` nowhere.
        public var maximum: Duration? = .seconds(4000)
        /// How long after the first attempt the message fails; `nil` never.
        public var giveUpAfter: Duration? = .seconds(24 * 3600)
    }

    /// Attachments.
    public struct Media: Equatable, Sendable {
        /// Private networks from which attachments may be fetched all the same.
        public var allowNetworks: [IPNetwork] = []
    }

    /// Stop words.
    public struct OptOut: Equatable, Sendable {
        /// Whether one confirmation is sent.
        public var confirm = false
    }
}
