import SpoolConfig
import SpoolCore
import SpoolQueue
import SpoolTestSupport
import Testing

@testable import spoolctl

struct SubmissionWaitTests {
    private func access(_ fixture: CommandFixture) -> QueueAccess {
        var configuration = DaemonConfiguration()
        configuration.spool.directory = fixture.spool.spool
        configuration.state.directory = fixture.spool.state
        return QueueAccess(configuration: configuration)
    }

    private let submission = Submission(user: .default, name: DropFileName("a.csv"), inode: 9)

    @Test func `the batch of an earlier file with the same name and inode is not taken for this one's`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(4, rows: 1, file: "a.csv", inode: 9)
        try await queue.settleAll()
        try await queue.markReported(BatchID(rawValue: 4), now: CommandFixture.now)
        var earlier = SubmissionWait(for: self.submission, after: 3, access: self.access(fixture))
        let batch = try await earlier.batch(timeout: TimeSpan(argument: "0"))
        #expect(batch.id == 4)
        #expect(batch.isAllSent)
        var later = SubmissionWait(for: self.submission, after: 4, access: self.access(fixture))
        await #expect(throws: CommandFailure.self) { try await later.batch(timeout: TimeSpan(argument: "0")) }
    }

    @Test func `looking goes on until the time is over, which says how far the batch is`() async throws {
        let fixture = try CommandFixture()
        try await MessageQueue(try fixture.makeQueue()).importBatch(4, rows: 3, file: "a.csv", inode: 9)
        let clock = TestClock()
        var wait = SubmissionWait(for: self.submission, after: 0, access: self.access(fixture), clock: clock)
        async let looks: Void = {
            for _ in 0..<5 {
                await clock.sleepers(atLeast: 1)
                clock.advance(by: SubmissionWait.interval)
            }
        }()
        let failure = await #expect(throws: CommandFailure.self) {
            try await wait.batch(timeout: TimeSpan(argument: "1s"))
        }
        await looks
        #expect(failure?.status == .tryLater)
        #expect(
            failure?.lines == [
                "no result within 1s: batch 4: a.csv: open: 3 rows, 0 sent, 0 failed, 0 cancelled; "
                    + "it goes on without this command; spoolctl status tells what it waits for"
            ])
    }
}
