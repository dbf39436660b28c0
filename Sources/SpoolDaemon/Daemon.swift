import Foundation
public import Logging
public import ServiceLifecycle
import SpoolControl
public import SpoolCore
public import SpoolFiles
import SpoolHTTP
public import SpoolMedia
public import SpoolQueue
public import SpoolScheduler

/// The whole daemon, for any transport: one spool directory, one state directory, the services between them.
///
/// ```
/// incoming → IntakeService → queue → DeliveryService → transport
///                            ↑ ↑  ↓       TransportService ←┘
///                 MediaService  │  │
///            HousekeepingService  ResultService → results
/// ```
public struct Daemon: Sendable {
    /// What the parts need to know, already checked.
    public struct Configuration: Sendable {
        public var spool: String
        public var state: String
        public var controlSocket: String
        public var settle: Duration
        public var rescan: Duration
        public var duplicateWindow: Duration?
        /// Bytes.
        public var minimumFree: Int64?
        public var rules: ReadingRules
        public var policy: SchedulerPolicy
        public var backOff: BackOff
        public var onUncertain: UncertainPolicy
        public var grace: Duration
        public var listenHost: String
        public var listenPort: Int
        public var version: String
        /// Networks inside from which attachments may be fetched.
        public var allowNetworks: [NetworkRange]
        /// The program that tells a person; `nil` for none.
        public var alarm: AlarmCommand?
        /// The least time between two alarms of one kind.
        public var alarmAtMostEvery = Duration.seconds(60)
        /// Whether a stop word is answered.
        public var confirmsOptOut = false

        public init(
            spool: String, state: String, controlSocket: String, settle: Duration, rescan: Duration,
            duplicateWindow: Duration?, minimumFree: Int64?, rules: ReadingRules, policy: SchedulerPolicy,
            backOff: BackOff,
            onUncertain: UncertainPolicy, grace: Duration, listenHost: String, listenPort: Int, version: String,
            allowNetworks: [NetworkRange] = []
        ) {
            self.spool = spool
            self.state = state
            self.controlSocket = controlSocket
            self.settle = settle
            self.rescan = rescan
            self.duplicateWindow = duplicateWindow
            self.minimumFree = minimumFree
            self.rules = rules
            self.policy = policy
            self.backOff = backOff
            self.onUncertain = onUncertain
            self.grace = grace
            self.listenHost = listenHost
            self.listenPort = listenPort
            self.version = version
            self.allowNetworks = allowNetworks
        }
    }

    /// The queue's file in the state directory.
    public static let queueFile = "queue.db"
    /// The file of a transport's devices beside it.
    public static let devicesFile = "devices.db"
    /// The directory of attachments beside them.
    public static let mediaDirectory = "media"

    /// The long-lived parts, in the order they start; they end in the opposite one.
    public let services: [any Service]
    private let locks: [DirectoryLock]
    private let board: DeviceBoard
    private let wakeUps: WakeUps

