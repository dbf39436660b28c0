import SpoolCore

/// The top-level object of a JSON file, walked through once: where its messages are and what stands beside them.
struct JSONEnvelope: Sendable {
    /// A key with its scalar value.
    struct Entry: Sendable {
        var name: [UInt8]
        /// `nil` for an object or array.
        var text: String?
        var line: Int
    }

    /// Where the first of the `messages` may stand, behind the `[`; `nil` when the object itself is the one message.
    private(set) var messages: FileWindow.Mark?
    /// The keys that a batch may have, without those that are `null`.
    private(set) var entries: [Entry] = []

    private var names: Set<[UInt8]> = []
    private var doubled: (line: Int, name: String)?
    private var cancelLine: Int?
    private var loneSurrogateLine: Int?
    /// Bytes of keys and values so far, those of `messages` apart.
    private var spent = 0

    /// Reads the object at the window's start to its end, and to the end of the file.
    init(_ scanner: inout JSONScanner) throws(JSONFault) {
        scanner.window.advance(by: 1)
        try scanner.advancePastSpace()
        if try scanner.required(at: 0) == UInt8(ascii: "}") {
            scanner.window.advance(by: 1)
        } else {
            repeat {
                try self.readMember(&scanner)
            } while try scanner.advancePastSeparator(closing: UInt8(ascii: "}"))
        }
        try scanner.expectEnd()
        try self.check()
    }

    private mutating func readMember(_ scanner: inout JSONScanner) throws(JSONFault) {
        let line = scanner.window.line
        let (key, valueIndex) = try scanner.key(at: 0)
        let name = scanner.window.unescaped(key)
        try self.spend(valueIndex, scanner)
        guard self.names.count < JSONScanner.maximumMembers else {
            throw .syntax("an object has more than \(JSONScanner.maximumMembers) keys", index: 0)
        }
        if !self.names.insert(name).inserted { self.noteDoubled(name, line: line) }
        scanner.window.advance(by: valueIndex)
        let folded = FieldName.folded(name)
        if folded.elementsEqual("messages".utf8) {
            if self.messages != nil { self.noteDoubled(name, line: line) }
            try self.walkMessages(&scanner)
            return
        }
        if folded.elementsEqual("cancel".utf8) { self.cancelLine = line }
        let value = try scanner.boundedRecord()
        try self.spend(JSONScanner.end(of: value), scanner)
        if scanner.hasLoneSurrogate { self.loneSurrogateLine = line }
        if BatchFieldParser.isKnown(name), value.kind != .null {
            self.entries.append(Entry(name: name, text: scanner.window.text(of: value), line: line))
        }
        scanner.window.advance(by: JSONScanner.end(of: value))
    }

    private mutating func walkMessages(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.required(at: 0) == UInt8(ascii: "[") else {
            throw .file(.refused(.validation, "messages must be an array of objects", line: scanner.window.line))
        }
        scanner.window.advance(by: 1)
        self.messages = scanner.window.mark
        guard try scanner.startsElement() else { return }
        repeat {
            let value = try scanner.boundedRecord()
            scanner.window.advance(by: JSONScanner.end(of: value))
        } while try scanner.advancePastSeparator(closing: UInt8(ascii: "]"))
    }

    /// Keeps what stands beside the messages within one record's size.
    private mutating func spend(_ length: Int, _ scanner: JSONScanner) throws(JSONFault) {
        self.spent += length
        guard self.spent <= scanner.window.maximumRecord else {
            throw .file(.recordTooLarge(limit: scanner.window.maximumRecord, line: scanner.window.line))
        }
    }

    private mutating func noteDoubled(_ name: [UInt8], line: Int) {
        if self.doubled == nil { self.doubled = (line, String(decoding: name, as: UTF8.self)) }
    }

    private func check() throws(JSONFault) {
        guard self.messages != nil else {
            guard let line = self.cancelLine else { return }
            throw .file(.refused(.unsupportedFormat, "Cancelling by file is not supported by this version", line: line))
        }
        if let (line, name) = self.doubled {
            throw .file(.refused(.validation, "The key \(name.quotedBriefly) is given twice", line: line))
        }
        if let line = self.loneSurrogateLine {
            throw .file(.refused(.encoding, "A \\u escape is half of a surrogate pair", line: line))
        }
    }

    /// The batch fields beside `messages`; of one message alone, only its `strict` and `force`.
    func batchFields(rules: ReadingRules) throws(DropFileError) -> BatchFields {
        var parser = BatchFieldParser(rules: rules)
        for entry in self.entries where self.messages != nil || BatchFieldParser.isFlag(entry.name) {
            do {
                try parser.add(entry.name, entry.text)
            } catch {
                throw .refused(error, line: entry.line, isIncomplete: false)
            }
        }
        return parser.fields
    }
}
