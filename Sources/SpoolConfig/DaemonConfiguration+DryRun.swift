public import SpoolCore

extension DaemonConfiguration {
    /// How the transport that sends nothing behaves.
    public struct DryRun: Equatable, Sendable {
        /// The devices it pretends to have; never empty.
        public var devices = [DeviceID(rawValue: "dev1")]
        /// The first that matches a number decides; all other messages are sent.
        public var answers: [Answer] = []
        /// How long each send takes.
        public var latency = Duration.zero
    }
}

extension DaemonConfiguration.DryRun {
    /// What some numbers answer in a dry run.
    public struct Answer: Equatable, Sendable {
        public var target: Target
        public var outcome: Outcome
        /// Only the first so many attempts of a message get this answer, the next is sent; `nil` is all of them.
        public var times: Int?

        public init(target: Target, outcome: Outcome, times: Int? = nil) {
            self.target = target
            self.outcome = outcome
            self.times = times
        }

        /// Whom the answer is for; digits as in `Recipient.phone`.
        public enum Target: Equatable, Sendable {
            case number(String)
            case prefix(String)
        }

        /// One of each class of `TransportError`.
        public enum Outcome: Equatable, Sendable {
            case temporary
            case permanent(ErrorCode)
            case sessionLost
            case unknown
        }

        /// Whether the answer is for this recipient; groups are never meant.
        public func matches(_ recipient: Recipient) -> Bool {
            switch (recipient, self.target) {
            case (.phone(let digits), .number(let number)): digits == number
            case (.phone(let digits), .prefix(let prefix)): digits.hasPrefix(prefix)
            case (.group, .number), (.group, .prefix): false
            }
        }
    }
}
