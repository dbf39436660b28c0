public import Foundation
import Glibc
public import SpoolCore

/// Moves drop files from `incoming` through `importing` to `accepted` or `rejected`.
///
/// Every move is one rename that replaces nothing, and survives a crash when the method returns. The name in
/// `importing` says whose file it is and which batch, so a start can go on where a killed daemon stopped.
public struct DropFileTaking: Sendable {
    private let layout: SpoolLayout
    private let timeZone: TimeZone

    /// - Parameter timeZone: In which the days of `accepted` begin.
    public init(layout: SpoolLayout, timeZone: TimeZone) {
        self.layout = layout
        self.timeZone = timeZone
    }

    /// Takes a file.
    /// - Throws: `IntakeError.vanished` when its writer withdrew it; nothing was taken then. After any other error the
    ///   file is where it was, or among the `leftovers` when it could not be synced or opened.
    public func take(_ file: ReadyFile, batch: BatchID) throws(IntakeError) -> TakenFile {
        let taken = TakenName(batch: batch, user: file.user, dropped: file.name)
        let path = SpoolPath(self.layout.importing, taken.onDisk)
        try self.move(file.path, to: path)
        return try self.open(taken, path)
    }

    /// What earlier runs left in `importing`.
    public func leftovers() throws(IntakeError) -> Leftovers {
        var leftovers = Leftovers()
        for name in try Directory.names(in: self.layout.importing) where name.bytes.first != UInt8(ascii: ".") {
            let path = SpoolPath(self.layout.importing, name)
            if let taken = TakenName(onDisk: name) {
                leftovers.files.append(LeftoverFile(batch: taken.batch, user: taken.user, name: taken.name, path: path))
            } else {
                leftovers.strangers.append(path)
            }
        }
        leftovers.files.sort { $0.batch < $1.batch }
        return leftovers
    }

    /// Opens a file that an earlier run took.
    public func resume(_ leftover: LeftoverFile) throws(IntakeError) -> TakenFile {
        guard let taken = TakenName(onDisk: leftover.path.name) else {
            throw .unusableName(leftover.path.name.description, reason: "it has no batch number")
        }
        return try self.open(taken, leftover.path)
    }

    /// Gives a cut-off file back to its writer, who may be about to append to it. Tell the watcher first
    /// (`DropWatcher.waitForMore`), or it takes this for a finished file.
    /// - Throws: `IntakeError.alreadyExists` when the name was used again meanwhile; the file stays taken then.
    public func putBack(_ file: TakenFile) throws(IntakeError) {
        try self.move(file.path, to: SpoolPath(self.layout.incoming(of: file.user), file.name))
    }

    /// Files the original of an imported batch under its day.
    /// - Returns: Where it lies now.
    @discardableResult
    public func accept(_ file: TakenFile, on date: Date) throws(IntakeError) -> SpoolPath {
        let directory = self.layout.accepted(on: date, in: self.timeZone)
        if try Directory.make(directory, mode: 0o750) { try Directory.synchronize(self.layout.accepted) }
        return try self.archive(file.path, file.batch, file.name, in: directory)
    }

    /// Files the original of a batch of which nothing was imported.
    /// - Returns: Where it lies now.
    @discardableResult
    public func reject(_ file: TakenFile) throws(IntakeError) -> SpoolPath {
        try self.archive(file.path, file.batch, file.name, in: self.layout.rejected)
    }

    /// Moves what was refused unread out of the drop directory.
    /// - Returns: Where it lies now.
    @discardableResult
    public func reject(_ file: RefusedFile, batch: BatchID) throws(IntakeError) -> SpoolPath {
        try self.archive(file.path, batch, file.name, in: self.layout.rejected)
    }

    /// Moves what the daemon may not read out of the drop directory.
    /// - Returns: Where it lies now.
    @discardableResult
    public func reject(_ file: UnreadableFile, batch: BatchID) throws(IntakeError) -> SpoolPath {
        try self.archive(file.path, batch, file.name, in: self.layout.rejected)
    }

    private func move(_ source: SpoolPath, to target: SpoolPath) throws(IntakeError) {
        try Rename.move(source, to: target)
        try Directory.synchronize(target.directory)
        try Directory.synchronize(source.directory)
    }

    private func open(_ taken: TakenName, _ path: SpoolPath) throws(IntakeError) -> TakenFile {
        TakenFile(
            batch: taken.batch, user: taken.user, name: taken.name, path: path, content: try self.content(taken, path))
    }

    /// What was ready a moment ago may be something else by now: everything is looked at again, on the open file.
    private func content(_ taken: TakenName, _ path: SpoolPath) throws(IntakeError) -> TakenFile.Content {
        if taken.isCut {
            return .refused(
                Refusal(.validation, "The file's name is too long: use at most \(taken.name.bytes.count) bytes"))
        }
        let file: OpenFile
        do {
            file = try OpenFile.open(path, O_RDONLY)
        } catch .systemCall(let call, let text, let code) {
            switch code {
            case ELOOP, ENXIO: return .refused(Self.notRegular)
            case EACCES, EPERM:
                return .refused(Refusal(.unreadable, "The daemon may not read it: give its user the right to"))
            case ENOENT: throw .vanished(path: text)
            default: throw .systemCall(call, path: text, code: code)
            }
        }
        let seen = try file.observe()
        guard seen.kind == .regular else { return .refused(Self.notRegular) }
        guard seen.linkCount == 1 else { return .refused(ReadyRule.hardLinkRefusal(seen.linkCount)) }
        return .readable(file, seen.identity)
    }

    private static let notRegular = Refusal(
        .unreadable, "It is not a regular file: links, FIFOs and devices are not read")

    /// Names in the archives start with the batch number, which is unique; a second file of it only comes from a
    /// restored backup of the queue, and is kept beside the first.
    private func archive(
        _ source: SpoolPath, _ batch: BatchID, _ name: DropFileName, in directory: String
    ) throws(IntakeError) -> SpoolPath {
        let name = name.cut(to: TakenName.longest)
        var copy = 1
        while true {
            let start = copy == 1 ? "\(batch)~" : "\(batch)~\(copy)~"
            let target = SpoolPath(directory, DropFileName(bytes: Array(start.utf8) + name.bytes))
            do throws(IntakeError) {
                try self.move(source, to: target)
                return target
            } catch .alreadyExists(let path) {
                guard copy < 1000 else { throw .alreadyExists(path: path) }
                copy += 1
            }
        }
    }
}
