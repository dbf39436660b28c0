import Glibc

/// What can go wrong between a drop directory and the importer. Every case names the path at fault.
public enum IntakeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its `errno`.
    case systemCall(String, path: String, code: Int32)
    /// Something of this name is there already; nothing was overwritten.
    case alreadyExists(path: String)
    /// The file went away before it could be taken: its writer withdrew or replaced it.
    case vanished(path: String)
    /// A directory of the spool that a rename cannot reach from another one.
    case otherFilesystem(path: String, than: String)
    /// Something that is not a directory stands where one is needed.
    case notADirectory(path: String)
    /// Another process holds the directory's lock.
    case locked(directory: String, holder: Int32?)
    /// A name that no drop file can have.
    case unusableName(String, reason: String)
    /// libinotifytools has one instance per process, and it is in use.
    case alreadyWatching
    /// The inotify descriptor does not fit libinotifytools' use of select(2).
    case tooManyOpenFiles(descriptor: Int32)

    public var description: String {
        switch self {
        case .systemCall(let call, let path, let code):
            "\(path): \(call): \(String(cString: strerror(code)))\(Self.advice(on: code, of: call))"
        case .alreadyExists(let path): "\(path) exists already: choose another name or remove it"
        case .vanished(let path): "\(path) is no longer there"
        case .otherFilesystem(let path, let other):
            "\(path) is on another filesystem than \(other): files move between them by rename, so put both on one"
        case .notADirectory(let path): "\(path) is not a directory: move it away"
        case .locked(let directory, let holder):
            "\(directory) is in use by another spoold\(holder.map { " (process \($0))" } ?? ""): stop it first"
        case .unusableName(let name, let reason): "\(name) cannot be the name of a drop file: \(reason)"
        case .alreadyWatching: "this process watches a spool already"
        case .tooManyOpenFiles(let descriptor):
            "inotify got descriptor \(descriptor), but only those below 1024 can be used: start with fewer open files"
        }
    }

    private static func advice(on code: Int32, of call: String) -> String {
        switch code {
        case ENOSPC where call == "inotify_add_watch": ": raise the limit of watches (fs.inotify.max_user_watches)"
        case ENOSPC: ": free some space"
        case EACCES, EPERM: ": give the daemon's user the right to do this"
        case EMFILE: ": raise the limit of inotify instances (fs.inotify.max_user_instances) or of open files"
        case EROFS: ": the filesystem is mounted read-only"
        default: ""
        }
    }
}
