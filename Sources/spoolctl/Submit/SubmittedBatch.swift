import SpoolCore
import SpoolFiles

/// What became of a submitted file so far.
struct SubmittedBatch: Equatable, Sendable {
    let id: Int64
    let file: String
    let status: BatchState
    let total: Int64
    let sent: Int64
    let failed: Int64
    let cancelled: Int64
    let isDryRun: Bool
    /// What the names of its answers begin with.
    let results: ResultNames

    /// Reads a batch with `results`; `nil` when something is missing.
    init?(_ value: JSONValue) {
        guard let id = value["batchId"]?.integer, let file = value["file"]?.string,
            let status = value["status"]?.string.flatMap(BatchState.init(rawValue:)),
            let total = value["total"]?.integer, let sent = value["sent"]?.integer,
            let failed = value["failed"]?.integer, let cancelled = value["cancelled"]?.integer,
            let results = value["results"]?.string
        else { return nil }
        self.id = id
        self.file = file
        self.status = status
        self.total = total
        self.sent = sent
        self.failed = failed
        self.cancelled = cancelled
        self.isDryRun = value["dryRun"]?.isTrue ?? false
        self.results = ResultNames(base: DropFileName(printable: results))
    }

    /// Whether nothing will change any more and all answers are written, or, for a rejected file, about to be.
    var isDone: Bool {
        switch self.status {
        case .importing, .open, .held, .settled: false
        case .reported, .rejected: true
        }
    }

    var isAllSent: Bool { self.status == .reported && self.failed == 0 && self.cancelled == 0 }

    /// One line for people.
    var summary: String {
        let counts = "\(self.total) rows, \(self.sent) sent, \(self.failed) failed, \(self.cancelled) cancelled"
        return "batch \(self.id): \(self.file): \(self.status.rawValue)\(self.status == .rejected ? "" : ": \(counts)")"
            + (self.isDryRun ? " (dry run)" : "")
    }
}
