import Glibc
import SpoolConfig
import SpoolCore
import SpoolFiles

/// Where drop files go in; needs no daemon.
struct DropBox {
    let layout: SpoolLayout
    /// Below this much free space the daemon takes no file; `nil` for no such floor.
    let minimumFree: ByteCount?

    private static let pieceSize = 262_144

    /// Drops a file, so that it appears complete and survives a crash.
    /// - Parameter isForced: Writes `force: true` into it.
    func drop(
        _ source: SourceFile, as name: DropFileName, for user: UserName, isForced: Bool
    ) throws(CommandFailure) -> Submission {
        guard let format = DropFileFormat(name: name) else {
            throw CommandFailure(
                .badData, "\(name) is no drop file's name", "it must end in .csv, .json, .jsonl or .ndjson")
        }
        try self.checkFreeSpace(for: user)
        do {
            let target = try DropSubmission(layout: self.layout).begin(as: name, for: user)
            if isForced { try target.append(try ForceInsertion.rewritten(source, format)) }
            while true {
                let piece = try source.read(upTo: Self.pieceSize)
                if piece.isEmpty { break }
                try target.append(piece)
            }
            return Submission(user: user, name: name, inode: try target.finish().inode)
        } catch let error as IntakeError {
            throw self.failure(error, name, user)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.internalError, String(describing: error))
        }
    }

    private func checkFreeSpace(for user: UserName) throws(CommandFailure) {
        guard let minimumFree = self.minimumFree else { return }
        let directory = self.layout.incoming(of: user)
        let free: UInt64
        do {
            free = try FreeSpace.available(at: directory)
        } catch {
            throw self.failure(error, DropFileName(""), user)
        }
        guard free >= UInt64(clamping: minimumFree.bytes) else {
            throw CommandFailure(
                .tryLater, "\(directory) has \(free) bytes of free space, less than spool.minimumFree (\(minimumFree))",
                "free some space; the daemon takes no files until then")
        }
    }

    private func failure(_ error: IntakeError, _ name: DropFileName, _ user: UserName) -> CommandFailure {
        let directory = self.layout.incoming(of: user)
        switch error {
        case .alreadyExists:
            return CommandFailure(
                .tryLater, "a file named \(name) waits in \(directory) to be taken",
                "try again when it is gone, or give another --name")
        case .unusableName: return CommandFailure(.badData, error.description)
        case .systemCall(_, _, ENOENT) where user != .default:
            return CommandFailure(
                .badData, "there is no drop directory \(directory)", "is \(user) a user of this spool?")
        case .systemCall(_, _, ENOENT):
            return CommandFailure(
                .configuration, "there is no drop directory \(directory)",
                "start spoold once, or name its configuration with --config")
        case .systemCall(_, _, EACCES), .systemCall(_, _, EPERM):
            return CommandFailure(
                .notPermitted, "not permitted to drop files into \(directory)", "become a member of its group")
        case .systemCall(_, _, ENOSPC), .systemCall(_, _, EDQUOT): return CommandFailure(.tryLater, error.description)
        case .systemCall, .vanished, .otherFilesystem, .notADirectory, .locked, .alreadyWatching, .tooManyOpenFiles:
            return CommandFailure(.internalError, error.description)
        }
    }
}
