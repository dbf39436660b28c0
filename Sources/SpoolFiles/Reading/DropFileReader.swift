import SpoolCore

/// Reads the rows of a drop file, one at a time and in file order, in memory that does not grow with the file.
///
/// Every reading of the same bytes gives the same rows under the same numbers: a reader resumes by reading from the
/// start and passing over the records it has stored. An error may come behind any number of rows, and means that the
/// file as a whole is refused.
public struct DropFileReader: Sendable {
    /// What the file says about all of its rows; already applied to the rows as their defaults.
    public let batchFields: BatchFields

    private var rows: any RowSource
    private let maximumRows: Int

    /// Opens the content: dialect, header and batch fields.
    ///
    /// - Parameters:
    ///   - descriptor: Open for reading; stays the caller's, its position is neither used nor moved.
    ///   - pieceSize: Bytes of one read.
    public init(
        descriptor: Int32, format: DropFileFormat, rules: ReadingRules, pieceSize: Int = 262_144
    ) throws(DropFileError) {
        let window = FileWindow(descriptor: descriptor, maximumRecord: rules.maximumRecord, pieceSize: pieceSize)
        switch format {
        case .csv:
            self.rows = try CSVRows(window, rules: rules)
        case .json:
            let records = try JSONRecordReader(window)
            let fields = try records.envelope?.batchFields(rules: rules) ?? BatchFields()
            self.rows = JSONRows(records, batchFields: fields, rules: rules)
        case .jsonLines:
            self.rows = JSONRows(try JSONLinesRecordReader(window), batchFields: BatchFields(), rules: rules)
        }
        self.batchFields = self.rows.batchFields
        self.maximumRows = rules.maximumRows
    }

    /// The next row; `nil` behind the last one.
    public mutating func next() throws(DropFileError) -> DropRow? {
        guard let row = try self.rows.next() else { return nil }
        guard row.record <= self.maximumRows else {
            throw .refused(.tooLarge, "The file has more than \(self.maximumRows) rows", line: row.line)
        }
        return row
    }
}
