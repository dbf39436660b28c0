import CInotifyTools
import Foundation
import SpoolCore
import Synchronization

/// libinotifytools behind its guards: the one place that knows them.
///
/// The library is sound when every call is made on one thread and there is one user of it per process, because all it
/// has is static. So a thread of its own owns it; other code asks through `watch` and `takeHints`, and is told by a
/// bell. What was said is kept as a set of names, never as a queue that could fill.
///
/// Not used, and why: `next_event` (a timeout of 0 blocks for ever); `watch_recursively` (nothing deeper is watched);
/// `wd_from_filename` and `remove_watch_by_filename` (they find the oldest watch of a path, which may be a deleted
/// directory's); `replace_filename` (a moved directory is dropped and added anew); `get_max_queued_events` (always -1);
/// `ignore_events_by_regex` (it jumps over Swift frames' state with longjmp); statistics and printing.
final class Inotify: Sendable {
    private enum Command {
        case watch(directory: String, inode: UInt64, CheckedContinuation<Result<Void, IntakeError>, Never>)
        case stop
    }

    private struct State {
        var hints = InotifyHints()
        var commands: [Command] = []
        var isStopped = false
        var waitingForStop: [CheckedContinuation<Void, Never>] = []
    }

    private static let isInUse = Mutex(false)

    private let state = Mutex(State())
    private let bell: WakeUp
    /// An eventfd that ends the thread's poll.
    private let interruption: OpenFile

    /// Starts the owning thread.
    /// - Throws: `IntakeError.alreadyWatching` while another instance lives.
    static func start(ringing bell: WakeUp) async throws(IntakeError) -> Inotify {
        let isFree = Self.isInUse.withLock { isInUse in
            defer { isInUse = true }
            return !isInUse
        }
        guard isFree else { throw .alreadyWatching }
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else {
            let code = errno
            Self.isInUse.withLock { $0 = false }
            throw .systemCall("eventfd", path: "inotify", code: code)
        }
        let inotify = Inotify(bell: bell, interruption: OpenFile(owning: descriptor))
        let started: Result<Void, IntakeError> = await withCheckedContinuation { continuation in
            let thread = Thread { inotify.own(started: continuation) }
            thread.name = "inotify"
            thread.start()
        }
        try started.get()
        return inotify
    }

    private init(bell: WakeUp, interruption: OpenFile) {
        self.bell = bell
        self.interruption = interruption
    }

    /// Watches a directory; one that is watched already is left so. List it afterwards: files may have come before.
    /// - Parameter inode: The directory's, so that a new one of the same path is noticed.
    func watch(_ directory: String, inode: UInt64) async throws(IntakeError) {
        let result: Result<Void, IntakeError> = await withCheckedContinuation { continuation in
            let isStopped = self.state.withLock { state in
                if !state.isStopped { state.commands.append(.watch(directory: directory, inode: inode, continuation)) }
                return state.isStopped
            }
            if isStopped {
                continuation.resume(returning: .failure(Self.over(directory)))
            } else {
                self.interrupt()
            }
        }
        try result.get()
    }

    /// What was said since the last call.
    func takeHints() -> InotifyHints {
        self.state.withLock { state in
            defer { state.hints = InotifyHints() }
            return state.hints
        }
    }

