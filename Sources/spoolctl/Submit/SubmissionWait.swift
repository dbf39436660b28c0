import SpoolControl
import SpoolCore
import SpoolFiles

/// Looks for the batch of a submitted file until all is said about it.
///
/// Asks the daemon each time, and the database while the daemon is away: a restart does not end the wait.
struct SubmissionWait {
    let submission: Submission
    /// The latest batch before the submission; an older one with the same name and inode is another file's.
    let previousBatch: Int64

    private let access: QueueAccess
    private let clock: any Clock<Duration>
    private var database: DatabaseSource?
    private var hasSaidAbsent = false

    static let interval = Duration.milliseconds(200)

    init(
        for submission: Submission, after previousBatch: Int64, access: QueueAccess,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.submission = submission
        self.previousBatch = previousBatch
        self.access = access
        self.clock = clock
    }

    /// - Parameter timeout: `nil` waits as long as it takes.
    /// - Throws: 75 when the time is over.
    mutating func batch(timeout: TimeSpan?) async throws(CommandFailure) -> SubmittedBatch {
        var waited = Duration.zero
        var latest: SubmittedBatch?
        while true {
            latest = try await self.look() ?? latest
            if let latest, latest.isDone, latest.status != .rejected || self.hasAnswer(latest) { return latest }
            if let timeout, waited >= timeout.duration { throw Self.timedOut(timeout, latest, self.submission) }
            do {
                try await self.clock.sleep(for: Self.interval)
            } catch {
                throw CommandFailure(.tryLater, "the wait was cancelled")
            }
            waited += Self.interval
        }
    }

    private mutating func look() async throws(CommandFailure) -> SubmittedBatch? {
        let source: any QueueSource
        if let absence = try await self.access.absence() {
            if !self.hasSaidAbsent { StandardError.write("\(absence); waiting for the daemon") }
            self.hasSaidAbsent = true
            guard let database = try self.openDatabase(insteadOf: absence) else { return nil }
            source = database
        } else {
            source = DaemonSource(client: self.access.client)
        }
        guard let value = try await source.submission(self.submission), let batch = SubmittedBatch(value),
            batch.id > self.previousBatch
        else { return nil }
        return batch
    }

    /// - Returns: `nil` while there is no database: the daemon has never run.
    private mutating func openDatabase(insteadOf absence: ControlError) throws(CommandFailure) -> DatabaseSource? {
        if self.database == nil {
            do {
                self.database = try self.access.database(insteadOf: absence)
            } catch  where error.status == .unreachable {
                return nil
            }
        }
        return self.database
    }

    /// The answer to a rejected file is written after the rejection is stored.
    private func hasAnswer(_ batch: SubmittedBatch) -> Bool {
        let answers = AnswerFiles(batch, of: self.submission.user, in: self.access.configuration)
        return answers.exists(.err) || !answers.canLook
    }

    private static func timedOut(
        _ timeout: TimeSpan, _ batch: SubmittedBatch?, _ submission: Submission
    ) -> CommandFailure {
        let state = batch?.summary ?? "\(submission.name) is not taken yet"
        return CommandFailure(
            .tryLater, "no result within \(timeout): \(state)",
            "it goes on without this command; spoolctl status tells what it waits for")
    }
}
