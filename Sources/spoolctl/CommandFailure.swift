import Glibc
import SpoolConfig
import SpoolControl
import SpoolFiles
import SpoolQueue

/// Why a command ends without success: what goes to standard error, and the exit code.
struct CommandFailure: Error, Equatable {
    /// The contract's exit codes.
    enum Status: Int32 {
        case fine = 0
        case usage = 64
        case badData = 65
        case unreachable = 69
        case internalError = 70
        case tryLater = 75
        case notPermitted = 77
        case configuration = 78
        /// 128 and the number of the signal, as a shell has it.
        case hungUp = 129
        case interrupted = 130
        case terminated = 143
    }

    let status: Status
    /// One line each; none when everything has been said on standard output.
    let lines: [String]

    init(_ status: Status, _ lines: [String]) {
        self.status = status
        self.lines = lines
    }

    /// One line that says what is wrong and, where that helps, what to do.
    init(_ status: Status, _ what: String, _ advice: String? = nil) {
        self.init(status, [advice.map { "\(what); \($0)" } ?? what])
    }

    var exitCode: Int32 { self.status.rawValue }

    func report() {
        for line in self.lines { StandardError.write(line) }
    }

    /// Whoever read standard output went away (`spoolctl … | head`): nothing is wrong and nobody is left to be told.
    static let outputClosed = CommandFailure(.fine, [])

    static func usage(_ what: String, _ advice: String? = nil) -> CommandFailure {
        CommandFailure(.usage, what, advice)
    }

    /// Everything is on standard output already.
    static let badData = CommandFailure(.badData, [])
}

extension CommandFailure {
    init(_ error: ConfigurationError) {
        self.init(.configuration, error.problems.map(\.description))
    }

    init(_ error: ControlError) {
        switch error {
        case .unreachable:
            self.init(.unreachable, error.description, "start spoold, or name its configuration with --config")
        case .notPermitted:
            self.init(.notPermitted, error.description, "become a member of the socket's group, or use sudo")
        case .timedOut: self.init(.tryLater, error.description, "look with spoolctl status whether it was done")
        case .malformed: self.init(.internalError, error.description, "spoold and spoolctl must be of the same version")
        case .refused(let status, let code, _):
            switch status {
            case _ where code == "DEVICE_BUSY": self.init(.tryLater, error.description)
            case 400, 404, 409: self.init(.badData, error.description)
            case 401, 403: self.init(.notPermitted, error.description)
            case 429, 503: self.init(.tryLater, error.description)
            default: self.init(.internalError, error.description)
            }
        }
    }

    /// What the daemon says in its last line about a device that was not linked.
    init(linkingFailed code: String?, _ reason: String) {
        let status: Status =
            switch code {
            case "DEVICE_EXISTS", "INVALID_DEVICE", "INVALID_PHONE", "NO_LINKED_DEVICES": .badData
            case "DEVICE_BUSY", "LINKING_FAILED": .tryLater
            default: .internalError
            }
        self.init(status, code.map { "\(reason) (\($0))" } ?? reason)
    }

    /// - Parameter signal: One that ends a command.
    init(interruptedBy signal: Int32, _ what: String) {
        switch signal {
        case SIGHUP: self.init(.hungUp, what)
        case SIGTERM: self.init(.terminated, what)
        default: self.init(.interrupted, what)
        }
    }

    init(_ error: QueueError) {
        switch error {
        case .noDatabase: self.init(.unreachable, error.description)
        case .unknownSchema: self.init(.configuration, error.description)
        case .diskFull: self.init(.tryLater, error.description)
        case .noSuchBatch, .noSuchUser, .unexpectedState: self.init(.badData, error.description)
        // SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN with their extended codes, in whose lowest byte they are.
        case .database(let code, _) where [3, 8, 14].contains(code & 0xFF):
            self.init(.notPermitted, error.description, "use the daemon's user, or start spoold and use its socket")
        case .database(let code, _) where [5, 6].contains(code & 0xFF): self.init(.tryLater, error.description)
        case .database: self.init(.internalError, error.description)
        }
    }
}