    /// Ends the thread and frees the library for another instance.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isStopped = self.state.withLock { state in
                if state.isStopped { return true }
                state.waitingForStop.append(continuation)
                state.commands.append(.stop)
                return false
            }
            if isStopped { continuation.resume() } else { self.interrupt() }
        }
    }

    private func interrupt() {
        // Fails only when the counter is at its end, and then the thread is about to wake anyway.
        _ = eventfd_write(self.interruption.descriptor, 1)
    }

    // MARK: The owning thread

    /// The life of the thread.
    private func own(started: CheckedContinuation<Result<Void, IntakeError>, Never>) {
        let descriptor: Int32
        do throws(IntakeError) {
            descriptor = try Self.initialize()
        } catch {
            Self.isInUse.withLock { $0 = false }
            started.resume(returning: .failure(error))
            return
        }
        started.resume(returning: .success(()))
        var watched: [String: UInt64] = [:]
        repeat {
            self.drain(&watched)
        } while self.obey(&watched) && self.sleep(descriptor)
        // The library's read-ahead outlives `cleanup` and would surprise the next instance.
        self.drain(&watched)
        inotifytools_cleanup()
        self.finish()
    }

    /// - Returns: The descriptor, which the library keeps to itself.
    private static func initialize() throws(IntakeError) -> Int32 {
        let before = Self.inotifyDescriptors()
        guard inotifytools_initialize() == 1 else {
            throw .systemCall("inotify_init", path: "inotify", code: inotifytools_error())
        }
        guard let descriptor = Self.inotifyDescriptors().subtracting(before).first else {
            inotifytools_cleanup()
            throw .systemCall("readlink", path: "/proc/self/fd", code: ENOENT)
        }
        // The library waits with select(2), which ends the process for a descriptor beyond its set.
        guard descriptor < 1024 else {
            inotifytools_cleanup()
            throw .tooManyOpenFiles(descriptor: descriptor)
        }
        // The library leaves it open for child processes.
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            let code = errno
            inotifytools_cleanup()
            throw .systemCall("fcntl", path: "inotify", code: code)
        }
        return descriptor
    }

    /// The library has no accessor for its descriptor, so it is found by what it links to.
    private static func inotifyDescriptors() -> Set<Int32> {
        guard let names = try? Directory.names(in: "/proc/self/fd") else { return [] }
        let descriptors = names.compactMap { Int32($0.description) }
        return Set(
            descriptors.filter { descriptor in
                var target = [CChar](repeating: 0, count: 64)
                let count = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
                return count > 0 && target.prefix(count).elementsEqual("anon_inode:inotify".utf8.map { CChar($0) })
            })
    }

    /// Reads until the library has nothing left, in itself or in the kernel: only then may the thread sleep.
    private func drain(_ watched: inout [String: UInt64]) {
        var hints = InotifyHints()
        var count = 0
        // Unlike `next_event`, `next_events` polls when its timeout is 0.
        while let event = inotifytools_next_events(0, 1) {
            Self.note(event, &hints, &watched)
            count += 1
            // A writer who never rests must not keep all news to the end.
            if count % 4096 == 0 { self.publish(&hints) }
        }
        self.publish(&hints)
    }

    private func publish(_ hints: inout InotifyHints) {
        guard !hints.isEmpty else { return }
        self.state.withLock { $0.hints.merge(hints) }
        hints = InotifyHints()
        self.bell.ring()
    }

    private static func note(
        _ event: UnsafeMutablePointer<inotify_event>, _ hints: inout InotifyHints, _ watched: inout [String: UInt64]
    ) {
        let mask = event.pointee.mask
        if mask & UInt32(IN_Q_OVERFLOW) != 0 {
            hints.isIncomplete = true
            return
        }
        // The path the watch was added under, with a slash at its end; empty for a watch that was removed.
        guard let path = inotifytools_filename_from_wd(event.pointee.wd) else { return }
        let directory = String(String(cString: path).dropLast())
        guard !directory.isEmpty else { return }
        if mask & UInt32(IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF | IN_UNMOUNT) != 0 {
            // A moved directory's watch lives on and is removed. A deleted one's is gone already: removing that would
            // print an error and keep the library's node all the same.
            if mask & UInt32(IN_MOVE_SELF) != 0 { inotifytools_remove_watch_by_wd(event.pointee.wd) }
            watched[directory] = nil
            hints.isDirectoryNews = true
        } else if mask & UInt32(IN_ISDIR) != 0 {
            hints.isDirectoryNews = true
        } else if let kind = Self.kind(of: mask) {
            hints.add(Self.name(of: event), in: directory, kind)
        }
    }

    private static func kind(of mask: UInt32) -> ReadyRule.Event? {
        if mask & UInt32(IN_MOVED_TO) != 0 { return .renamed }
        if mask & UInt32(IN_CREATE) != 0 { return .created }
        if mask & UInt32(IN_CLOSE_WRITE) != 0 { return .closedAfterWriting }
        return mask & UInt32(IN_ATTRIB) != 0 ? .attributesChanged : nil
    }

    private static func name(of event: UnsafeMutablePointer<inotify_event>) -> DropFileName {
        guard let name = spool_inotify_event_name(event) else { return DropFileName(bytes: []) }
        return DropFileName(bytes: UnsafeBufferPointer(start: name, count: strlen(name)).map { UInt8(bitPattern: $0) })
    }

    /// Carries out what other threads asked for.
    /// - Returns: `false` when the thread is to end.
    private func obey(_ watched: inout [String: UInt64]) -> Bool {
        let commands = self.state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
        var goesOn = true
        for command in commands {
            switch command {
            case .watch(let directory, let inode, let continuation):
                continuation.resume(returning: Self.watch(directory, inode, &watched))
            case .stop: goesOn = false
            }
        }
        return goesOn
    }

    private static let mask =
        UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
        | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)

    private static func watch(
        _ directory: String, _ inode: UInt64, _ watched: inout [String: UInt64]
    ) -> Result<Void, IntakeError> {
        // Adding a watch twice would leak the library's node.
        guard watched[directory] != inode else { return .success(()) }
        guard inotifytools_watch_file(directory, Int32(bitPattern: Self.mask)) == 1 else {
            return .failure(.systemCall("inotify_add_watch", path: directory, code: inotifytools_error()))
        }
        watched[directory] = inode
        return .success(())
    }

    /// Waits for the kernel or for a command, without a timeout: the library's own are whole seconds.
    private func sleep(_ descriptor: Int32) -> Bool {
        var descriptors = [descriptor, self.interruption.descriptor].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        while poll(&descriptors, nfds_t(descriptors.count), -1) < 0 {
            // Without poll there are no events; the sweeps go on, and `watch` says that there is no more watching.
            guard errno == EINTR else { return false }
        }
        var count: eventfd_t = 0
        // Fails when it was the kernel that woke us, and then there is nothing to reset.
        _ = eventfd_read(self.interruption.descriptor, &count)
        return true
    }

    private func finish() {
        let (commands, waiting) = self.state.withLock { state in
            state.isStopped = true
            defer { (state.commands, state.waitingForStop) = ([], []) }
            return (state.commands, state.waitingForStop)
        }
        Self.isInUse.withLock { $0 = false }
        for command in commands {
            switch command {
            case .watch(let directory, _, let continuation):
                continuation.resume(returning: .failure(Self.over(directory)))
            case .stop: continue
            }
        }
        for continuation in waiting { continuation.resume() }
        self.bell.ring()
    }

    private static func over(_ directory: String) -> IntakeError {
        .systemCall("inotify", path: directory, code: ESHUTDOWN)
    }
}
