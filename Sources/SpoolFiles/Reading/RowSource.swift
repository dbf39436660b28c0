/// The rows of one format, in file order.
protocol RowSource: Sendable {
    var batchFields: BatchFields { get }

    /// The next row, `nil` behind the last; an error ends the reading.
    mutating func next() throws(DropFileError) -> DropRow?
}
