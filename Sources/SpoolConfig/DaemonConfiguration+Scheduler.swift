public import SpoolScheduler

extension DaemonConfiguration {
    /// The rules of sending. The defaults are those of the profile, and outer bounds; looser ones need `acceptRisk`.
    public struct Scheduler: Equatable, Sendable {
        /// Every rule, as the scheduler takes it.
        public var policy: SchedulerPolicy
        /// The administrator accepts that a looser limit may cost the account.
        public var acceptRisk = false
        public var onUncertain = OnUncertain.resend

        /// The defaults of a profile.
        public init(profile: SchedulerPolicy.Profile = .standard) {
            self.policy = SchedulerPolicy(profile: profile)
        }

        /// What becomes of an attempt that a crash left without an answer and no receipt settled.
        public enum OnUncertain: String, CaseIterable, Sendable {
            /// Again, under the same message id.
            case resend
            /// A person decides.
            case hold
            case fail
        }
    }
}
