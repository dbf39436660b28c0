import CLinux
import Glibc

/// Renames that never replace anything.
enum Rename {
    /// Moves a file within one filesystem.
    /// - Throws: `alreadyExists` when the target's name is taken, `vanished` when the source is gone,
    ///   `otherFilesystem` when only copying would do.
    static func move(_ source: SpoolPath, to target: SpoolPath) throws(IntakeError) {
        let code = source.withCString { from in
            target.withCString { to in
                spool_rename_noreplace(from, to) == 0 ? 0 : errno
            }
        }
        switch code {
        case 0: return
        case EINVAL: try Self.moveAfterLooking(source, to: target)
        default: throw Self.error(code, source, target)
        }
    }

    /// For filesystems without RENAME_NOREPLACE (NFS among them). Between the look and the rename another writer
    /// could take the name, so it is only as safe as the names are unique.
    private static func moveAfterLooking(_ source: SpoolPath, to target: SpoolPath) throws(IntakeError) {
        guard try FileObservation.look(at: target) == nil else { throw .alreadyExists(path: target.description) }
        let code = source.withCString { from in
            target.withCString { to in
                rename(from, to) == 0 ? 0 : errno
            }
        }
        guard code == 0 else { throw Self.error(code, source, target) }
    }

    private static func error(_ code: Int32, _ source: SpoolPath, _ target: SpoolPath) -> IntakeError {
        switch code {
        case EEXIST: .alreadyExists(path: target.description)
        // It may as well be the target's directory that is missing.
        case ENOENT where (try? FileObservation.look(at: source)) == .some(nil): .vanished(path: source.description)
        case EXDEV: .otherFilesystem(path: source.directory, than: target.directory)
        default: .systemCall("rename to \(target.directory)", path: source.description, code: code)
        }
    }
}
