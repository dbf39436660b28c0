import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolMedia
import SpoolScheduler
import SpoolTestSupport

@testable import SpoolDaemon
@testable import SpoolQueue

/// A queue in memory, a scripted transport, and what the services share.
struct DaemonFixture: Sendable {
    let time: TestTime
    let transport: FakeTransport
    let database: QueueDatabase
    let board: DeviceBoard
    let wakeUps = WakeUps()
    let alarms: AlarmService
    let log = LogBook()
    let directory: TemporaryDirectory
    let media: MediaStore

    init(
        devices: [DeviceID] = [.first], pacing: PacingPolicy = .none, policy: SchedulerPolicy? = nil,
        receiptGrace: Duration = .zero, seed: UInt64 = 1, time: TestTime = TestTime(),
        script: @escaping @Sendable (OutgoingMessage) -> FakeTransport.Answer = { _ in .acknowledged }
    ) async throws {
        self.time = time
        self.transport = FakeTransport(
            devices: devices, receiptGrace: receiptGrace, wallClock: self.time.wall, script: script)
        self.database = try QueueDatabase.inMemory()
        self.directory = try TemporaryDirectory()
        self.media = try Self.store(in: self.directory)
        self.board = DeviceBoard(
            policy: policy ?? SchedulerPolicy(pacing: pacing), chance: Chance(SeededGenerator(seed: seed)))
        self.alarms = AlarmService(
            command: nil, atMostEvery: .seconds(60), clock: time.clock, wallClock: time.wall, logger: self.log.logger)
        for device in await self.transport.devices() { try await self.roster.add(device) }
    }

    var queue: MessageQueue { MessageQueue(self.database) }
    var reader: QueueReader { QueueReader(self.database) }

    func delivery(_ backOff: BackOff = BackOff()) -> DeliveryService {
        DeliveryService(
            queue: self.queue, reader: self.reader, transport: self.transport, board: self.board, desk: self.desk,
            backlog: BacklogWatch(reader: self.reader), wakeUps: self.wakeUps, backOff: backOff, media: self.media,
            clock: self.time.clock, wallClock: self.time.wall, logger: self.log.logger)
    }

    /// What fetches attachments, with a store of its own over the same files: it ends with the service.
    func mediaService(
        _ backOff: BackOff = BackOff(), minimumFree: Int64? = nil, budget: Int64 = 4_000_000_000,
        freeSpace: @escaping @Sendable (String) throws -> UInt64 = { _ in .max }
    ) throws -> MediaService {
        MediaService(
            queue: self.queue, reader: self.reader, store: try Self.store(in: self.directory), backOff: backOff,
            chance: Chance(SeededGenerator(seed: 2)), wakeUps: self.wakeUps, minimumFree: minimumFree,
            stateDirectory: self.directory.path, clock: self.time.clock, wallClock: self.time.wall,
            logger: self.log.logger, freeSpace: freeSpace, budget: budget)
    }

    /// Fetches from the test's own web server, by the real clock: its connections are real.
    private static func store(in directory: TemporaryDirectory) throws -> MediaStore {
        let loopback = [NetworkRange(bytes: [127, 0, 0, 0], prefixLength: 8)].compactMap(\.self)
        return try MediaStore(
            directory: directory.path("media"), fetcher: MediaFetcher(URLGuard(allowNetworks: loopback)))
    }

    func housekeeping(_ policy: UncertainPolicy = .resend, _ backOff: BackOff = BackOff()) -> HousekeepingService {
        HousekeepingService(
            queue: self.queue, transport: self.transport, board: self.board,
            upkeep: DeviceUpkeep(
                queue: self.queue, reader: self.reader, board: self.board, desk: self.desk, wakeUps: self.wakeUps,
                logger: self.log.logger),
            wakeUps: self.wakeUps, backOff: backOff, onUncertain: policy, clock: self.time.clock,
            wallClock: self.time.wall, logger: self.log.logger)
    }

    var roster: DeviceRoster {
        DeviceRoster(
            queue: self.queue, reader: self.reader, board: self.board, wakeUps: self.wakeUps,
            wallClock: self.time.wall, logger: self.log.logger)
    }

    var desk: SignalDesk {
        SignalDesk(
            queue: self.queue, reader: self.reader, board: self.board, wakeUps: self.wakeUps, alarms: self.alarms,
            wallClock: self.time.wall, logger: self.log.logger)
    }