    /// Locks both directories, opens the queue, takes back what a dead daemon had claimed, and builds the services.
    ///
    /// - Parameters:
    ///   - administration: What links, renames and removes devices; `nil` when there are none to link.
    /// - Throws: `IntakeError.locked` when another daemon works on either directory, `IntakeError` and `QueueError`
    ///   when they cannot be used.
    public init(
        _ configuration: Configuration, transport: any MessageTransport,
        administration: (any DeviceAdministration)? = nil, chance: Chance, clock: any Clock<Duration>,
        wallClock: any WallClock, logger: Logger
    ) async throws {
        let layout = SpoolLayout(root: configuration.spool)
        try Self.makeDirectory(configuration.state)
        let stateLock = try DirectoryLock(path: configuration.state)
        try layout.prepare()
        self.locks = [stateLock, try DirectoryLock(path: layout.importing)]

        let database = try QueueDatabase.open(path: configuration.state + "/" + Self.queueFile)
        let queue = MessageQueue(database)
        let reader = QueueReader(database)
        let users = try await reader.users()
        try Self.prepare(layout, for: users)
        let board = DeviceBoard(
            policy: configuration.policy, timeZone: configuration.rules.timeZone, chance: chance)
        let wakeUps = WakeUps()
        self.board = board
        self.wakeUps = wakeUps
        let roster = DeviceRoster(
            queue: queue, reader: reader, board: board, wakeUps: wakeUps, wallClock: wallClock,
            logger: logger.named("devices"))
        let alarms = AlarmService(
            command: configuration.alarm, atMostEvery: configuration.alarmAtMostEvery, clock: clock,
            wallClock: wallClock, logger: logger.named("alarm"))
        let desk = SignalDesk(
            queue: queue, reader: reader, board: board, wakeUps: wakeUps, alarms: alarms, wallClock: wallClock,
            logger: logger.named("scheduler"))
        let linkedDevices = administration.map { administration in
            LinkedDevices(
                administration: administration, transport: transport, queue: queue, roster: roster, clock: clock,
                logger: logger.named("devices"))
        }
        try await queue.correctTimes(now: wallClock.now)
        try await linkedDevices?.finishRenamings()
        for device in await transport.devices() { try await roster.add(device) }
        let rescued = try await queue.rescueAbandonedClaims(now: wallClock.now)
        if rescued > 0 { logger.notice("\(rescued) attempts of the last run got no answer; they are settled now") }
        try await queue.failOrphans(known: await board.ids, now: wallClock.now)

        let urlGuard = URLGuard(allowNetworks: configuration.allowNetworks)
        let media = try MediaStore(
            directory: configuration.state + "/" + Self.mediaDirectory, fetcher: MediaFetcher(urlGuard, clock: clock))
        try await media.sweep(keeping: try await reader.unreportedBatches())

        let timeZone = configuration.rules.timeZone
        let intake = IntakeService(
            layout: layout, taking: DropFileTaking(layout: layout, timeZone: timeZone),
            watcher: DropWatcher(
                layout: layout, users: users,
                configuration: .init(settle: configuration.settle, rescan: configuration.rescan), clock: clock),
            importer: Importer(
                queue: queue, reader: reader, rules: configuration.rules,
                duplicateWindow: configuration.duplicateWindow,
                devices: { await board.ids },
                media: MediaAdmission(
                    store: media, urlGuard: urlGuard, layout: layout, reader: reader,
                    minimumFree: configuration.minimumFree, stateDirectory: configuration.state),
                wallClock: wallClock),
            answers: AnswerWriter(layout: layout, reader: reader, board: board, wallClock: wallClock), wakeUps: wakeUps,
            isDryRun: transport.isDryRun, minimumFree: configuration.minimumFree, stateDirectory: configuration.state,
            retryEvery: configuration.rescan, timeZone: timeZone, clock: clock, wallClock: wallClock,
            logger: logger.named("intake"))
        let status = DaemonStatus(
            queue: queue, reader: reader, board: board, desk: desk, intake: intake, wakeUps: wakeUps, layout: layout,
            version: configuration.version, isDryRun: transport.isDryRun, wallClock: wallClock)
        let api = ReadOnlyAPI(reader: reader, state: status, clock: wallClock, timeZone: timeZone)
        self.services = [
            api.application(
                listen: configuration.listenHost, port: configuration.listenPort, logger: logger.named("http")),
            alarms,
            TransportService(
                transport: transport, queue: queue, reader: reader, roster: roster, desk: desk,
                confirmsOptOut: configuration.confirmsOptOut, wakeUps: wakeUps, clock: clock,
                logger: logger.named("transport")),
            TimeLockService(
                transport: transport, board: board, desk: desk, wakeUps: wakeUps, clock: clock, wallClock: wallClock,
                logger: logger.named("scheduler")),
            ControlServer(
                socketPath: configuration.controlSocket, api: api, queue: queue, reader: reader, actions: status,
                devices: linkedDevices, clock: wallClock, logger: logger.named("control")),
            ResultService(
                queue: queue, reader: reader, layout: layout, rules: configuration.rules, media: media,
                grace: configuration.grace,
                wakeUps: wakeUps, clock: clock, wallClock: wallClock, logger: logger.named("results")),
            HousekeepingService(
                queue: queue, transport: transport, board: board,
                upkeep: DeviceUpkeep(
                    queue: queue, reader: reader, board: board, desk: desk, wakeUps: wakeUps,
                    logger: logger.named("scheduler")),
                wakeUps: wakeUps, backOff: configuration.backOff,
                onUncertain: configuration.onUncertain, clock: clock, wallClock: wallClock,
                logger: logger.named("housekeeping")),
            MediaService(
                queue: queue, reader: reader, store: media, backOff: configuration.backOff, chance: chance,
                wakeUps: wakeUps, minimumFree: configuration.minimumFree, stateDirectory: configuration.state,
                clock: clock, wallClock: wallClock, logger: logger.named("media")),
            DeliveryService(
                queue: queue, reader: reader, transport: transport, board: board, desk: desk,
                backlog: BacklogWatch(reader: reader), wakeUps: wakeUps, backOff: configuration.backOff,
                media: media, clock: clock, wallClock: wallClock, logger: logger.named("delivery")),
            intake,
        ]
    }

    /// Sends by other rules from now on; what was counted stays.
    public func adopt(_ policy: SchedulerPolicy) async {
        await self.board.adopt(policy)
        self.wakeUps.ringDelivery()
    }

    /// Makes the users' directories and removes the half files of a killed daemon, before any service writes there.
    static func prepare(_ layout: SpoolLayout, for users: [UserName]) throws(IntakeError) {
        for user in users {
            try layout.makeDirectories(of: user)
            try AtomicFile.removeLeftovers(in: layout.results(of: user))
        }
    }

    static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    }
}

extension Logger {
    fileprivate func named(_ part: String) -> Logger {
        var logger = self
        logger[metadataKey: "part"] = "\(part)"
        return logger
    }
}
