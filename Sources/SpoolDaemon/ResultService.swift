import Foundation
import Glibc
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolQueue

/// The end of the line: when every message of a batch is final, its result files, the marker last.
struct ResultService: Service {
    let queue: MessageQueue
    let reader: QueueReader
    let layout: SpoolLayout
    let rules: ReadingRules
    let media: MediaStore
    /// How long after the last message became final first receipts are waited for.
    let grace: Duration
    let wakeUps: WakeUps
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    /// How long a batch whose files could not be written is left alone, in seconds.
    private static let pause = 30.0

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var retries: [BatchID: Date] = [:]
            while !Task.isCancelled {
                let next = await self.turn(&retries)
                await self.wakeUps.results.wait(until: next, now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    /// - Parameter retries: When batches whose files could not be written are tried again.
    /// - Returns: When the next batch is due, if one waits.
    private func turn(_ retries: inout [BatchID: Date]) async -> Date? {
        var next: Date?
        do {
            for settled in try await self.reader.settledBatches() {
                guard !Task.isCancelled else { return nil }
                let settledAt = settled.batch.settledAt ?? self.wallClock.now
                var due = retries[settled.batch.id] ?? settledAt.addingTimeInterval(self.grace.seconds)
                if self.isDue(due) {
                    let retry = await self.report(settled)
                    retries[settled.batch.id] = retry
                    guard let retry else { continue }
                    due = retry
                }
                next = min(next ?? due, due)
            }
        } catch {
            guard !Task.isCancelled else { return nil }
            self.logger.error("results have to wait: \(error)")
            return self.wallClock.now.addingTimeInterval(5)
        }
        return next
    }

    /// Further ahead than anything is put off lies only what was stored by a clock that was ahead.
    private func isDue(_ moment: Date) -> Bool {
        let left = moment.timeIntervalSince(self.wallClock.now)
        return left <= 0 || left > max(Self.pause, self.grace.seconds)
    }

    /// - Returns: When to try again, if it failed.
    private func report(_ settled: UnreportedBatch) async -> Date? {
        do {
            try self.write(settled)
            try await self.queue.markReported(settled.batch.id, now: self.wallClock.now)
            await self.removeMedia(of: settled.batch.id)
            self.logger.info(
                "reported: \(settled.batch.sent) of \(settled.batch.total) sent",
                metadata: ["batch.id": "\(settled.batch.id)"])
            return nil
        } catch {
            guard !Task.isCancelled else { return nil }
            self.logger.error(
                "results cannot be written, trying again: \(error)", metadata: ["batch.id": "\(settled.batch.id)"])
            return self.wallClock.now.addingTimeInterval(Self.pause)
        }
    }

    private func removeMedia(of batch: BatchID) async {
        do {
            try await self.media.remove(batch)
        } catch {
            self.logger.warning(
                "its attachments cannot be removed before the next start: \(error)", metadata: ["batch.id": "\(batch)"])
        }
    }

    /// Files that an earlier try has published stay as they are: a batch does not change once it is settled.
    private func write(_ settled: UnreportedBatch) throws {
        guard let format = DropFileFormat(rawValue: settled.format) else {
            throw QueueError.noSuchBatch(settled.batch.id)
        }
        let original = try self.open(settled.original)
        let batch = settled.batch
        let names = ResultNames(base: DropFileName(printable: batch.results))
        let directory = self.layout.results(of: batch.user)
        let writer = ResultFileWriter(
            descriptor: original.descriptor, format: format, rules: self.rules, batch: batch.id,
            isDryRun: batch.isDryRun)
        let answer: ResultNames.Answer =
            switch format {
            case .csv: .resultCSV
            case .json: .resultJSON
            case .jsonLines: .resultJSONLines
            }
        try self.publish(SpoolPath(directory, names.name(of: answer))) { file in
            let rows = self.reader.rowsOfResult(of: batch.id, failedOnly: false)
            try writer.writeResult(rows: rows.next, to: { try Self.append($0, to: file) })
        }
        if batch.failed > 0 {
            try self.publish(SpoolPath(directory, names.name(of: .failed))) { file in
                let rows = self.reader.rowsOfResult(of: batch.id, failedOnly: true)
                try writer.writeFailed(rows: rows.next, to: { try Self.append($0, to: file) })
            }
        }
        let marker: ResultNames.Answer = batch.sent == batch.total ? .ok : batch.sent > 0 ? .some : .err
        try AnswerWriter.publish([], to: SpoolPath(directory, names.name(of: marker)))
    }

    /// A shutdown does not wait for the end of a large file; the next start writes it anew.
    private static func append(_ bytes: [UInt8], to file: AtomicFile) throws {
        try Task.checkCancellation()
        try file.append(bytes)
    }

    private func publish(_ path: SpoolPath, _ write: (AtomicFile) throws -> Void) throws {
        let file = try AtomicFile(path)
        try write(file)
        do throws(IntakeError) {
            try file.finish()
        } catch .alreadyExists {
            return
        }
    }

    private func open(_ original: String) throws -> OpenFile {
        let bytes = Array(self.layout.root.utf8) + [UInt8(ascii: "/")] + DropFileName(printable: original).bytes
        let descriptor = (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { Glibc.open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) } ?? -1
            }
        }
        guard descriptor >= 0 else { throw IntakeError.systemCall("open", path: original, code: errno) }
        return OpenFile(owning: descriptor)
    }
}
