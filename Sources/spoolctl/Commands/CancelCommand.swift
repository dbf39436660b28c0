import ArgumentParser
import Glibc
import SpoolCore

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel messages that were not sent yet.",
        discussion: "Exits with 65 when the one message asked for is no longer pending.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("A message's queue id, or ALL.", valueName: "id"))
    var target: CancelTarget?

    @Option(help: ArgumentHelp("Cancel what is pending of this batch.", valueName: "batch"))
    var batch: PositiveNumber?

    @Flag(help: "Do not ask before ALL is cancelled.")
    var yes = false

    func validate() throws {
        guard (self.target == nil) != (self.batch == nil) else {
            throw ValidationError("name one message, --batch or ALL")
        }
    }

    func run() async throws {
        let access = try self.common.access()
        if self.target == .all, !self.yes, isatty(STDIN_FILENO) == 0 {
            throw CommandFailure.usage("cancel ALL asks first, and standard input is no terminal", "give --yes")
        }
        let daemon = try await access.daemon()
        if self.target == .all, !self.yes, try await !Self.confirms(daemon) {
            throw CommandFailure(.usage, "nothing was cancelled")
        }
        try self.report(try await access.post("/control/cancel", self.selection))
    }

    private var selection: JSONValue {
        switch (self.target, self.batch) {
        case (.message(let id), _): ["queueId": .number(id)]
        case (.all, _): ["all": true]
        case (nil, let batch): ["batchId": .number(batch?.value)]
        }
    }

    private static func confirms(_ daemon: DaemonSource) async throws(CommandFailure) -> Bool {
        StandardError.prompt("Cancel all \(try await daemon.countInQueue()) messages in the queue? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    private func report(_ answer: JSONValue) throws(CommandFailure) {
        let cancelled = answer["cancelled"]?.integer ?? 0
        let tooLate = answer["tooLate"]?.elements ?? []
        try StandardOutput.write("cancelled \(cancelled)")
        if !tooLate.isEmpty {
            try StandardOutput.write("no longer pending: \(tooLate.map(\.words).joined(separator: ", "))")
        }
        if case .message? = self.target, cancelled == 0 { throw .badData }
    }
}
