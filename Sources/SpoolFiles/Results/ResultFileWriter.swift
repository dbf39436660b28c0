public import SpoolCore

/// Writes the answers to one drop file: the original's records, each with what became of it.
///
/// Reads the original again, record by record, and merges it with the queue's rows: memory is flat in the size of the
/// file. Where the bytes go, and that they get there whole, is the sink's business.
public struct ResultFileWriter: Sendable {
    let descriptor: Int32
    let format: DropFileFormat
    let rules: ReadingRules
    let batch: BatchID
    let isDryRun: Bool
    let pieceSize: Int

    /// - Parameters:
    ///   - descriptor: The original, open for reading; stays the caller's.
    ///   - rules: Those under which the file was imported, so that records are counted alike.
    ///   - isDryRun: Adds a column `dryRun` that says so.
    ///   - pieceSize: Bytes of one read.
    public init(
        descriptor: Int32, format: DropFileFormat, rules: ReadingRules, batch: BatchID, isDryRun: Bool = false,
        pieceSize: Int = 262_144
    ) {
        self.descriptor = descriptor
        self.format = format
        self.rules = rules
        self.batch = batch
        self.isDryRun = isDryRun
        self.pieceSize = pieceSize
    }

    /// The end of the result file's name: `result.csv`, `result.json` or `result.jsonl`.
    public var resultExtension: String {
        switch self.format {
        case .csv: "result.csv"
        case .json: "result.json"
        case .jsonLines: "result.jsonl"
        }
    }

    /// Writes the result file.
    ///
    /// - Parameters:
    ///   - rows: Gives the row of every record, in record order.
    ///   - sink: Takes the file's bytes in pieces of 64 KiB and a last smaller one.
    /// - Throws: `ResultFileError` when rows and file do not match, `DropFileError` when the original cannot be read,
    ///   and whatever `rows` and `sink` throw.
    public func writeResult(
        rows: @escaping () throws -> ResultRow?, to sink: @escaping ([UInt8]) throws -> Void
    ) throws {
        var output = ResultOutput(sink)
        var merge = try ResultRowMerge(rows)
        switch self.format {
        case .csv: try self.writeCSVResult(&merge, &output)
        case .json: try self.writeJSONResult(&merge, &output)
        case .jsonLines: try self.writeJSONLinesResult(&merge, &output)
        }
        try merge.finish()
        try output.finish()
    }

    /// Writes the CSV file of the rows that failed, which can be dropped again as it is.
    ///
    /// - Parameters:
    ///   - rows: Gives rows in record order; those that did not fail may be left out.
    ///   - sink: As for `writeResult`.
    /// - Returns: The number of failed rows.
    /// - Throws: As `writeResult`.
    @discardableResult
    public func writeFailed(
        rows: @escaping () throws -> ResultRow?, to sink: @escaping ([UInt8]) throws -> Void
    ) throws -> Int {
        var output = ResultOutput(sink)
        var merge = try ResultRowMerge(rows)
        let count =
            switch self.format {
            case .csv: try self.writeFailedCSV(&merge, &output)
            case .json, .jsonLines: try self.writeFailedJSON(&merge, &output)
            }
        try merge.finish()
        try output.finish()
        return count
    }

    func window() -> FileWindow {
        FileWindow(descriptor: self.descriptor, maximumRecord: self.rules.maximumRecord, pieceSize: self.pieceSize)
    }
}
