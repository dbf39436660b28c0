import ArgumentParser
import SpoolConfig
import SpoolCore
import SpoolFiles

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Drop a file of messages into the spool; works without the daemon.",
        discussion: """
            With --wait: exits with 0 when every message was sent, 65 when some were not or the file was refused, \
            75 when the time was over before that.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("A .csv, .json, .jsonl or .ndjson file; - for standard input.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The drop file's name, if not the file's own; needed for -.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The user whose messages they are.", valueName: "user"))
    var user: UserName = .default

    @Flag(help: "Send it even if the same bytes were sent before.")
    var force = false

    @Flag(help: "Wait until every message is sent or given up, and print the answer.")
    var wait = false

    @Option(
        help: ArgumentHelp("How long to wait at most (90s, 5m, 2h); otherwise as long as it takes.", valueName: "time"))
    var timeout: TimeSpan?

    func validate() throws {
        if self.file == "-", self.name == nil { throw ValidationError("standard input needs a --name") }
        if self.timeout != nil, !self.wait { throw ValidationError("--timeout needs --wait") }
    }

    func run() async throws {
        let access = try self.common.access()
        let layout = SpoolLayout(root: access.configuration.spool.directory)
        let source = try SourceFile(path: self.file)
        let name = self.name.map { DropFileName($0) } ?? source.name ?? DropFileName("")
        let previousBatch = self.wait ? try await Self.highestBatch(access) : 0
        let box = DropBox(layout: layout, minimumFree: access.configuration.spool.minimumFree)
        let submission = try box.drop(source, as: name, for: self.user, isForced: self.force)
        guard self.wait else {
            let answers = SpoolPath(layout.results(of: self.user), name)
            let lines = [
                "dropped: \(SpoolPath(layout.incoming(of: self.user), name))",
                "answers: \(answers).* (with ~ and the batch number in the name if there are such files already)",
            ]
            try StandardOutput.write(lines.map(TerminalText.safe))
            return
        }
        var wait = SubmissionWait(for: submission, after: previousBatch, access: access)
        try self.report(try await wait.batch(timeout: self.timeout), access)
    }

    private func report(_ batch: SubmittedBatch, _ access: QueueAccess) throws(CommandFailure) {
        let answers = AnswerFiles(batch, of: self.user, in: access.configuration)
        try StandardOutput.write(([batch.summary] + answers.lines).map(TerminalText.safe))
        if !batch.isAllSent { throw .badData }
    }

    /// 0 when there is neither daemon nor database: then the name and the inode have to do.
    /// - Throws: What would keep the wait from ever seeing an answer, before anything is dropped.
    private static func highestBatch(_ access: QueueAccess) async throws(CommandFailure) -> Int64 {
        guard let absence = try await access.absence() else {
            return try await DaemonSource(client: access.client).highestBatch()
        }
        do {
            return try await access.database(insteadOf: absence).highestBatch()
        } catch  where error.status == .unreachable {
            return 0
        }
    }
}
