import ArgumentParser
import Glibc

/// The operator's command: asks the daemon over its control socket, and reads the queue's database without it.
@main
struct Spoolctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spoolctl",
        abstract: "Operate spoold, which sends the messages of files dropped into a spool directory.",
        discussion: """
            Exit codes: 0 fine, 64 wrong usage, 65 bad data, 69 daemon not reachable, 70 internal error, \
            75 try again later, 77 not permitted, 78 bad configuration.
            """,
        subcommands: [
            StatusCommand.self, SubmitCommand.self, CheckCommand.self, QueueCommand.self, HistoryCommand.self,
            ShowCommand.self, BatchesCommand.self, CancelCommand.self, DeviceCommand.self, KeyCommand.self,
            ConfigCommand.self,
        ])

    static func main() async {
        // A reader that goes away is seen when the next line is written, whether or not a library ignores the signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Self.failure(for: error) else { Self.exit(withError: error) }
            failure.report()
            Glibc.exit(failure.exitCode)
        }
    }

    /// What an error means for the caller; `nil` for what the parser itself prints, such as help.
    static func failure(for error: any Error) -> CommandFailure? {
        if let failure = error as? CommandFailure { return failure }
        switch Self.exitCode(for: error) {
        case .validationFailure:
            var message = Self.message(for: error).split(separator: "\n").first ?? "wrong usage"
            if message.hasSuffix(".") { message.removeLast() }
            return .usage(String(message), "see spoolctl --help")
        case .success: return nil
        default: return CommandFailure(.internalError, String(describing: error))
        }
    }
}
