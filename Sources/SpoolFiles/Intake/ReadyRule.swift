import SpoolCore

/// A file in a drop directory.
struct DropKey: Hashable, Sendable {
    var user: UserName
    var name: DropFileName
}

/// Decides when a drop file is complete.
///
/// A renamed file is ready at once. Any other is ready when it did not change for the settle time and nobody has it
/// open for writing; an empty one, and one that was found cut off, when it did not change for the patience. All files
/// wait at the same time. Pure: the driver looks at files, tells this rule what it saw, and does what the answer says.
struct ReadyRule {
    /// What inotify said about a name. Only a hint to look; but a rename cannot be told from anything else later.
    enum Event: Sendable {
        case renamed
        case created
        case closedAfterWriting
        case attributesChanged
    }

    /// What the attempt to open a file and to find out who writes to it came to.
    enum WriterTest: Equatable {
        case nobodyWrites(FileObservation)
        case somebodyWrites(FileObservation)
        /// The kernel does not tell: another's file without CAP_LEASE, or a filesystem without leases.
        case unknown(FileObservation)
        /// The daemon may not open it.
        case unreadable
        /// It is no longer there, or no longer what it was.
        case vanished
    }

    enum Action: Equatable {
        /// Nothing to do now.
        case nothing
        /// Open the file, find out who writes to it, and call `tested`.
        case test
        case handOut(cameByRename: Bool, mayStillGrow: Bool)
        case refuse(Refusal)
        case reportUnreadable
    }

    private enum Phase {
        case settling(FileObservation, since: Duration, renamed: Bool)
        /// Found cut off and put back by the importer.
        case waitingForMore(FileIdentity, since: Duration)
        case handedOut(inode: UInt64)
        case refused(inode: UInt64)
        case unreadable(FileObservation)
    }

    private struct Entry {
        var phase: Phase
        /// When the heap brings the entry up; a later deadline is entered only then, so that a file that changes all
        /// the time has one place in the heap.
        var queued: Duration?
    }

    /// How soon to look again at a file that somebody has open, when the settle time is shorter.
    private static let shortestRecheck: Duration = .milliseconds(100)

    private let settle: Duration
    private let patience: Duration
    private var entries: [DropKey: Entry] = [:]
    private var heap = DeadlineHeap<DropKey>()

    init(settle: Duration, patience: Duration = .seconds(600)) {
        self.settle = settle
        self.patience = patience
    }

    /// How many files are known and not handed out yet.
    var waitingCount: Int {
        self.entries.values.count { entry in
            switch entry.phase {
            case .settling, .waitingForMore: true
            case .handedOut, .refused, .unreadable: false
            }
        }
    }

    /// When `takeDue` has something next.
    var nextDeadline: Duration? { self.heap.first }

    /// Tells what a look at the file showed, `nil` for nothing there.
    mutating func observe(_ key: DropKey, _ seen: FileObservation?, event: Event?, now: Duration) -> Action {
        guard let seen, seen.kind != .directory else { return self.observeAbsence(of: key) }
        switch self.entries[key]?.phase {
        case nil: return self.admit(key, seen, event, now)
        case .settling(let last, let since, let renamed):
            if event == .renamed || seen.inode != last.inode { return self.admit(key, seen, event, now) }
            let isQuiet = seen == last && (event == nil || event == .attributesChanged)
            self.setPhase(key, .settling(seen, since: isQuiet ? since : now, renamed: renamed && event != .created))
            return self.judge(key, now)
        case .waitingForMore(let last, _):
            // Putting it back was itself a rename.
            return seen.identity == last ? self.judge(key, now) : self.admit(key, seen, event, now)
        case .handedOut(let inode), .refused(let inode):
            if inode == seen.inode, event != .renamed, event != .created { return .nothing }
            return self.admit(key, seen, event, now)
        case .unreadable(let last):
            return seen == last ? .nothing : self.admit(key, seen, event, now)
        }
    }

    /// Tells what the test that `Action.test` asked for came to.
    mutating func tested(_ key: DropKey, _ test: WriterTest, now: Duration) -> Action {
        guard let entry = self.entries[key] else { return .nothing }
        switch test {
        case .vanished:
            self.entries[key] = nil
            return .nothing
        case .unreadable: return self.settleUnreadable(key, entry.phase)
        case .nobodyWrites(let seen), .unknown(let seen):
            return self.finishTest(key, entry.phase, seen, isWritten: false, now)
        case .somebodyWrites(let seen):
            return self.finishTest(key, entry.phase, seen, isWritten: true, now)
        }
    }

    /// The files to look at again at `now`, each to be passed to `observe`.
    mutating func takeDue(at now: Duration) -> [DropKey] {
        var due: [DropKey] = []
        while let (deadline, key) = self.heap.popDue(at: now) {
            guard self.entries[key]?.queued == deadline else { continue }
            self.entries[key]?.queued = nil
            due.append(key)
        }
        return due
    }

    /// The importer found the file cut off and puts it back: it is handed out again when it has grown, or has not for
    /// the patience.
    mutating func waitForMore(_ key: DropKey, _ identity: FileIdentity, now: Duration) {
        self.entries[key] = Entry(phase: .waitingForMore(identity, since: now), queued: nil)
        self.schedule(key, at: now + self.patience)
    }

