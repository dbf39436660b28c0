public import SpoolCore

/// One data record of a drop file.
public struct DropRow: Equatable, Sendable {
    /// What the record came to.
    public enum Content: Equatable, Sendable {
        case message(MessageRequest)
        case refused(Refusal)
    }

    /// The record's position among all data records, from 1, refused ones included; the same in every reading.
    public var record: Int
    /// The physical line in which the record starts, from 1.
    public var line: Int
    public var content: Content

    public init(record: Int, line: Int, content: Content) {
        self.record = record
        self.line = line
        self.content = content
    }
}
