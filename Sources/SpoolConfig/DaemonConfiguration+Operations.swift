extension DaemonConfiguration {
    /// The read-only API.
    public struct HTTP: Equatable, Sendable {
        public var listen = ListenAddress(host: "127.0.0.1", port: 8025)
        /// Whether `/metrics` answers without a key.
        public var metricsOpen = false
    }

    /// The command that tells a person.
    public struct Alarm: Equatable, Sendable {
        /// The program and its arguments, run without a shell; empty runs nothing.
        public var command: [String] = []
        /// How long the command may run; `nil` for ever.
        public var limit: Duration? = .seconds(10)
        /// The least time between two alarms of one kind.
        public var atMostEvery = Duration.seconds(60)
    }

    /// What is written to standard error.
    public struct Log: Equatable, Sendable {
        public var level = Level.info

        /// From the most talkative to the quietest.
        public enum Level: String, CaseIterable, Sendable {
            case trace
            case debug
            case info
            case notice
            case warning
            case error
            case critical
        }
    }
}
