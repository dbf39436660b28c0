import Foundation
import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolScheduler
import SpoolTestSupport
import Synchronization

@testable import SpoolDaemon
@testable import SpoolQueue

/// A spool on disk, a queue in memory, and the parts that stand between them.
struct SpoolFixture: Sendable {
    let spool: TemporarySpool
    let layout: SpoolLayout
    let taking: DropFileTaking
    let database: QueueDatabase
    private let users: [UserName]
    let time = TestTime()
    let board = DeviceBoard(
        policy: SchedulerPolicy(pacing: PacingPolicy()), chance: Chance(SeededGenerator(seed: 1)))
    private let nextWireIDs = WireIDs()
    let wakeUps = WakeUps()
    let log = LogBook()
    let media: MediaStore
    private let urlGuard: URLGuard

    /// - Parameter allow: Networks inside from which attachments may be fetched.
    init(users: [UserName] = [], allow: [NetworkRange] = []) async throws {
        self.users = users
        self.spool = try TemporarySpool(users: users)
        self.layout = SpoolLayout(root: self.spool.spool)
        self.taking = DropFileTaking(layout: self.layout, timeZone: .gmt)
        self.database = try QueueDatabase.inMemory()
        self.urlGuard = URLGuard(allowNetworks: allow)
        self.media = try MediaStore(
            directory: self.spool.state + "/media", fetcher: MediaFetcher(self.urlGuard, clock: self.time.clock))
        for user in users { try await self.queue.addUser(user, now: self.time.now) }
        let device = TransportDevice(id: .first, number: nil, status: .connected, connectedAt: self.time.now)
        try await self.board.add(device, at: self.time.now)
    }

    var queue: MessageQueue { MessageQueue(self.database) }
    var reader: QueueReader { QueueReader(self.database) }

    func importer(
        duplicateWindow: Duration? = .seconds(86_400), clock: (any WallClock)? = nil, chunkRows: Int = 5000,
        chunkBytes: Int = 1 << 20, devices: @escaping @Sendable () async -> Set<DeviceID> = { [.first, .second] },
        media: MediaAdmission? = nil
    ) -> Importer {
        Importer(
            queue: self.queue, reader: self.reader, rules: ReadingRules(), duplicateWindow: duplicateWindow,
            devices: devices, media: media ?? self.admission(), wallClock: clock ?? self.time.wall,
            chunkRows: chunkRows, chunkBytes: chunkBytes)
    }

    func admission(
        minimumFree: Int64? = nil, freeSpace: @escaping @Sendable (String) throws -> UInt64 = { _ in .max }
    ) -> MediaAdmission {
        MediaAdmission(
            store: self.media, urlGuard: self.urlGuard, layout: self.layout, reader: self.reader,
            minimumFree: minimumFree, stateDirectory: self.spool.state, freeSpace: freeSpace)
    }

    func answers() -> AnswerWriter {
        AnswerWriter(layout: self.layout, reader: self.reader, board: self.board, wallClock: self.time.wall)
    }

    func results(grace: Duration = .seconds(3)) -> ResultService {
        ResultService(
            queue: self.queue, reader: self.reader, layout: self.layout, rules: ReadingRules(), media: self.media,
            grace: grace,
            wakeUps: self.wakeUps, clock: self.time.clock, wallClock: self.time.wall, logger: self.log.logger)
    }

    func watcher() -> DropWatcher {
        DropWatcher(layout: self.layout, users: self.users, clock: self.time.clock)
    }

    func intake(
        _ importer: Importer? = nil, watcher: DropWatcher? = nil, minimumFree: Int64? = nil,
        freeSpace: @escaping @Sendable (String) throws -> UInt64 = { _ in .max }
    ) -> IntakeService {
        IntakeService(
            layout: self.layout, taking: self.taking, watcher: watcher ?? self.watcher(),
            importer: importer ?? self.importer(), answers: self.answers(), wakeUps: self.wakeUps, isDryRun: false,
            minimumFree: minimumFree, stateDirectory: self.spool.state, retryEvery: Self.retryEvery, timeZone: .gmt,
            clock: self.time.clock, wallClock: self.time.wall, logger: self.log.logger, freeSpace: freeSpace)
    }

    static let retryEvery = Duration.seconds(30)

    /// Drops a file and takes it.
    func take(_ text: String, as name: String, batch: Int64 = 1, user: UserName = .default) throws -> TakenFile {
        try self.spool.drop(text, as: name, for: user)
        return try self.takeDropped(name, batch: batch, user: user)
    }

