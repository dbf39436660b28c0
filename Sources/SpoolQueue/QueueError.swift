import GRDB
public import SpoolCore

/// What can go wrong with the queue, in words an operator can act on.
public enum QueueError: Error, Equatable, CustomStringConvertible {
    /// The database was made by a newer version, or is no queue at all.
    case unknownSchema(path: String)
    /// Reading needs a database that the daemon has made.
    case noDatabase(path: String)
    /// No room on the disk; nothing of the transaction was stored.
    case diskFull
    /// SQLite refused; `detail` names the statement's fault, never message text or numbers.
    case database(code: Int32, detail: String)
    /// The message is not where the caller believes it: the settle is refused and nothing changed.
    case unexpectedState(QueueID, expected: MessageState)
    /// There is no such batch in the state the operation needs.
    case noSuchBatch(BatchID)
    /// There is no such user.
    case noSuchUser(UserName)

    public var description: String {
        switch self {
        case .unknownSchema(let path):
            "\(path): not a queue database of this version; use the version that made it or another state directory"
        case .noDatabase(let path): "\(path): no queue database there; start spoold once or name its state directory"
        case .diskFull: "the disk of the state directory is full; free some space, the daemon goes on by itself"
        case .database(let code, let detail): "queue database: SQLite error \(code): \(detail)"
        case .unexpectedState(let id, let expected): "message \(id) is not \(expected.rawValue)"
        case .noSuchBatch(let id): "no batch \(id)"
        case .noSuchUser(let name): "no user \(name)"
        }
    }

    /// The same for the opening of a file, where SQLite may find that it is no database.
    init(opening path: String, _ error: any Error) {
        if let error = error as? DatabaseError, error.resultCode == .SQLITE_NOTADB {
            self = .unknownSchema(path: path)
        } else {
            self.init(error)
        }
    }

    /// Turns whatever GRDB throws into one of these.
    init(_ error: any Error) {
        switch error {
        case let error as QueueError: self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL: self = .diskFull
        case let error as DatabaseError:
            self = .database(code: error.extendedResultCode.rawValue, detail: error.message ?? "no further detail")
        default: self = .database(code: 1, detail: String(describing: error))
        }
    }
}
