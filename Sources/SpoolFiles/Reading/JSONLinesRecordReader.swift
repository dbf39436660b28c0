import SpoolCore

/// Splits a JSON Lines file into messages, one value a line; blank lines are none.
///
/// A bad line is one bad record. Only a last line that lacks its newline and ends inside a value is the file's fault.
struct JSONLinesRecordReader: JSONRecords {
    private(set) var scanner: JSONScanner
    private(set) var record = JSONRecord()

    /// The current line with its newline, which the next call leaves behind.
    private var distance = 0

    init(_ window: FileWindow) throws(DropFileError) {
        var window = window
        _ = try window.skipByteOrderMark()
        self.scanner = JSONScanner(window)
    }

    mutating func next() throws(DropFileError) -> Bool {
        while true {
            self.scanner.window.advance(by: self.distance)
            self.distance = 0
            guard try self.scanner.window.byte(at: 0) != nil else { return false }
            let length = try self.lineLength()
            let hasNewline = length < self.scanner.window.count
            self.distance = hasNewline ? length + 1 : length
            self.scanner.limit = length
            let line = self.scanner.window.slice(0..<length)
            guard let first = line.firstIndex(where: { $0 > 0x20 }), let last = line.lastIndex(where: { $0 > 0x20 })
            else {
                continue
            }
            let range = (first - line.startIndex)..<(last - line.startIndex + 1)
            self.record = JSONRecord(
                number: self.record.number + 1, line: self.scanner.window.line, range: range,
                content: try self.content(range, hasNewline: hasNewline))
            return true
        }
    }

    private mutating func lineLength() throws(DropFileError) -> Int {
        var index = 0
        while true {
            index = self.scanner.window.firstIndex(from: index) { $0 == 0x0A }
            if index < self.scanner.window.count { break }
            guard try self.scanner.window.fill() else { break }
        }
        guard index <= self.scanner.window.maximumRecord else {
            throw .recordTooLarge(limit: self.scanner.window.maximumRecord, line: self.scanner.window.line)
        }
        return index
    }

    private mutating func content(_ range: Range<Int>, hasNewline: Bool) throws(DropFileError) -> JSONRecord.Content {
        do {
            let value = try self.scanner.record(at: range.lowerBound)
            guard JSONScanner.end(of: value) == range.upperBound else {
                return .malformed(Refusal(.validation, "The line is not JSON: more follows behind the value"))
            }
            return value.kind == .object ? .object : .other
        } catch {
            switch error {
            case .file(let error): throw error
            case .syntax(let message, _): return .malformed(Refusal(.validation, "The line is not JSON: \(message)"))
            case .end where hasNewline:
                return .malformed(
                    Refusal(.validation, "The line ends inside a JSON value: one message must be one line"))
            case .end: throw self.scanner.error(.end)
            }
        }
    }
}
