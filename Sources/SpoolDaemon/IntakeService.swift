import Foundation
import Glibc
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolFiles
import SpoolQueue

/// The front of the line: takes files that the watcher says are complete, imports them, answers, files the originals.
///
/// Small files go one after the other, large ones beside them, so that a one-row file never waits for a million-row
/// file. What cannot be finished because this machine is at fault stays in `importing` and is tried again; a start goes
/// on with whatever lies there.
actor IntakeService: Service {
    private let layout: SpoolLayout
    private let taking: DropFileTaking
    private let watcher: DropWatcher
    private let importer: Importer
    private let answers: AnswerWriter
    private let queue: MessageQueue
    private let reader: QueueReader
    private let wakeUps: WakeUps
    private let isDryRun: Bool
    private let minimumFree: Int64?
    private let freeSpace: @Sendable (_ directory: String) throws -> UInt64
    private let stateDirectory: String
    private let retryEvery: Duration
    private let clock: any Clock<Duration>
    private let wallClock: any WallClock
    private let logger: Logger
    private let timeZone: TimeZone

    private var lastBatch: BatchID = BatchID(rawValue: 0)
    /// Batches being worked on, so that a retry does not take them up a second time.
    private var active: Set<BatchID> = []
    private var largeImports = 0
    private let largeImportEnded = WakeUp()
    private var troubles: [BatchID: String] = [:]
    private var lostDirectories: [UserName: String] = [:]
    /// Refused files that could not be moved away, and why.
    private var refusedFiles: [SpoolPath: String] = [:]

    /// A taken file that is imported beside the others.
    private struct LargeFile: Sendable {
        let taken: TakenFile
        let mayStillGrow: Bool
    }

    private static let smallFile: Int64 = 1 << 20
    /// Each holds an open file and a chunk of rows; with more, the next arrivals wait.
    private static let mostLargeImports = 4

    init(
        layout: SpoolLayout, taking: DropFileTaking, watcher: DropWatcher, importer: Importer, answers: AnswerWriter,
        wakeUps: WakeUps, isDryRun: Bool, minimumFree: Int64?, stateDirectory: String, retryEvery: Duration,
        timeZone: TimeZone, clock: any Clock<Duration>, wallClock: any WallClock, logger: Logger,
        freeSpace: @escaping @Sendable (_ directory: String) throws -> UInt64 = FreeSpace.available
    ) {
        self.layout = layout
        self.taking = taking
        self.watcher = watcher
        self.importer = importer
        self.answers = answers
        self.queue = importer.queue
        self.reader = importer.reader
        self.wakeUps = wakeUps
        self.isDryRun = isDryRun
        self.minimumFree = minimumFree
        self.freeSpace = freeSpace
        self.stateDirectory = stateDirectory
        self.retryEvery = retryEvery
        self.timeZone = timeZone
        self.clock = clock
        self.wallClock = wallClock
        self.logger = logger
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await self.prepare()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.watcher.run() }
                group.addTask { await self.retryUnfinished() }
                for await arrival in self.watcher.arrivals {
                    await self.waitForFreeSpace()
                    guard !Task.isCancelled else { break }
                    guard let large = await self.handle(arrival) else { continue }
                    group.addTask { await self.importLarge(large) }
                    await self.beganLargeImport()
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    /// What keeps files from being taken, in words for `status` and `/readyz`.
    var notices: [String] {
        self.lostDirectories.values.sorted() + [self.freeSpaceProblem()].compactMap { $0 }
            + self.troubles.sorted { $0.key < $1.key }.map { "batch \($0.key): \($0.value)" }
            + self.refusedFiles.filter { Self.exists($0.key) }.map { "\($0.key): \($0.value)" }.sorted()
    }

    private static func exists(_ path: SpoolPath) -> Bool {
        var status = stat()
        return path.withCString { lstat($0, &status) } == 0
    }

    // MARK: Start

    private func prepare() async throws {
        let leftovers = try self.taking.leftovers()
        let stored = try await self.reader.highestBatch()
        self.lastBatch = max(stored, leftovers.files.map(\.batch).max() ?? stored)
        for stranger in leftovers.strangers { self.logger.warning("\(stranger) is not the daemon's; it is left alone") }
        await self.finishUnfinished()
    }

    private func retryUnfinished() async {
        while !Task.isCancelled {
            do {
                try await self.clock.sleep(for: self.retryEvery)
            } catch {
                return
            }
            await self.finishUnfinished()
        }
    }

    /// Goes on with everything an earlier try or an earlier daemon left behind.
    private func finishUnfinished() async {
        do {
            let files = try self.taking.leftovers().files
            // Those being worked on now may be finished and gone by the time it would be their turn here.
            let leftovers = files.filter { !self.active.contains($0.batch) }
            let busy = self.active.union(files.map(\.batch))
            let unanswered = try await self.reader.unansweredBatches().map(\.id)
            // Trouble is over, too, when a person has taken the file away.
            let unfinished = busy.union(unanswered).union(self.active)
            self.troubles = self.troubles.filter { unfinished.contains($0.key) }
            for batch in unanswered where !busy.contains(batch) && !self.active.contains(batch) {
                await self.answerMoved(batch)
            }
            for leftover in leftovers {
                guard !Task.isCancelled else { return }
                await self.resume(leftover)
            }
        } catch {
            guard !Task.isCancelled else { return }
            self.logger.error("unfinished imports have to wait: \(error)")
        }
    }

    /// The original has reached its place, but the queue was not told before the daemon stopped.
    private func answerMoved(_ batch: BatchID) async {
        do {
            guard let answer = try await self.reader.importAnswer(for: batch) else { return }
            try await self.answers.write(for: batch)
            try await self.queue.markAnswered(batch, original: answer.original ?? "", now: self.wallClock.now)
            self.troubles[batch] = nil
            self.wakeUps.ringAll()
        } catch {
            self.fault(batch, error)
        }
    }

    private func resume(_ leftover: LeftoverFile) async {
        self.active.insert(leftover.batch)
        defer { self.active.remove(leftover.batch) }
        do {
            let taken = try self.taking.resume(leftover)
            let progress = try await self.reader.importProgress(of: leftover.batch)
            if progress?.isImported == true || progress?.isRejected == true {
                try await self.finish(taken, isRejected: progress?.isRejected == true)
            } else {
                try await self.work(on: taken, mayStillGrow: false)
            }
            self.troubles[leftover.batch] = nil
        } catch {
            self.fault(leftover.batch, error)
        }
    }

    // MARK: Arrivals

    /// - Returns: A large file, which is to be imported beside the others.
    private func handle(_ arrival: DropArrival) async -> LargeFile? {
        switch arrival {
        case .ready(let file): return await self.take(file)
        case .refused(let file):
            await self.refuse(file.user, file.name, file.path, file.refusal) { batch throws(IntakeError) in
                try self.taking.reject(file, batch: batch)
            }
        case .unreadable(let file):
            await self.refuse(file.user, file.name, file.path, file.refusal) { batch throws(IntakeError) in
                try self.taking.reject(file, batch: batch)
            }
        case .directoryLost(let lost):
            let trouble = "\(lost.path) cannot be used: \(lost.reason)"
            self.lostDirectories[lost.user] = trouble
            self.logger.error("\(trouble)")
        case .directoryBack(let user):
            self.lostDirectories[user] = nil
            self.logger.notice("the drop directory is there again")
        }
        return nil
    }

    private func take(_ file: ReadyFile) async -> LargeFile? {
        let batch = BatchID(rawValue: self.lastBatch.rawValue + 1)
        do {
            let taken = try self.taking.take(file, batch: batch)
            self.lastBatch = batch
            self.active.insert(batch)
            await self.watcher.forget(file)
            if case .readable(_, let identity) = taken.content, identity.size > Self.smallFile {
                return LargeFile(taken: taken, mayStillGrow: file.mayStillGrow)
            }
            await self.importNow(taken, mayStillGrow: file.mayStillGrow)
        } catch .vanished {
            await self.watcher.forget(file)
        } catch  where Self.isForbidden(error) && Self.exists(file.path) {
            // The watcher keeps it in mind, so that it is answered once.
            await self.refuse(file.user, file.name, file.path, Self.immovable) { _ throws(IntakeError) in throw error }
        } catch {
            self.lastBatch = batch
            await self.watcher.forget(file)
            self.logger.error("a file cannot be taken, trying again: \(error)")
        }
        return nil
    }

    private static let immovable = Refusal(
        .unreadable,
        "The daemon has no right to take it out of the drop directory: give its user the right and drop it again")

    private static func isForbidden(_ error: IntakeError) -> Bool {
        guard case .systemCall(_, _, let code) = error else { return false }
        return code == EPERM || code == EACCES
    }

    /// Returns when there is room for a further one.
    private func beganLargeImport() async {
        self.largeImports += 1
        while self.largeImports >= Self.mostLargeImports, !Task.isCancelled { await self.largeImportEnded.wait() }
    }

    private func importLarge(_ large: LargeFile) async {
        await self.importNow(large.taken, mayStillGrow: large.mayStillGrow)
        self.largeImports -= 1
        self.largeImportEnded.ring()
    }

    private func importNow(_ taken: TakenFile, mayStillGrow: Bool) async {
        defer { self.active.remove(taken.batch) }
        do {
            try await self.work(on: taken, mayStillGrow: mayStillGrow)
        } catch {
            self.fault(taken.batch, error)
        }
    }

    /// What a shutdown cuts off is nobody's fault; the next start goes on with it.
    private func fault(_ batch: BatchID, _ error: any Error) {
        guard !Task.isCancelled else { return }
        self.troubles[batch] = String(describing: error)
        self.logger.error("import has to wait: \(error)", metadata: ["batch.id": "\(batch)"])
    }

    // MARK: One file

    private func work(on taken: TakenFile, mayStillGrow: Bool) async throws {
        let seed = try await self.seed(for: taken)
        if case .readable(_, let identity) = taken.content, identity.size > Self.smallFile,
            try await self.reader.importProgress(of: taken.batch) == nil
        {
            // Holds the names of the answers while smaller files overtake.
            try await self.queue.openBatch(seed)
        }
        switch try await self.importer.run(taken, seed, mayStillGrow: mayStillGrow) {
        case .imported:
            self.logger.info("imported \(taken.name)", metadata: ["batch.id": "\(taken.batch)"])
            self.wakeUps.ringDelivery()
            self.wakeUps.media.ring()
            try await self.finish(taken, isRejected: false)
        case .rejected:
            self.logger.notice("rejected \(taken.name)", metadata: ["batch.id": "\(taken.batch)"])
            try await self.finish(taken, isRejected: true)
        case .mayStillGrow, .changed:
            try await self.giveBack(taken)
        }
    }

    /// Its writer is not done: the file goes back, and the watcher waits until it has settled again.
    private func giveBack(_ taken: TakenFile) async throws {
        guard case .readable(let file, _) = taken.content else { return }
        try await self.queue.forgetBatch(taken.batch)
        await self.watcher.waitForMore(taken, try file.observe().identity)
        try self.taking.putBack(taken)
        self.logger.info("\(taken.name) is not complete yet", metadata: ["batch.id": "\(taken.batch)"])
    }

    private func seed(for taken: TakenFile) async throws -> BatchSeed {
        var inode: UInt64 = 0
        if case .readable(_, let identity) = taken.content { inode = identity.inode }
        let takenAt = try await self.takenAt(taken)
        let day = self.layout.accepted(on: takenAt, in: self.timeZone)
        return BatchSeed(
            id: taken.batch, user: taken.user, file: taken.name,
            results: try await self.resultNames(for: taken.name, taken.user, taken.batch).base,
            format: DropFileFormat(name: taken.name)?.rawValue, digest: nil, inode: inode, takenAt: takenAt,
            original: self.relative(
                SpoolPath(day, DropFileName(bytes: Array("\(taken.batch)~".utf8) + taken.name.bytes))),
            isDryRun: self.isDryRun)
    }

    /// The same for every try: a day that began in between must not change where the original is looked for.
    private func takenAt(_ taken: TakenFile) async throws -> Date {
        try await self.reader.batch(taken.batch)?.takenAt ?? self.wallClock.now
    }

    /// The file's own name, or with the batch number, or, should a client have used that very name for a file of its
    /// own, with the number once more.
    private func resultNames(for name: DropFileName, _ user: UserName, _ batch: BatchID) async throws -> ResultNames {
        var names = ResultNames(for: name)
        while try await self.isInUse(names, user) { names = ResultNames(for: names.base, batch: batch) }
        return names
    }

    private func isInUse(_ names: ResultNames, _ user: UserName) async throws -> Bool {
        if try names.anyAnswerExists(in: self.layout.results(of: user)) { return true }
        return try await self.reader.answersAreDue(names.base, of: user)
    }

    /// Answers, then files the original, then tells the queue: each step can be repeated after a crash.
    private func finish(_ taken: TakenFile, isRejected: Bool) async throws {
        try await self.answers.write(for: taken.batch)
        let path =
            isRejected
            ? try self.taking.reject(taken) : try self.taking.accept(taken, on: try await self.takenAt(taken))
        try await self.queue.markAnswered(taken.batch, original: self.relative(path), now: self.wallClock.now)
        self.wakeUps.results.ring()
    }

    /// A path as the queue stores it: relative to the spool, printable.
    private func relative(_ path: SpoolPath) -> String {
        let directory =
            path.directory.hasPrefix(self.layout.root + "/")
            ? String(path.directory.dropFirst(self.layout.root.count + 1)) : path.directory
        return directory + "/" + path.name.description
    }

    private func refuse(
        _ user: UserName, _ name: DropFileName, _ path: SpoolPath, _ refusal: Refusal,
        move: (BatchID) throws(IntakeError) -> SpoolPath
    ) async {
        let batch = BatchID(rawValue: self.lastBatch.rawValue + 1)
        self.lastBatch = batch
        self.active.insert(batch)
        defer { self.active.remove(batch) }
        var isStored = false
        do {
            let seed = BatchSeed(
                id: batch, user: user, file: name, results: try await self.resultNames(for: name, user, batch).base,
                format: nil, digest: nil, inode: 0, takenAt: self.wallClock.now, original: "", isDryRun: self.isDryRun)
            try await self.queue.reject(seed, BatchRejection(refusal), now: self.wallClock.now)
            isStored = true
            try await self.answers.write(for: batch)
            let moved = self.moved(path, batch, move)
            try await self.queue.markAnswered(batch, original: moved.map(self.relative) ?? "", now: self.wallClock.now)
            self.logger.notice("refused \(name): \(refusal.message)", metadata: ["batch.id": "\(batch)"])
        } catch {
            self.fault(batch, error)
            guard !isStored else { return }
            // At the next sweep it is refused anew.
            await self.watcher.forget(
                ReadyFile(user: user, name: name, path: path, cameByRename: false, mayStillGrow: false))
        }
    }

    /// What cannot even be moved stays where it is, refused and said in `status`.
    private func moved(
        _ path: SpoolPath, _ batch: BatchID, _ move: (BatchID) throws(IntakeError) -> SpoolPath
    ) -> SpoolPath? {
        do throws(IntakeError) {
            return try move(batch)
        } catch {
            self.refusedFiles[path] = "it was refused and cannot be moved away: \(error)"
            self.logger.error("\(path) was refused and cannot be moved away: \(error)")
            return nil
        }
    }

    // MARK: Disk space

    /// Below the floor nothing is taken; sending goes on.
    private func waitForFreeSpace() async {
        var isSaid = false
        while !Task.isCancelled, let problem = self.freeSpaceProblem() {
            if !isSaid { self.logger.error("\(problem)") }
            isSaid = true
            do {
                try await self.clock.sleep(for: .seconds(2))
            } catch {
                return
            }
        }
    }

    private func freeSpaceProblem() -> String? {
        guard let minimumFree = self.minimumFree else { return nil }
        for directory in [self.layout.root, self.stateDirectory] {
            do {
                let available = try self.freeSpace(directory)
                guard available < UInt64(max(0, minimumFree)) else { continue }
                return
                    "\(directory) has \(available) bytes free, fewer than spool.minimumFree (\(minimumFree)): no file is taken"
            } catch {
                return "the free space cannot be told: \(error)"
            }
        }
        return nil
    }
}
