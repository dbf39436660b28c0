import SpoolCore

/// Splits a JSON file into messages: one object, a bare array, or `{"messages": […]}`.
///
/// Only the current record is in memory. A top-level object is walked through by `JSONEnvelope` before its first
/// record is read, because batch fields may follow `messages`.
struct JSONRecordReader: JSONRecords {
    private(set) var scanner: JSONScanner
    private(set) var record = JSONRecord()
    /// What the top-level object says beside its messages; `nil` for a bare array.
    let envelope: JSONEnvelope?

    private enum Position {
        case object
        case firstElement
        case nextElement
        case end
    }

    private var position: Position
    /// The current record's end, which the next call leaves behind.
    private var distance = 0

    init(_ window: FileWindow) throws(DropFileError) {
        var window = window
        _ = try window.skipByteOrderMark()
        self.scanner = JSONScanner(window)
        do {
            (self.envelope, self.position) = try Self.open(&self.scanner)
        } catch {
            throw self.scanner.error(error)
        }
    }

    mutating func next() throws(DropFileError) -> Bool {
        do {
            return try self.advance()
        } catch {
            throw self.scanner.error(error)
        }
    }

    private static func open(_ scanner: inout JSONScanner) throws(JSONFault) -> (JSONEnvelope?, Position) {
        try scanner.advancePastSpace()
        switch try scanner.byte(at: 0) {
        case nil:
            throw .file(.refused(Refusal(.emptyFile, "The file is empty"), line: nil, isIncomplete: true))
        case UInt8(ascii: "["):
            scanner.window.advance(by: 1)
            return (nil, .firstElement)
        case UInt8(ascii: "{"):
            let start = scanner.window.mark
            let envelope = try JSONEnvelope(&scanner)
            scanner.window.rewind(to: envelope.messages ?? start)
            return (envelope, envelope.messages == nil ? .object : .firstElement)
        default:
            throw .syntax("a file of messages starts with { or [", index: 0)
        }
    }

    private mutating func advance() throws(JSONFault) -> Bool {
        self.scanner.window.advance(by: self.distance)
        self.distance = 0
        switch self.position {
        case .end:
            return false
        case .object:
            self.position = .end
        case .firstElement:
            guard try self.scanner.startsElement() else { return try self.finish() }
            self.position = .nextElement
        case .nextElement:
            guard try self.scanner.advancePastSeparator(closing: UInt8(ascii: "]")) else { return try self.finish() }
        }
        try self.readRecord()
        return true
    }

    private mutating func readRecord() throws(JSONFault) {
        let value = try self.scanner.boundedRecord()
        self.distance = JSONScanner.end(of: value)
        self.record = JSONRecord(
            number: self.record.number + 1, line: self.scanner.window.line, range: 0..<self.distance,
            content: value.kind == .object ? .object : .other)
    }

    private mutating func finish() throws(JSONFault) -> Bool {
        self.position = .end
        // The envelope's walk has seen what follows its own array.
        if self.envelope == nil { try self.scanner.expectEnd() }
        return false
    }
}

extension JSONScanner {
    /// The value at the window's start, no longer than a record may be.
    mutating func boundedRecord() throws(JSONFault) -> JSONValue {
        let value = try self.record(at: 0)
        guard Self.end(of: value) <= self.window.maximumRecord else {
            throw .file(.recordTooLarge(limit: self.window.maximumRecord, line: self.window.line))
        }
        return value
    }

    /// Behind `[`: whether an element follows; else the `]` is left behind.
    mutating func startsElement() throws(JSONFault) -> Bool {
        try self.advancePastSpace()
        guard try self.required(at: 0) == UInt8(ascii: "]") else { return true }
        self.window.advance(by: 1)
        return false
    }

    /// Leaves the comma or the closing bracket behind; `false` for the bracket.
    mutating func advancePastSeparator(closing: UInt8) throws(JSONFault) -> Bool {
        try self.advancePastSpace()
        let (isMore, next) = try self.separator(from: 0, closing: closing)
        self.window.advance(by: isMore ? 1 : next)
        if isMore { try self.advancePastSpace() }
        return isMore
    }

    /// Refuses anything but white space up to the end of the file.
    mutating func expectEnd() throws(JSONFault) {
        try self.advancePastSpace()
        guard try self.byte(at: 0) != nil else { return }
        let message = "More follows behind the end of the JSON value: name a file with one message a line .jsonl"
        throw .file(.refused(.validation, message, line: self.window.line))
    }
}
