public import SpoolScheduler

/// Every setting of the daemon, checked. An instance made by `init()` holds the defaults.
///
/// A limit that is `nil`, or a pause that is `.zero`, is switched off.
public struct DaemonConfiguration: Equatable, Sendable {
    public var spool = Spool()
    public var state = State()
    public var control = Control()
    /// The zone of days, quotas and local times in files; UTC, because a default must not depend on the machine.
    public var timeZone = TimeZoneName.utc
    /// Replaces the leading `0` of national numbers; 1–3 digits. `nil` refuses such numbers instead of guessing.
    public var defaultCountryCode: String?
    public var transport = Transport.whatsApp
    public var dryRun = DryRun()
    public var whatsApp = WhatsApp()
    public var scheduler = Scheduler()
    public var http = HTTP()
    public var results = Results()
    public var retry = Retry()
    public var alarm = Alarm()
    public var media = Media()
    public var optOut = OptOut()
    public var retention = Retention()
    public var log = Log()

    public init() {}

    /// The defaults of a profile.
    public init(profile: SchedulerPolicy.Profile) {
        self.scheduler = Scheduler(profile: profile)
    }

    /// Where messages go.
    public enum Transport: String, CaseIterable, Sendable {
        case whatsApp = "whatsapp"
        /// Nothing leaves this machine; answers come from `dryRun`.
        case dryRun = "dry-run"
    }

    /// The path of the control socket in force: `control.socket`, or `control.sock` in the state directory.
    public var controlSocketPath: String {
        self.control.socket ?? self.state.directory + "/control.sock"
    }
}
