import SpoolCore

/// Splits a CSV file into records and their cells (RFC 4180), without judging what the cells say.
///
/// LF, CRLF and CR end a record; blank lines are none. After `next` the record lies at the window's start until the
/// next call.
struct CSVRecordReader: Sendable {
    /// One cell of the current record, as indices into the window.
    struct Cell: Sendable {
        /// What the cell says, without the quotes around it.
        var content: Range<Int>
        /// Where the cell ends, its quotes included.
        var end: Int
        var hasDoubledQuotes = false
    }

    let opening: CSVOpening
    private(set) var window: FileWindow
    private(set) var cells: [Cell] = []
    /// The current record's bytes, without its line end.
    private(set) var length = 0
    /// The current record's line end; empty when the file ends without one.
    private(set) var lineEnd: [UInt8] = []
    /// Whether a cell of the current record goes on behind its closing quote.
    private(set) var isMalformed = false
    /// Records so far, the header included.
    private(set) var count = 0

    private var recordEnd = 0

    init(_ window: FileWindow) throws(DropFileError) {
        var window = window
        self.opening = try CSVOpening(&window)
        self.window = window
    }

    /// The physical line in which the current record starts.
    var line: Int { self.window.line }

    /// Moves to the next record; `false` at the end of the file.
    mutating func next() throws(DropFileError) -> Bool {
        repeat {
            self.window.advance(by: self.recordEnd)
            self.recordEnd = 0
            guard try self.window.byte(at: 0) != nil else { return false }
            try self.scanRecord()
        } while self.isBlank
        self.count += 1
        return true
    }

    /// The text of a cell of the current record, doubled quotes made single.
    func text(_ cell: Cell) -> String {
        guard cell.hasDoubledQuotes else { return self.window.text(cell.content) }
        var isSecond = false
        let bytes = self.window.slice(cell.content).filter { byte in
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            return byte != UInt8(ascii: "\"") || isSecond
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var isBlank: Bool {
        self.cells.count == 1 && self.cells[0].end == self.cells[0].content.upperBound
            && self.window.slice(self.cells[0].content).allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    /// As many as spreadsheets have columns.
    private static let maximumCells = 16384

    private mutating func scanRecord() throws(DropFileError) {
        self.cells.removeAll(keepingCapacity: true)
        self.isMalformed = false
        var index = 0
        while true {
            guard self.cells.count < Self.maximumCells else {
                throw .refused(
                    .tooLarge, "The record that starts in line \(self.line) has more than \(Self.maximumCells) cells",
                    line: self.line)
            }
            let end = try self.scanCell(from: index)
            guard try self.window.byte(at: end) == self.opening.delimiter else {
                self.length = end
                break
            }
            index = end + 1
        }
        guard self.length <= self.window.maximumRecord else {
            throw .recordTooLarge(limit: self.window.maximumRecord, line: self.line)
        }
        self.recordEnd = self.length + (try self.window.lineEndLength(at: self.length))
        if self.count == 0 { self.lineEnd = Array(self.window.slice(self.length..<self.recordEnd)) }
    }

    /// Reads one cell and gives the index of what follows it: a delimiter, a line end or the end of the file.
    private mutating func scanCell(from start: Int) throws(DropFileError) -> Int {
        guard try self.window.byte(at: start) == UInt8(ascii: "\"") else {
            let end = try self.endOfUnquoted(from: start)
            self.cells.append(Cell(content: start..<end, end: end))
            return end
        }
        var closing = start
        var hasDoubledQuotes = false
        while true {
            closing = try self.closingQuote(from: closing + 1)
            guard try self.window.byte(at: closing + 1) == UInt8(ascii: "\"") else { break }
            hasDoubledQuotes = true
            closing += 1
        }
        let end = try self.endOfUnquoted(from: closing + 1)
        if end > closing + 1 { self.isMalformed = true }
        self.cells.append(Cell(content: (start + 1)..<closing, end: end, hasDoubledQuotes: hasDoubledQuotes))
        return end
    }

    private mutating func endOfUnquoted(from start: Int) throws(DropFileError) -> Int {
        let delimiter = self.opening.delimiter
        var index = start
        while true {
            index = self.window.firstIndex(from: index) { $0 == delimiter || $0 == 0x0A || $0 == 0x0D }
            if index < self.window.count { return index }
            guard try self.window.fill() else { return index }
        }
    }

    private mutating func closingQuote(from start: Int) throws(DropFileError) -> Int {
        var index = start
        while true {
            index = self.window.firstIndex(from: index) { $0 == UInt8(ascii: "\"") }
            if index < self.window.count { return index }
            guard try self.window.fill() else {
                guard index <= self.window.maximumRecord else {
                    throw .recordTooLarge(limit: self.window.maximumRecord, line: self.line)
                }
                throw .cutOff(
                    "The file ends inside a quoted cell of the record that starts in line \(self.line): "
                        + "is a closing quote missing?", line: self.line)
            }
        }
    }
}
