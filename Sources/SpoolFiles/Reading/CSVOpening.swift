import SpoolCore

/// How a CSV file begins: byte order mark, `sep=` line, batch-field lines; and the dialect of the rest.
struct CSVOpening: Sendable {
    let hasByteOrderMark: Bool
    /// The delimiter that a `sep=;` line names.
    private(set) var namedDelimiter: UInt8?
    /// The lines `# name: value` before the header, as they stand, with their line numbers.
    private(set) var batchLines: [(line: Int, bytes: [UInt8])] = []
    private(set) var delimiter = UInt8(ascii: ",")

    /// Reads up to the header and leaves the window there.
    init(_ window: inout FileWindow) throws(DropFileError) {
        self.hasByteOrderMark = try window.skipByteOrderMark()
        try self.readSeparatorLine(&window)
        try self.readBatchLines(&window)
        if let named = self.namedDelimiter {
            self.delimiter = named
        } else {
            self.delimiter = try Self.delimiter(ofHeaderIn: &window)
        }
    }

    private mutating func readSeparatorLine(_ window: inout FileWindow) throws(DropFileError) {
        let length = try window.lineLength()
        guard length == 5, window.slice(0..<4).map({ $0 | 0x20 }).elementsEqual("sep=".utf8.map { $0 | 0x20 }) else {
            return
        }
        let delimiter = window[4]
        guard Self.delimiters.contains(delimiter) else {
            throw .refused(.validation, "sep= must name a comma, a semicolon, a tab or |", line: window.line)
        }
        self.namedDelimiter = delimiter
        try window.advance(pastLineOf: length)
    }

    private mutating func readBatchLines(_ window: inout FileWindow) throws(DropFileError) {
        var total = 0
        while true {
            let length = try window.lineLength()
            let line = window.slice(0..<length)
            if line.starts(with: "# ".utf8) {
                total += length
                guard total <= window.maximumRecord, self.batchLines.count < Self.maximumBatchLines else {
                    throw .refused(.tooLarge, "There are too many lines before the header", line: window.line)
                }
                self.batchLines.append((window.line, Array(line)))
            } else {
                guard line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }), try window.byte(at: length) != nil else { return }
            }
            try window.advance(pastLineOf: length)
        }
    }

    private static let maximumBatchLines = 1000

    /// In order of preference when the header has as many of one as of another.
    private static let delimiters = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]

    private static func delimiter(ofHeaderIn window: inout FileWindow) throws(DropFileError) -> UInt8 {
        var counts = [Int](repeating: 0, count: Self.delimiters.count)
        var isQuoted = false
        var index = 0
        while let byte = try window.byte(at: index), isQuoted || (byte != 0x0A && byte != 0x0D) {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, let position = Self.delimiters.firstIndex(of: byte) { counts[position] += 1 }
            index += 1
        }
        var best = 0
        for position in counts.indices where counts[position] > counts[best] { best = position }
        return Self.delimiters[best]
    }

    /// The batch fields in the lines before the header.
    func batchFields(rules: ReadingRules) throws(DropFileError) -> BatchFields {
        var parser = BatchFieldParser(rules: rules)
        for (line, bytes) in self.batchLines {
            // A spreadsheet fills the line up to the header's width with empty cells.
            let end = bytes.lastIndex { $0 != self.delimiter }.map { $0 + 1 } ?? 0
            let text = bytes[..<end].dropFirst(2)
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { continue }
            do {
                try parser.add(text[..<colon], String(decoding: text[(colon + 1)...], as: UTF8.self))
            } catch {
                throw .refused(error, line: line, isIncomplete: false)
            }
        }
        return parser.fields
    }
}

extension FileWindow {
    /// Leaves a UTF-8 byte order mark behind, if there is one.
    mutating func skipByteOrderMark() throws(DropFileError) -> Bool {
        for (index, mark) in byteOrderMark.enumerated() {
            guard try self.byte(at: index) == mark else { return false }
        }
        self.advance(by: byteOrderMark.count)
        return true
    }

    /// The bytes up to the next line end or the end of the file.
    mutating func lineLength() throws(DropFileError) -> Int {
        var index = 0
        while true {
            index = self.firstIndex(from: index) { $0 == 0x0A || $0 == 0x0D }
            if index < self.count { break }
            guard try self.fill() else { break }
        }
        guard index <= self.maximumRecord else { throw .recordTooLarge(limit: self.maximumRecord, line: self.line) }
        return index
    }

    /// The bytes of the line end at `index`: 2 for CRLF, 0 at the end of the file.
    mutating func lineEndLength(at index: Int) throws(DropFileError) -> Int {
        guard let first = try self.byte(at: index) else { return 0 }
        guard first == 0x0D else { return 1 }
        return try self.byte(at: index + 1) == 0x0A ? 2 : 1
    }

    mutating func advance(pastLineOf length: Int) throws(DropFileError) {
        self.advance(by: length + (try self.lineEndLength(at: length)))
    }
}