    /// What takes the transport's news.
    func news(confirmsOptOut: Bool = false) -> TransportService {
        TransportService(
            transport: self.transport, queue: self.queue, reader: self.reader, roster: self.roster, desk: self.desk,
            confirmsOptOut: confirmsOptOut, wakeUps: self.wakeUps, clock: self.time.clock, logger: self.log.logger)
    }

    /// What asks the service about time locks.
    func questions() -> TimeLockService {
        TimeLockService(
            transport: self.transport, board: self.board, desk: self.desk, wakeUps: self.wakeUps,
            clock: self.time.clock, wallClock: self.time.wall, logger: self.log.logger)
    }

    /// Imports the requests as one batch and returns their queue ids in file order.
    @discardableResult
    func add(_ requests: [MessageRequest], as batch: Int64 = 1) async throws -> [QueueID] {
        let name = DropFileName("orders-\(batch).csv")
        let seed = BatchSeed(
            id: BatchID(rawValue: batch), user: .default, file: name, results: name, format: "csv", digest: nil,
            inode: 1,
            takenAt: self.time.now, original: "accepted/2026-11-21/\(batch)~\(name)", isDryRun: false)
        let rows = requests.enumerated().map { index, request in
            ImportRow(record: index + 1, line: index + 2, content: .success(request))
        }
        try await self.queue.finishImport(rows, of: seed, isStrict: false, now: self.time.now)
        return try await self.reader.importAnswer(for: seed.id)?.queueIDs ?? []
    }

    func message(_ id: QueueID) async throws -> MessageView {
        guard let message = try await self.reader.message(id)?.message else { throw NoSuchMessage(id: id) }
        return message
    }

    func states(_ ids: [QueueID]) async throws -> [MessageState] {
        var states: [MessageState] = []
        for id in ids { states.append(try await self.message(id).status) }
        return states
    }

    /// The outcomes of the message's attempts, first to last.
    func outcomes(_ id: QueueID) async throws -> [String] {
        try await self.reader.message(id)?.attempts.map { $0.outcome ?? "under way" } ?? []
    }

    /// Returns when a service has stored something that result files may wait for.
    func stored() async throws {
        let bell = self.wakeUps.results
        try await waiting(for: "an outcome to be stored") { await bell.wait() }
    }

    /// Makes every change of a message to this state fail, as a full or broken disk does.
    func refuseState(_ state: MessageState) async throws {
        try await self.database.execute(
            """
            CREATE TRIGGER broken BEFORE UPDATE OF status ON message WHEN NEW.status = '\(state.rawValue)' BEGIN
                SELECT RAISE(ABORT, 'broken');
            END
            """)
    }

    func allowAllStates() async throws {
        try await self.database.execute("DROP TRIGGER broken")
    }
}

struct NoSuchMessage: Error {
    let id: QueueID
}

/// Runs the services as the daemon does until `body` is through, then shuts them down gracefully and waits for their end.
func running(_ services: any Service..., body: (ServiceGroup) async throws -> Void) async throws {
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: services.map {
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .cancelGroup)
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    let run = Task { try await group.run() }
    do {
        try await body(group)
    } catch {
        run.cancel()
        // The first failure is the one to tell.
        _ = await run.result
        throw error
    }
    await group.triggerGracefulShutdown()
    try await waiting(for: "the services to end") {
        try await withTaskCancellationHandler {
            try await run.value
        } onCancel: {
            run.cancel()
        }
    }
}

extension PacingPolicy {
    /// No limit at all.
    static let none = PacingPolicy(
        minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: nil, rest: .seconds(300))
}

extension DeviceID {
    static let first = DeviceID(rawValue: "dev1")
    static let second = DeviceID(rawValue: "dev2")
}

/// A message for a fictitious number that ends in `index`.
func request(
    _ index: Int, media: String? = nil, device: DeviceID? = nil, sendAt: Date? = nil, expiresAt: Date? = nil,
    priority: Priority = .normal
) -> MessageRequest {
    MessageRequest(
        recipient: .phone("1555010\(10000 + index)"), text: "Text \(index)",
        media: media.map { MediaReference(source: $0) }, device: device, sendAt: sendAt, expiresAt: expiresAt,
        priority: priority)
}
