import Foundation
import GRDB
import SpoolCore
import Synchronization
import Testing

@testable import SpoolQueue

/// What SQLite means to do for the statements that run all day, as `EXPLAIN QUERY PLAN` tells it.
@Suite struct QueryPlanTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    /// Runs the body and returns the plan of each statement that it executed, one line a step.
    private func plans(of body: () async throws -> Void) async throws -> [String] {
        let statements = Mutex<[String]>([])
        let access = self.test.database.access
        try await access.write { db in
            db.trace { event in statements.withLock { $0.append(event.expandedDescription) } }
        }
        try await body()
        return try await access.write { db in
            db.trace(nil)
            let verbs = ["SELECT", "UPDATE", "DELETE", "INSERT"]
            let found = statements.withLock { $0 }.filter { sql in verbs.contains { sql.hasPrefix($0) } }
            return try found.map { sql in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
                    .joined(separator: "\n")
            }
        }
    }

    /// Checks that the statements use the indexes, sort nothing and never read a large table from end to end.
    private func expect(_ indexes: [String], of body: () async throws -> Void) async throws {
        let steps = try await self.plans(of: body).flatMap { $0.split(separator: "\n").map(String.init) }
        for index in indexes {
            #expect(steps.contains { $0.contains("INDEX \(index)") }, "\(index) is in none of \(steps)")
        }
        for step in steps {
            #expect(!step.contains("TEMP B-TREE"), "\(steps)")
            let isScan = ["SCAN message", "SCAN m", "SCAN attempt"].contains(step)
            #expect(!isScan, "\(steps)")
        }
    }

    @Test func `a claim seeks a user, a line of that user and a message of that line`() async throws {
        try await self.test.add([request(1, sendAt: self.now - .seconds(1)), request(2), request(2)], as: 1)
        try await self.test.queue.recordInbound(from: "15550109999", to: .first, at: self.now, now: self.now)
        try await self.expect([
            "userTurnNext (priority=? AND owner=? AND lane>?)",
            "lineAwake (userId=? AND priority=? AND owner=? AND lane>?)",
            "lineAsleep (owner=? AND wakeAt>? AND wakeAt<?)",
            "messageHead (batchId=? AND owner=? AND lane=? AND priority=? AND notBefore>? AND notBefore<?)",
            "messageHead (batchId=? AND owner=? AND lane=? AND priority=? AND notBefore=?)",
            "messageOfNumber (number=? AND slotAt>?)",
            "messageText (number=? AND textHash=? AND firstAttemptAt>?)",
        ]) { _ = try await self.test.claim(3) }
    }

    @Test func `each verdict is carried out by point look-ups`() async throws {
        try await self.test.add((1...5).map { request($0) }, as: 1)
        let verdicts: [Verdict] = [
            .wait(until: self.now + .seconds(5), reason: "gap"),
            .hold(code: .duplicateMessage, reason: "twice", failAt: nil),
            .fail(.suppressed, error: "no"), .cancel(.suppressed, error: "no"), .change(to: .known),
        ]
        let judge = ScriptedJudge(verdicts)
        try await self.expect([]) { _ = try await self.test.judge(judge) }
        #expect(judge.seen.count >= 5)
    }

    @Test func `settling, receipts and resolving find their messages at once`() async throws {
        try await self.test.add(4)
        let claimed = try await self.test.claim(4)
        try await self.expect([]) {
            try await self.test.settle(claimed[0], .sent(at: self.now))
            try await self.test.settle(claimed[1], .returned(reason: "Lost"))
            try await self.test.settle(claimed[2], .uncertain(detail: "No answer"))
        }
        try await self.expect(["messageWire (wireId=?)"]) {
            let receipt = Receipt(wireID: claimed[0].wireID, number: "155501010000", deliveredAt: self.now)
            try await self.test.queue.recordReceipts([receipt], now: self.now)
        }
        try await self.expect(["messageProcessing (device=?)"]) {
            _ = try await self.test.queue.oldestUncertain(of: .first)
            try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: .hold, now: self.now) {
                _, _ in nil
            }
        }
        try await self.expect(["messageProcessing (device=?)"]) {
            try await self.test.queue.giveUpUncertain(of: .first, since: self.now, state: "unlinked", now: self.now)
        }
        try await self.expect(["messageProcessing"]) {
            try await self.test.queue.rescueAbandonedClaims(now: self.now)
        }
        try await self.expect(["messageProcessing", "messageWaiting (notBefore>?)"]) {
            try await self.test.queue.correctTimes(now: self.now)
        }
    }

    @Test func `the next due moment is two seeks`() async throws {
        try await self.expect(["messageWaiting (notBefore>?)", "messageExpiry (expiresAt>?)"]) {
            _ = try await self.test.queue.nextDue(after: self.now)
        }
    }

    @Test func `expiry reads only what has expired`() async throws {
        try await self.expect(["messageExpiry (expiresAt>? AND expiresAt<?)"]) {
            try await self.test.queue.expire(now: self.now)
        }
    }

    @Test func `send times are one range`() async throws {
        try await self.expect(["attemptOfDevice (device=? AND startedAt>?)"]) {
            _ = try await self.test.queue.sendTimes(of: .first, since: self.now)
        }
    }

    @Test(arguments: [
        MessageFilter(.history), MessageFilter(.history, user: .default), MessageFilter(.history, status: .failed),
        MessageFilter(.history, device: .first), MessageFilter(.history, number: "15550100001"),
        MessageFilter(.history, from: TestQueue.noon), MessageFilter(.history, until: TestQueue.noon),
    ])
    func `the history is read along its index`(filter: MessageFilter) async throws {
        for cursor in [nil, PageCursor(moment: 5, id: 7)] {
            try await self.expect(["messageFinished"]) {
                _ = try await self.test.reader.messages(filter, after: cursor, limit: 100)
            }
        }
    }

    @Test func `the queue is read along its index, however long the history is`() async throws {
        for cursor in [nil, PageCursor(moment: 0, id: 7)] {
            for filter in [
                MessageFilter(.queue), MessageFilter(.queue, user: .default), MessageFilter(.queue, ref: "a"),
            ] {
                try await self.expect(["messageOpen"]) {
                    _ = try await self.test.reader.messages(filter, after: cursor, limit: 100)
                }
            }
            try await self.expect(["messageOfBatch (batchId=?)"]) {
                let filter = MessageFilter(.queue, batch: BatchID(rawValue: 1))
                _ = try await self.test.reader.messages(filter, after: cursor, limit: 100)
            }
        }
    }

    @Test func `a period and a cursor bound the history at both ends`() async throws {
        try await self.expect(["messageFinished (finishedAt>? AND finishedAt<?)"]) {
            let filter = MessageFilter(.history, from: self.now, until: self.now)
            _ = try await self.test.reader.messages(filter, limit: 100)
        }
        try await self.expect(["messageFinished (finishedAt>? AND finishedAt<?)"]) {
            let filter = MessageFilter(.history, from: self.now)
            _ = try await self.test.reader.messages(filter, after: PageCursor(moment: 5, id: 7), limit: 100)
        }
    }

    @Test func `settled batches and their rows are read along their indexes`() async throws {
        try await self.test.add(1)
        try await self.expect(["batchUnreported"]) { _ = try await self.test.reader.settledBatches() }
        try await self.expect(["messageOfBatch (batchId=? AND record>?)"]) {
            _ = try self.test.reader.rowsOfResult(of: BatchID(rawValue: 1), failedOnly: false).next()
        }
    }

    @Test func `the end of an import looks for lost devices among pinned messages only`() async throws {
        let names = await self.test.queue.names { [.first] }
        try await self.test.queue.append(
            rows([request(2, device: .second)]), to: self.test.seed(1), names: nil, now: self.now)
        try await self.expect(["messageHead (batchId=? AND owner=?)"]) {
            try await self.test.queue.finishImport(
                rows([request(1)], after: 1), of: self.test.seed(1), names: names, isStrict: false, now: self.now)
        }
    }

    @Test func `an import and its answer look nowhere else`() async throws {
        try await self.expect(["messageOfBatch (batchId=?)", "messageHead (batchId=?)"]) { try await self.test.add(3) }
        try await self.expect(["messageOfBatch (batchId=?)"]) {
            _ = try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now)
        }
    }

    @Test func `names, digests and files are found by index`() async throws {
        let seed = self.test.seed(1)
        try await self.expect(["batchDigest (userId=? AND digest=?)"]) {
            _ = try await self.test.reader.batch(withDigest: seed.digest ?? [], of: .default, since: self.now)
        }
        try await self.expect(["batchResults (userId=? AND results=?)"]) {
            _ = try await self.test.reader.answersAreDue(seed.results, of: .default)
        }
        try await self.expect(["batchFile (userId=? AND file=?)"]) {
            _ = try await self.test.reader.batch(of: .default, file: seed.file, inode: 1)
        }
        try await self.expect(["batchUnanswered"]) { _ = try await self.test.reader.unansweredBatches() }
    }

    @Test func `statistics read only their period`() async throws {
        let plans = try await self.plans {
            _ = try await self.test.reader.statistics(
                days: [("2027-01-15", self.now)], until: self.now + .seconds(86400))
        }
        let steps = plans.flatMap { $0.split(separator: "\n") }
        #expect(steps.contains { $0.contains("messageFinished (finishedAt>? AND finishedAt<?)") }, "\(steps)")
        #expect(!steps.contains { $0 == "SCAN m" }, "\(steps)")
    }

    @Test func `attachments are found along their indexes, wherever they stand in the file`() async throws {
        try await self.test.add([request(1, media: MediaReference(source: "https://files.example/a"))], as: 1)
        let reader = self.test.reader
        try await self.expect(["batchUnreported", "mediaWanted (batchId=? AND priority>? AND priority<?)"]) {
            _ = try await reader.batchesWantingMedia(now: self.now)
        }
        try await self.expect(["mediaWanted (batchId=? AND priority=? AND fetchAt<?)"]) {
            _ = try await reader.wantedMedia(of: BatchID(rawValue: 1), now: self.now, limit: 1)
        }
        try await self.expect(["mediaWaiting (fetchAt>?)"]) { _ = try await reader.nextMediaFetch(after: self.now) }
        try await self.expect(["mediaNeeded (isRemote=?)"]) { _ = try await reader.fetchedMediaSize() }
        try await self.expect(["mediaNeeded (isRemote=?)", "messageAwaitingMedia (mediaId=?)"]) {
            _ = try await reader.untoldMedia()
        }
        try await self.expect(["messageAwaitingMedia (mediaId=?)"]) {
            _ = try await self.test.queue.tell(of: MediaID(rawValue: 1), now: self.now)
            _ = try await self.test.queue.failMedia(MediaID(rawValue: 1), Refusal(.mediaType, "No"), now: self.now)
        }
        try await self.expect(["mediaFinished", "sqlite_autoindex_media_1 (batchId=? AND source=?)"]) {
            _ = try await self.test.queue.dropFinishedMedia()
        }
        try await self.expect([]) { try await self.test.queue.markReported(BatchID(rawValue: 1), now: self.now) }
    }

    @Test func `housekeeping reads open batches only`() async throws {
        try await self.expect(["batchUnreported", "messageProcessing"]) {
            _ = try await self.test.queue.failOrphans(known: [.first], now: self.now)
            _ = try await self.test.queue.cancel(.all, now: self.now)
            _ = try await self.test.reader.countInQueue()
        }
        try await self.expect(["messageHead"]) {
            _ = try await self.test.reader.countPending(before: QueueID(rawValue: 5))
        }
    }
}