    func takeDropped(_ name: String, batch: Int64 = 1, user: UserName = .default) throws -> TakenFile {
        let path = SpoolPath(self.layout.incoming(of: user), DropFileName(name))
        let file = ReadyFile(user: user, name: path.name, path: path, cameByRename: true, mayStillGrow: false)
        return try self.taking.take(file, batch: BatchID(rawValue: batch))
    }

    /// Opens a taken file again, as the next start does.
    func takeAgain(batch: Int64 = 1) throws -> TakenFile {
        guard let leftover = try self.taking.leftovers().files.first(where: { $0.batch.rawValue == batch }) else {
            throw IntakeError.vanished(path: "batch \(batch)")
        }
        return try self.taking.resume(leftover)
    }

    func seed(_ taken: TakenFile) -> BatchSeed {
        BatchSeed(
            id: taken.batch, user: taken.user, file: taken.name, results: taken.name, format: nil, digest: nil,
            inode: 1,
            takenAt: self.time.now, original: "accepted/2026-11-21/\(taken.batch)~\(taken.name)", isDryRun: false)
    }

    func run(_ importer: Importer, _ taken: TakenFile, mayStillGrow: Bool = false) async throws -> Importer.Verdict {
        try await importer.run(taken, self.seed(taken), mayStillGrow: mayStillGrow)
    }

    func rejection(of batch: Int64 = 1) async throws -> BatchRejection? {
        try await self.reader.importAnswer(for: BatchID(rawValue: batch))?.rejection
    }

    func progress(of batch: Int64 = 1) async throws -> ImportProgress? {
        try await self.reader.importProgress(of: BatchID(rawValue: batch))
    }

    /// Sends every message of the queue that is due, with this outcome.
    func settle(_ outcome: (ClaimedMessage) -> Settlement) async throws {
        let claimed = try await self.queue.claim(upTo: 100_000, for: .first, lease: .seconds(300), now: self.time.now) {
            [nextWireIDs] in nextWireIDs.next()
        }
        try await self.queue.settle(
            claimed.map { SettledAttempt(message: $0.id, attempt: $0.attempt, settlement: outcome($0)) },
            now: self.time.now)
    }

    /// The wire ids of all messages that have one, in the order of their queue ids.
    func wireIDs() async throws -> [String] {
        try await self.database.strings("SELECT wireId FROM message WHERE wireId IS NOT NULL ORDER BY id")
    }

    /// Returns when something of the batch is stored.
    func importing(_ batch: Int64) async throws {
        try await eventually("batch \(batch) to be opened") { try await self.progress(of: batch) != nil }
    }

    /// Returns when the answer of the batch is on disk and its original filed.
    func answered(_ batch: Int64) async throws {
        let bell = self.wakeUps.results
        try await waiting(for: "batch \(batch) to be answered") {
            while try await self.progress(of: batch)?.isAnswered != true {
                await bell.wait()
                try Task.checkCancellation()
            }
        }
    }

    func text(_ path: String) throws -> String { try self.spool.directory.text("spool/" + path) }
    func names(_ directory: String) throws -> [String] { try self.spool.directory.names(in: "spool/" + directory) }

    /// The texts of all messages of the batch, in the order of their ids, whether they are sendable or not.
    func texts(of batch: Int64 = 1) async throws -> [String] {
        try await self.database.strings("SELECT body FROM message WHERE batchId = \(batch) ORDER BY id")
    }

    /// The texts of the messages that a device may be given now.
    func sendable() async throws -> [String] {
        try await self.queue.claim(upTo: 1000, for: .first, lease: .seconds(300), now: self.time.now) { [nextWireIDs] in
            nextWireIDs.next()
        }.map(\.text)
    }
}

/// A wall clock that cancels the task that asks for the time for the `count`-th time.
final class CancellingClock: WallClock {
    private let left: Mutex<Int>

    init(at count: Int) {
        self.left = Mutex(count)
    }

    var now: Date {
        let isTime = self.left.withLock { left in
            left -= 1
            return left == 0
        }
        if isTime { withUnsafeCurrentTask { $0?.cancel() } }
        return TestTime.noon
    }
}

extension UserName {
    static let shop = UserName(rawValue: "shop") ?? .default
}

/// A CSV file with `count` rows, each with a text of its own.
func csv(_ count: Int, from first: Int = 1) -> String {
    "number,message\n" + (first..<first + count).map { "1555010\(10000 + $0),Text \($0)\n" }.joined()
}

/// Wire ids in order: `3EB0…01`, `3EB0…02`.
final class WireIDs: Sendable {
    private let last = Mutex(0)

    func next() -> WireMessageID {
        let number = self.last.withLock { last in
            last += 1
            return String(last, radix: 16, uppercase: true)
        }
        return WireMessageID(rawValue: "3EB0" + String(repeating: "0", count: 18 - number.count) + number)
    }
}
