import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolScheduler

/// Writes what a client reads first: `.accepted.json`, or `.rejected.json` and its marker.
struct AnswerWriter: Sendable {
    let layout: SpoolLayout
    let reader: QueueReader
    let board: DeviceBoard
    let wallClock: any WallClock

    /// Writes the answer files of an imported or rejected batch; those that are there already stay as they are, so it
    /// can be called again after a crash.
    func write(for batch: BatchID) async throws {
        guard let answer = try await self.reader.importAnswer(for: batch) else { throw QueueError.noSuchBatch(batch) }
        let names = ResultNames(base: DropFileName(printable: answer.batch.results))
        let directory = self.layout.results(of: answer.batch.user)
        if let rejection = answer.rejection {
            let bytes = Array((Self.rejected(answer, rejection).text + "\n").utf8)
            try Self.publish(bytes, to: SpoolPath(directory, names.name(of: .rejected)))
            try Self.publish([], to: SpoolPath(directory, names.name(of: .err)))
        } else {
            let bytes = Array((try await self.accepted(answer).text + "\n").utf8)
            try Self.publish(bytes, to: SpoolPath(directory, names.name(of: .accepted)))
        }
    }

    /// Only this batch uses these names, so a file that is there was written by an earlier try.
    static func publish(_ bytes: [UInt8], to path: SpoolPath) throws(IntakeError) {
        do throws(IntakeError) {
            try AtomicFile.write(bytes, to: path)
        } catch .alreadyExists {
            return
        }
    }

    private func accepted(_ answer: ImportAnswer) async throws -> JSONValue {
        let now = self.wallClock.now
        let estimate = await self.board.estimate
        let batch = answer.batch
        let queued = batch.total - batch.refused
        let inQueue = try await self.reader.countInQueue()
        if batch.total == 1, let id = answer.firstQueueID {
            let phrase = estimate.phrase(ahead: max(0, inQueue - 1), now: now)
            return Self.head("Message queued successfully", batch).adding(
                [
                    .init("queueId", .number(id.rawValue)), .init("status", "pending"),
                    .init("estimatedDelivery", .text(phrase)),
                ] + Self.dryRun(batch))
        }
        var members: [JSONValue.Member] = [
            .init("queued", .number(queued)), .init("failed", .number(batch.refused)),
        ]
        if let ids = answer.queueIDs { members.append(.init("queueIds", .array(ids.map { .integer($0.rawValue) }))) }
        members += [
            .init("firstQueueId", .number(answer.firstQueueID?.rawValue)),
            .init("lastQueueId", .number(answer.lastQueueID?.rawValue)),
            .init("estimatedCompletion", .moment(estimate.completion(of: inQueue, now: now))),
            .init("errors", Self.errors(answer)),
        ]
        return Self.head("Bulk messages queued", batch).adding(members + Self.dryRun(batch))
    }

    private static func rejected(_ answer: ImportAnswer, _ rejection: BatchRejection) -> JSONValue {
        let batch = answer.batch
        let fields: JSONValue = [
            "success": false, "error": .string(rejection.refusal.message),
            "code": .string(rejection.refusal.code.rawValue),
            "file": .string(batch.file), "results": .string(batch.results), "batchId": .number(batch.id.rawValue),
            "line": .number(rejection.line), "field": .text(rejection.refusal.field), "errors": Self.errors(answer),
        ]
        return fields.adding(Self.dryRun(batch))
    }

    private static func head(_ message: String, _ batch: BatchView) -> JSONValue {
        [
            "success": true, "message": .string(message), "file": .string(batch.file),
            "results": .string(batch.results),
            "batchId": .number(batch.id.rawValue),
        ]
    }

    private static func dryRun(_ batch: BatchView) -> [JSONValue.Member] {
        batch.isDryRun ? [.init("dryRun", true)] : []
    }

    private static func errors(_ answer: ImportAnswer) -> JSONValue {
        .array(
            answer.refusals.map { row in
                [
                    "line": .number(row.line), "success": false, "error": .string(row.refusal.message),
                    "code": .string(row.refusal.code.rawValue), "field": .text(row.refusal.field),
                ]
            })
    }
}
