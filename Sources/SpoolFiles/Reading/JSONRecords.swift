import SpoolCore

/// One message of a JSON or JSON Lines file, before anything is asked of its fields.
struct JSONRecord: Sendable {
    enum Content: Sendable {
        /// Its members are the scanner's.
        case object
        /// A value that is no object.
        case other
        /// A line that is no JSON value.
        case malformed(Refusal)
    }

    /// From 1, as rows are counted.
    var number = 0
    /// The physical line in which it starts.
    var line = 0
    /// Its raw bytes in the scanner's window.
    var range = 0..<0
    var content = Content.other
}

/// The messages of a JSON or JSON Lines file, in order.
protocol JSONRecords: Sendable {
    /// Holds the current record's bytes and members until the next `next`.
    var scanner: JSONScanner { get }
    var record: JSONRecord { get }

    /// Moves to the next record; `false` behind the last.
    mutating func next() throws(DropFileError) -> Bool
}

extension JSONScanner {
    /// Leaves white space behind, however much there is.
    mutating func advancePastSpace() throws(JSONFault) {
        while true {
            let index = self.window.firstIndex(from: 0) { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
            self.window.advance(by: index)
            guard let first = try self.byte(at: 0), [0x20, 0x0A, 0x0D, 0x09].contains(first) else { return }
        }
    }

    /// The file's error for a fault in a value that starts where the window starts.
    func error(_ fault: JSONFault) -> DropFileError {
        switch fault {
        case .file(let error):
            return error
        case .syntax(_, let index) where index > self.window.lastReachableIndex:
            return .recordTooLarge(limit: self.window.maximumRecord, line: self.window.line)
        case .end where self.window.count > self.window.lastReachableIndex:
            return .recordTooLarge(limit: self.window.maximumRecord, line: self.window.line)
        case .end:
            let line = self.window.line
            return .cutOff("The file ends inside a JSON value (the one in line \(line))", line: line)
        case .syntax(let message, let index):
            let line = self.window.line(at: index)
            return .refused(.validation, "This is not JSON: \(message) (line \(line))", line: line)
        }
    }
}