    /// Whatever has this name next is a new file.
    mutating func forget(_ key: DropKey) {
        self.entries[key] = nil
    }

    /// Forgets the files of a drop directory that a complete listing does not show.
    mutating func forgetAll(of user: UserName, except present: Set<DropFileName>) {
        for (key, entry) in self.entries where key.user == user && !present.contains(key.name) {
            // One on its way back from the importer is not there yet.
            if case .waitingForMore = entry.phase { continue }
            self.entries[key] = nil
        }
    }

    /// Forgets everything about a user.
    mutating func forgetAll(of user: UserName) {
        for key in self.entries.keys where key.user == user { self.entries[key] = nil }
    }

    private mutating func observeAbsence(of key: DropKey) -> Action {
        // On its way back from the importer it is not there yet; at the end of its patience it is really gone.
        if case .waitingForMore = self.entries[key]?.phase, self.entries[key]?.queued != nil { return .nothing }
        self.entries[key] = nil
        return .nothing
    }

    private mutating func admit(_ key: DropKey, _ seen: FileObservation, _ event: Event?, _ now: Duration) -> Action {
        if let refusal = Self.refusal(of: seen.kind) {
            self.setPhase(key, .refused(inode: seen.inode))
            return .refuse(refusal)
        }
        self.setPhase(key, .settling(seen, since: now, renamed: event == .renamed))
        return self.judge(key, now)
    }

    /// What to do with a file that is waiting, now that it was looked at.
    private mutating func judge(_ key: DropKey, _ now: Duration) -> Action {
        switch self.entries[key]?.phase {
        case .settling(let seen, let since, let renamed):
            if renamed && seen.linkCount == 1 { return .test }
            let ready = since + (seen.size == 0 && !renamed ? self.patience : self.settle)
            guard ready <= now else {
                self.schedule(key, at: ready)
                return .nothing
            }
            guard seen.linkCount == 1 else {
                self.setPhase(key, .refused(inode: seen.inode))
                return .refuse(Self.hardLinkRefusal(seen.linkCount))
            }
            return .test
        case .waitingForMore(_, let since):
            guard since + self.patience <= now else {
                self.schedule(key, at: since + self.patience)
                return .nothing
            }
            return .test
        case .handedOut, .refused, .unreadable, nil: return .nothing
        }
    }

    private mutating func finishTest(
        _ key: DropKey, _ phase: Phase, _ seen: FileObservation, isWritten: Bool, _ now: Duration
    ) -> Action {
        let renamed: Bool
        var mayStillGrow = false
        switch phase {
        case .settling(let last, _, let cameByRename):
            renamed = cameByRename
            mayStillGrow = !renamed && seen.size > 0
            // It changed between the look and the test.
            if !renamed && seen != last { return self.observe(key, seen, event: nil, now: now) }
        case .waitingForMore(let last, _):
            renamed = false
            if seen.identity != last { return self.observe(key, seen, event: nil, now: now) }
        case .handedOut, .refused, .unreadable: return .nothing
        }
        // Renaming is the writer's word that the file is complete.
        if isWritten && !renamed {
            self.schedule(key, at: now + max(self.settle, Self.shortestRecheck))
            return .nothing
        }
        self.setPhase(key, .handedOut(inode: seen.inode))
        return .handOut(cameByRename: renamed, mayStillGrow: mayStillGrow)
    }

    private mutating func settleUnreadable(_ key: DropKey, _ phase: Phase) -> Action {
        switch phase {
        case .settling(let last, _, _):
            self.setPhase(key, .unreadable(last))
            return .reportUnreadable
        case .waitingForMore(let last, _):
            self.setPhase(
                key, .unreadable(FileObservation(inode: last.inode, size: last.size, modified: last.modified)))
            return .reportUnreadable
        case .handedOut, .refused, .unreadable: return .nothing
        }
    }

    private mutating func setPhase(_ key: DropKey, _ phase: Phase) {
        self.entries[key, default: Entry(phase: phase)].phase = phase
    }

    private mutating func schedule(_ key: DropKey, at deadline: Duration) {
        guard let entry = self.entries[key] else { return }
        if let queued = entry.queued, queued <= deadline { return }
        self.entries[key]?.queued = deadline
        self.heap.insert(key, at: deadline)
    }

    private static func refusal(of kind: FileObservation.Kind) -> Refusal? {
        switch kind {
        case .regular, .directory: nil
        case .symbolicLink: Refusal(.unreadable, "It is a symbolic link, which is never followed: drop the file itself")
        case .fifo: Refusal(.unreadable, "It is a FIFO: drop a regular file")
        case .socket: Refusal(.unreadable, "It is a socket: drop a regular file")
        case .device: Refusal(.unreadable, "It is a device: drop a regular file")
        }
    }

    static func hardLinkRefusal(_ count: UInt64) -> Refusal {
        Refusal(.unreadable, "It has \(count) names (hard links) and could change after it was read: drop a copy")
    }
}
