public import SpoolCore
import Glibc

/// Watches the drop directories and says which files are complete.
///
/// Events are hints, the directories are the truth: they are listed at the start, when events were lost, when a
/// directory came, and every `rescan`. `run` is the loop; `arrivals` is what it finds, for one reader, who may be as
/// slow as they like: news about one file replaces older news about it.
public actor DropWatcher {
    /// How the watcher waits. Every default is the contract's.
    public struct Configuration: Sendable {
        /// How long a file that was not renamed must stay unchanged.
        public var settle: Duration
        /// How often the directories are listed though nothing was said.
        public var rescan: Duration
        /// How long an empty or cut-off file that was not renamed may take to grow.
        public var patience: Duration

        public init(settle: Duration = .seconds(2), rescan: Duration = .seconds(30), patience: Duration = .seconds(600))
        {
            self.settle = settle
            self.rescan = rescan
            self.patience = patience
        }
    }

    /// The news, oldest first. Ends when `run` does.
    public nonisolated let arrivals: Arrivals

    private let layout: SpoolLayout
    private let configuration: Configuration
    private let stopwatch: Stopwatch
    private let bell = WakeUp()
    private var users: [UserName]
    private var rule: ReadyRule
    private var lostDirectories: [UserName: IntakeError] = [:]
    private var isSweepWanted = true
    private var nextSweep: Duration = .zero

    public init(
        layout: SpoolLayout, users: [UserName] = [], configuration: Configuration = Configuration(),
        clock: some Clock<Duration>
    ) {
        self.arrivals = Arrivals()
        self.layout = layout
        self.configuration = configuration
        self.stopwatch = Stopwatch(clock)
        self.users = Self.withDefault(users)
        self.rule = ReadyRule(settle: configuration.settle, patience: configuration.patience)
    }

    /// How many files wait to settle or to grow.
    public var waitingCount: Int { self.rule.waitingCount }

    /// The drop directories that cannot be used now, and why.
    public var lost: [LostDirectory] {
        self.lostDirectories.map { LostDirectory(user: $0, path: self.layout.incoming(of: $0), reason: $1) }
    }

    /// Watches until the task is cancelled. Once per watcher, and one at a time per process.
    /// - Throws: `IntakeError` when inotify is not to be had.
    public func run() async throws(IntakeError) {
        defer { self.arrivals.queue.finish() }
        let inotify = try await Inotify.start(ringing: self.bell)
        while !Task.isCancelled {
            await self.turn(inotify)
            await self.wait()
        }
        await inotify.stop()
    }

    /// Watches other users' directories from now on; `default` is always among them.
    public func setUsers(_ users: [UserName]) {
        let users = Self.withDefault(users)
        for user in self.users where !users.contains(user) {
            self.rule.forgetAll(of: user)
            self.lostDirectories[user] = nil
        }
        self.users = users
        self.sweep()
    }

    /// Lists all directories soon.
    public func sweep() {
        self.isSweepWanted = true
        self.bell.ring()
    }

    /// Treats whatever has this name next as a new file. To be called when a file was taken, and when taking failed and
    /// is to be tried again at the next sweep.
    public func forget(_ file: ReadyFile) {
        self.rule.forget(DropKey(user: file.user, name: file.name))
    }

    /// Hands a file out again when it grew, or did not for the patience. To be called before `DropFileTaking.putBack`.
    public func waitForMore(_ file: TakenFile, _ identity: FileIdentity) {
        self.rule.waitForMore(DropKey(user: file.user, name: file.name), identity, now: self.stopwatch.elapsed)
        self.bell.ring()
    }

    private static func withDefault(_ users: [UserName]) -> [UserName] {
        [.default] + users.filter { $0 != .default }
    }

    // MARK: The loop

    private func turn(_ inotify: Inotify) async {
        let hints = inotify.takeHints()
        self.heed(hints)
        if hints.isIncomplete || hints.isDirectoryNews || self.isSweepWanted || self.nextSweep <= self.stopwatch.elapsed
        {
            self.isSweepWanted = false
            for user in self.users { await self.sweep(user, inotify) }
            self.nextSweep = self.stopwatch.elapsed + self.configuration.rescan
        }
        for key in self.rule.takeDue(at: self.stopwatch.elapsed) { self.lose(key.user, self.look(at: key, event: nil)) }
    }

    /// Sleeps until inotify has news, something is due, or somebody calls.
    private func wait() async {
        let deadline = min(self.nextSweep, self.rule.nextDeadline ?? self.nextSweep)
        await withTaskGroup(of: Void.self) { [bell, stopwatch] group in
            group.addTask { await bell.wait() }
            // Ends early only by cancellation, which the loop looks at.
            group.addTask { try? await stopwatch.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
    }

    private func heed(_ hints: InotifyHints) {
        for user in self.users {
            for (name, event) in hints.files[self.layout.incoming(of: user)] ?? [:] where !name.isIgnored {
                self.lose(user, self.look(at: DropKey(user: user, name: name), event: event))
            }
        }
    }

    /// Watches one drop directory, then lists it: files that came before the watch are found by the list.
    private func sweep(_ user: UserName, _ inotify: Inotify) async {
        let path = self.layout.incoming(of: user)
        var failure: IntakeError?
        do throws(IntakeError) {
            let inode = try self.usableDirectory(path)
            failure = await self.watch(path, inode, inotify)
            // Actors let others in while they wait.
            guard self.users.contains(user) else { return }
            let names = try Directory.names(in: path).filter { !$0.isIgnored }
            for name in names {
                failure = self.look(at: DropKey(user: user, name: name), event: nil) ?? failure
            }
            self.rule.forgetAll(of: user, except: Set(names))
        } catch {
            failure = error
        }
        if failure == nil, self.lostDirectories.removeValue(forKey: user) != nil {
            self.arrivals.queue.put(.directoryBack(user), for: .directory(user))
        }
        self.lose(user, failure)
    }

    /// Without a watch the directory is still listed, only not at once.
    private func watch(_ path: String, _ inode: UInt64, _ inotify: Inotify) async -> IntakeError? {
        do throws(IntakeError) {
            try await inotify.watch(path, inode: inode)
            return nil
        } catch {
            return error
        }
    }

    /// The directory's inode. A directory that is gone, or on another filesystem because a mount came or went, is an
    /// error, so that its files do not look deleted.
    private func usableDirectory(_ path: String) throws(IntakeError) -> UInt64 {
        guard let seen = try FileObservation.look(atDirectory: path) else {
            throw .systemCall("stat", path: path, code: ENOENT)
        }
        guard seen.kind == .directory else { throw .notADirectory(path: path) }
        guard let home = try FileObservation.look(atDirectory: self.layout.importing) else {
            throw .systemCall("stat", path: self.layout.importing, code: ENOENT)
        }
        guard seen.device == home.device else { throw .otherFilesystem(path: path, than: self.layout.importing) }
        return seen.inode
    }

    private func lose(_ user: UserName, _ reason: IntakeError?) {
        guard let reason, self.lostDirectories.updateValue(reason, forKey: user) != reason else { return }
        let lost = LostDirectory(user: user, path: self.layout.incoming(of: user), reason: reason)
        self.arrivals.queue.put(.directoryLost(lost), for: .directory(user))
    }

    /// Looks at one file and does what the rule says.
    /// - Returns: What is wrong with the filesystem (a mount that is gone, say). The file stays known, and the next
    ///   sweep looks again.
    private func look(at key: DropKey, event: ReadyRule.Event?) -> IntakeError? {
        let path = SpoolPath(self.layout.incoming(of: key.user), key.name)
        do throws(IntakeError) {
            let seen = try FileObservation.look(at: path)
            var action = self.rule.observe(key, seen, event: event, now: self.stopwatch.elapsed)
            if action == .test {
                action = self.rule.tested(key, try WriterProbe.test(path), now: self.stopwatch.elapsed)
            }
            self.perform(action, key, path, seen)
            return nil
        } catch {
            return error
        }
    }

    private func perform(_ action: ReadyRule.Action, _ key: DropKey, _ path: SpoolPath, _ seen: FileObservation?) {
        let arrival: DropArrival
        switch action {
        // After a test the rule asks for no second one; what changed in between settles anew.
        case .nothing, .test: return
        case .handOut(let cameByRename, let mayStillGrow):
            arrival = .ready(
                ReadyFile(
                    user: key.user, name: key.name, path: path, cameByRename: cameByRename, mayStillGrow: mayStillGrow))
        case .refuse(let refusal):
            arrival = .refused(RefusedFile(user: key.user, name: key.name, path: path, refusal: refusal))
        case .reportUnreadable:
            arrival = .unreadable(
                UnreadableFile(
                    user: key.user, name: key.name, path: path, owner: seen?.owner ?? 0, mode: seen?.mode ?? 0))
        }
        self.arrivals.queue.put(arrival, for: .file(key))
    }
}

extension DropWatcher {
    /// The watcher's news, for one reader.
    public struct Arrivals: AsyncSequence, Sendable {
        enum Key: Hashable, Sendable {
            case file(DropKey)
            case directory(UserName)
        }

        let queue = CoalescingQueue<Key, DropArrival>()

        public struct AsyncIterator: AsyncIteratorProtocol {
            let queue: CoalescingQueue<Key, DropArrival>

            public mutating func next() async -> DropArrival? {
                await self.queue.next()
            }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(queue: self.queue)
        }
    }
}
