import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue

/// Reads one taken file into the queue: inspected, told apart from duplicates, stored in chunks, sendable at the end.
struct Importer: Sendable {
    /// What a file came to.
    enum Verdict: Equatable, Sendable {
        /// Its messages are sendable.
        case imported
        /// Nothing of it was taken; the queue says why.
        case rejected
        /// It ends too early and its writer may be about to append.
        case mayStillGrow
        /// It was written to while it was read.
        case changed
    }

    let queue: MessageQueue
    let reader: QueueReader
    let rules: ReadingRules
    /// `nil`: the same file is taken any number of times.
    let duplicateWindow: Duration?
    /// The devices that rows may name.
    let devices: @Sendable () async -> Set<DeviceID>
    let media: MediaAdmission
    let wallClock: any WallClock

    /// A chunk is one commit: large enough that commits cost little, small enough for claims in between and flat memory.
    var chunkRows = 5_000
    var chunkBytes = 2 << 20

    /// Imports the file; can be called again for the same batch after a crash at any point.
    ///
    /// - Throws: `QueueError` and `IntakeError` when this machine is at fault; the file stays taken and is tried again.
    ///   `CancellationError` between two chunks when the task is cancelled.
    func run(_ taken: TakenFile, _ seed: BatchSeed, mayStillGrow: Bool) async throws -> Verdict {
        let verdict = try await self.verdict(on: taken, seed, mayStillGrow: mayStillGrow)
        if verdict != .imported { await self.media.forget(taken.batch) }
        return verdict
    }

    private func verdict(on taken: TakenFile, _ seed: BatchSeed, mayStillGrow: Bool) async throws -> Verdict {
        switch taken.content {
        case .refused(let refusal): return try await self.reject(seed, BatchRejection(refusal))
        case .readable(let file, let identity):
            guard let format = DropFileFormat(name: taken.name) else {
                return try await self.reject(seed, BatchRejection(Self.unknownFormat))
            }
            do {
                return try await self.read(file, identity, format, taken, seed)
            } catch let error as DropFileError {
                guard !(mayStillGrow && error.isIncomplete) else { return .mayStillGrow }
                return try await self.reject(seed, BatchRejection(error.refusal, line: error.line))
            }
        }
    }

    private static let unknownFormat = Refusal(
        .unsupportedFormat, "The file's name must end in .csv, .json, .jsonl or .ndjson")

    private func reject(_ seed: BatchSeed, _ rejection: BatchRejection) async throws(QueueError) -> Verdict {
        try await self.queue.reject(seed, rejection, now: self.wallClock.now)
        return .rejected
    }

    private func read(
        _ file: OpenFile, _ identity: FileIdentity, _ format: DropFileFormat, _ taken: TakenFile, _ seed: BatchSeed
    ) async throws -> Verdict {
        var seed = seed
        let inspection = try FileInspection(descriptor: file.descriptor, maximumFile: self.rules.maximumFile)
        seed.digest = inspection.digest
        seed.format = format.rawValue
        var rows = try DropFileReader(descriptor: file.descriptor, format: format, rules: self.rules)
        seed.name = rows.batchFields.name
        let window = rows.batchFields.isForced ? nil : self.duplicateWindow
        if let rejection = try await self.duplicateRejection(of: seed, within: window) {
            return try await self.reject(seed, rejection)
        }
        let stored = try await self.resume(seed)
        let names = await self.queue.names(of: self.devices)
        var chunk = Chunk(
            devices: names.known, skipping: stored, mostRows: self.chunkRows, mostBytes: self.chunkBytes)
        var memory = MediaAdmission.Memory()
        while let row = try rows.next() {
            chunk.add(row)
            guard chunk.isFull else { continue }
            try Task.checkCancellation()
            let admitted = try await self.admitted(&chunk, seed, &memory)
            try await self.queue.append(admitted, to: seed, names: names, now: self.wallClock.now)
        }
        if try taken.hasChanged(since: identity) { return .changed }
        // The same bytes may have been accepted under another name while this file was read.
        if let rejection = try await self.duplicateRejection(of: seed, within: window) {
            return try await self.reject(seed, rejection)
        }
        let admitted = try await self.admitted(&chunk, seed, &memory)
        let rejection = try await self.queue.finishImport(
            admitted, of: seed, names: names, isStrict: rows.batchFields.isStrict, now: self.wallClock.now)
        return rejection == nil ? .imported : .rejected
    }

    /// The chunk's rows, those with attachments after a look at these.
    private func admitted(
        _ chunk: inout Chunk, _ seed: BatchSeed, _ memory: inout MediaAdmission.Memory
    ) async throws -> [ImportRow] {
        let hasMedia = chunk.hasMedia
        var rows = chunk.take()
        if hasMedia { try await self.media.admit(&rows, of: seed.id, user: seed.user, &memory) }
        return rows
    }

    private func duplicateRejection(
        of seed: BatchSeed, within window: Duration?
    ) async throws(QueueError) -> BatchRejection? {
        guard let window, let digest = seed.digest else { return nil }
        let since = self.wallClock.now.addingTimeInterval(-window.seconds)
        guard let first = try await self.reader.batch(withDigest: digest, of: seed.user, since: since) else {
            return nil
        }
        return BatchRejection(
            Refusal(
                .duplicateFile,
                "The same file was accepted as batch \(first); write force: true into it to send it again"))
    }

    /// How many records an earlier run stored of these very bytes; what it stored of other bytes is taken back.
    private func resume(_ seed: BatchSeed) async throws(QueueError) -> Int {
        guard let progress = try await self.reader.importProgress(of: seed.id) else { return 0 }
        guard progress.digest == nil || progress.digest == seed.digest else {
            try await self.queue.discardImport(of: seed.id)
            await self.media.forget(seed.id)
            return 0
        }
        return progress.records
    }
}

/// The rows that go into the queue with the next commit.
private struct Chunk {
    private let devices: Set<DeviceID>
    private let skipped: Int
    private let mostRows: Int
    private let mostBytes: Int
    private var rows: [ImportRow] = []
    private var bytes = 0
    private(set) var hasMedia = false

    init(devices: Set<DeviceID>, skipping: Int, mostRows: Int, mostBytes: Int) {
        self.devices = devices
        self.skipped = skipping
        self.mostRows = mostRows
        self.mostBytes = mostBytes
    }

    var isFull: Bool { self.rows.count >= self.mostRows || self.bytes >= self.mostBytes }

    mutating func add(_ row: DropRow) {
        guard row.record > self.skipped else { return }
        switch row.content {
        case .message(let request):
            self.bytes += request.text.utf8.count
            if let media = request.media {
                self.hasMedia = true
                self.bytes += media.source.utf8.count + (media.fileName?.utf8.count ?? 0)
            }
            self.rows.append(ImportRow(record: row.record, line: row.line, content: self.checked(request)))
        case .refused(let refusal):
            self.rows.append(ImportRow(record: row.record, line: row.line, content: .failure(refusal)))
        }
    }

    mutating func take() -> [ImportRow] {
        defer {
            self.rows.removeAll(keepingCapacity: true)
            self.bytes = 0
            self.hasMedia = false
        }
        return self.rows
    }

    private func checked(_ request: MessageRequest) -> Result<MessageRequest, Refusal> {
        guard let device = request.device, !self.devices.contains(device) else { return .success(request) }
        let known = self.devices.map(\.rawValue).sorted().prefix(10).joined(separator: ", ")
        return .failure(
            Refusal(.unknownDevice, "There is no device of this name; there are: \(known)", field: "sessionId"))
    }
}
