/// The original file and the rows that the queue has for it do not belong together.
public enum ResultFileError: Error, Equatable, Sendable {
    /// The queue says nothing of this record of the file.
    case missingRow(record: Int)
    /// The queue speaks of a record that the file does not have, or out of order.
    case unexpectedRow(record: Int)
}

extension ResultFileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingRow(let record): "Record \(record) of the original file is not in the queue"
        case .unexpectedRow(let record): "Record \(record) of the queue is not in the original file"
        }
    }
}
