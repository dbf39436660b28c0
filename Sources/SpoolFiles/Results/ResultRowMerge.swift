import SpoolCore

/// Pairs the records of a file with the queue's rows, both in record order.
struct ResultRowMerge {
    private let source: () throws -> ResultRow?
    private var pending: ResultRow?
    private var last = 0

    init(_ source: @escaping () throws -> ResultRow?) throws {
        self.source = source
        try self.pull()
    }

    /// The row of this record, or `nil` when the queue passes it over.
    mutating func row(of record: Int) throws -> ResultRow? {
        guard let row = self.pending, row.record <= record else { return nil }
        guard row.record == record else { throw ResultFileError.unexpectedRow(record: row.record) }
        try self.pull()
        return row
    }

    /// Checks that no row is left over.
    func finish() throws {
        if let row = self.pending { throw ResultFileError.unexpectedRow(record: row.record) }
    }

    private mutating func pull() throws {
        self.pending = try self.source()
        guard let row = self.pending else { return }
        guard row.record > self.last else { throw ResultFileError.unexpectedRow(record: row.record) }
        self.last = row.record
    }
}
