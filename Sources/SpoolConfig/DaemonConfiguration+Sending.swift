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

    /// The pace of each device. The defaults are outer bounds; looser ones need `acceptRisk`.
    public struct Scheduler: Equatable, Sendable {
        public var profile = Profile.standard
        /// The administrator accepts that a looser limit may cost the account.
        public var acceptRisk = false
        public var delay = Delay()
        /// The most messages in any 60 minutes.
        public var hourly: Int? = 100
        /// The most messages in any 24 hours.
        public var daily: Int? = 1000
        public var rest = Rest()
        public var cooldown = Cooldown()
        /// Whether a new device starts with few strangers a day.
        public var warmUp = true
        /// Whether a long backlog is spread over the hour and the day.
        public var spreading = true
        /// Whether the device shows itself online and typing before a message.
        public var humanSimulation = true
        /// The least time between two messages to one recipient.
        public var recipientGap = Duration.seconds(60)
        public var onUncertain = OnUncertain.resend

        /// How strangers are written to.
        public enum Profile: String, CaseIterable, Sendable {
            case standard
            case careful
        }

        /// What becomes of an attempt that a crash left without an answer and no receipt settled.
        public enum OnUncertain: String, CaseIterable, Sendable {
            /// Again, under the same message id.
            case resend
            /// A person decides.
            case hold
            case fail
        }

        /// The random gap between two messages of one device.
        public struct Delay: Equatable, Sendable {
            public var minimum = Duration.seconds(5)
            public var maximum = Duration.seconds(20)
        }

        /// A pause after a run of messages.
        public struct Rest: Equatable, Sendable {
            /// How many messages make a run; `nil` never rests.
            public var after: Int? = 30
            /// `for` in the file.
            public var duration = Duration.seconds(300)
        }

        /// A pause after temporary failures in a row.
        public struct Cooldown: Equatable, Sendable {
            /// How many failures; `nil` never cools down.
            public var failures: Int? = 3
            /// `for` in the file; doubles with each further one.
            public var duration = Duration.seconds(300)
            /// Where the doubling ends; `nil` nowhere.
            public var maximum: Duration? = .seconds(3600)
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
