import SpoolCore

/// Checks and measures JSON values (RFC 8259) at the start of a window, without building anything from them.
///
/// Comments, trailing commas, raw control characters in strings and nesting deeper than 64 are syntax errors.
struct JSONScanner: Sendable {
    var window: FileWindow
    /// The end of the text in the window, for a text that is one line of a file; else the file's end ends it.
    var limit = Int.max
    /// The members of the object that `record` read last.
    private(set) var members: [JSONMember] = []
    /// Whether a `\u` escape since `record` started is half of a pair.
    private(set) var hasLoneSurrogate = false

    static let maximumDepth = 64
    /// The most keys of a message, and of the object around all messages.
    static let maximumMembers = 16384

    init(_ window: FileWindow) {
        self.window = window
    }

    /// Reads the value at `index`, and its members if it is an object.
    mutating func record(at index: Int) throws(JSONFault) -> JSONValue {
        self.members.removeAll(keepingCapacity: true)
        self.hasLoneSurrogate = false
        guard try self.required(at: index) == UInt8(ascii: "{") else { return try self.value(at: index, depth: 1) }
        return JSONValue(kind: .object, range: index..<(try self.object(at: index, depth: 1, keepsMembers: true)))
    }

    /// Reads the value at `index`, which lies inside `depth` - 1 others.
    mutating func value(at index: Int, depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= Self.maximumDepth else {
            throw .syntax("values are nested deeper than \(Self.maximumDepth)", index: index)
        }
        switch try self.required(at: index) {
        case UInt8(ascii: "{"):
            return JSONValue(
                kind: .object, range: index..<(try self.object(at: index, depth: depth, keepsMembers: false)))
        case UInt8(ascii: "["):
            return JSONValue(kind: .array, range: index..<(try self.array(at: index, depth: depth)))
        case UInt8(ascii: "\""): return try self.string(at: index)
        case UInt8(ascii: "t"): return try self.word("true", .boolean, at: index)
        case UInt8(ascii: "f"): return try self.word("false", .boolean, at: index)
        case UInt8(ascii: "n"): return try self.word("null", .null, at: index)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number(at: index)
        default: throw .syntax("a value is expected here", index: index)
        }
    }

    /// The first index from `index` on that is no white space; it may be the end of the text.
    mutating func skipSpace(from index: Int) throws(JSONFault) -> Int {
        var index = index
        while let byte = try self.byte(at: index), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
        return index
    }

    /// The byte at `index`; `nil` behind the text.
    @inline(__always)
    mutating func byte(at index: Int) throws(JSONFault) -> UInt8? {
        guard index < self.limit else { return nil }
        do {
            return try self.window.byte(at: index)
        } catch {
            throw .file(error)
        }
    }

    mutating func required(at index: Int) throws(JSONFault) -> UInt8 {
        guard let byte = try self.byte(at: index) else { throw .end }
        return byte
    }

    /// Reads a key with the colon behind it, and gives the index of the value.
    mutating func key(at index: Int) throws(JSONFault) -> (key: JSONValue, value: Int) {
        guard try self.required(at: index) == UInt8(ascii: "\"") else {
            throw .syntax("a key in double quotes is expected here", index: index)
        }
        let key = try self.string(at: index)
        let colon = try self.skipSpace(from: key.range.upperBound + 1)
        guard try self.required(at: colon) == UInt8(ascii: ":") else {
            throw .syntax("a colon is expected here", index: colon)
        }
        return (key, try self.skipSpace(from: colon + 1))
    }

    /// The index behind a value: its closing quote is not in its range.
    static func end(of value: JSONValue) -> Int {
        value.kind == .string ? value.range.upperBound + 1 : value.range.upperBound
    }

    // MARK: Containers

    private mutating func object(at start: Int, depth: Int, keepsMembers: Bool) throws(JSONFault) -> Int {
        var index = try self.skipSpace(from: start + 1)
        if try self.required(at: index) == UInt8(ascii: "}") { return index + 1 }
        while true {
            let (key, valueIndex) = try self.key(at: index)
            let value = try self.value(at: valueIndex, depth: depth + 1)
            if keepsMembers { try self.keep(JSONMember(key: key, value: value)) }
            let (isMore, next) = try self.separator(from: Self.end(of: value), closing: UInt8(ascii: "}"))
            guard isMore else { return next }
            index = next
        }
    }

    private mutating func keep(_ member: JSONMember) throws(JSONFault) {
        guard self.members.count < Self.maximumMembers else {
            throw .syntax("an object has more than \(Self.maximumMembers) keys", index: member.key.range.lowerBound)
        }
        self.members.append(member)
    }

    private mutating func array(at start: Int, depth: Int) throws(JSONFault) -> Int {
        var index = try self.skipSpace(from: start + 1)
        if try self.required(at: index) == UInt8(ascii: "]") { return index + 1 }
        while true {
            let value = try self.value(at: index, depth: depth + 1)
            let (isMore, next) = try self.separator(from: Self.end(of: value), closing: UInt8(ascii: "]"))
            guard isMore else { return next }
            index = next
        }
    }

    /// Reads the comma or the closing bracket behind a value, and gives the index of what follows.
    mutating func separator(from start: Int, closing: UInt8) throws(JSONFault) -> (isMore: Bool, next: Int) {
        let index = try self.skipSpace(from: start)
        let byte = try self.required(at: index)
        if byte == closing { return (false, index + 1) }
        guard byte == UInt8(ascii: ",") else {
            let bracket = Character(Unicode.Scalar(closing))
            throw .syntax("a comma or \(bracket) is expected here", index: index)
        }
        return (true, try self.skipSpace(from: index + 1))
    }

    // MARK: Scalars

    private mutating func word(_ word: StaticString, _ kind: JSONValue.Kind, at start: Int) throws(JSONFault)
        -> JSONValue
    {
        for (offset, expected) in word.description.utf8.enumerated() {
            guard try self.required(at: start + offset) == expected else {
                throw .syntax("a value is expected here", index: start)
            }
        }
        return JSONValue(kind: kind, range: start..<(start + word.utf8CodeUnitCount))
    }

    private mutating func number(at start: Int) throws(JSONFault) -> JSONValue {
        var index = start
        if try self.byte(at: index) == UInt8(ascii: "-") { index += 1 }
        if try self.byte(at: index) == UInt8(ascii: "0") {
            index += 1
        } else {
            index = try self.digits(from: index)
        }
        if try self.byte(at: index) == UInt8(ascii: ".") { index = try self.digits(from: index + 1) }
        if let mark = try self.byte(at: index), mark | 0x20 == UInt8(ascii: "e") {
            index += 1
            if let sign = try self.byte(at: index), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                index += 1
            }
            index = try self.digits(from: index)
        }
        return JSONValue(kind: .number, range: start..<index)
    }

    private mutating func digits(from start: Int) throws(JSONFault) -> Int {
        guard try self.required(at: start).isDigit else { throw .syntax("a digit is expected here", index: start) }
        var index = start + 1
        while try self.byte(at: index)?.isDigit == true { index += 1 }
        return index
    }

    private mutating func string(at start: Int) throws(JSONFault) -> JSONValue {
        var index = start + 1
        var hasEscapes = false
        while true {
            index = self.window.firstIndex(from: index) {
                $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 < 0x20
            }
            let byte = try self.required(at: index)
            switch byte {
            case UInt8(ascii: "\""):
                return JSONValue(kind: .string, range: (start + 1)..<index, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                index = try self.escape(at: index)
            case 0..<0x20:
                throw .syntax("a line break or control character stands inside a text: write \\n", index: index)
            default:
                // The window ended here; reading on has filled it.
                continue
            }
        }
    }

    /// Checks the escape at `start` and gives the index behind it.
    private mutating func escape(at start: Int) throws(JSONFault) -> Int {
        switch try self.required(at: start + 1) {
        case UInt8(ascii: "u"): return try self.unicodeEscape(at: start)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        default: throw .syntax("this escape is not known", index: start)
        }
    }

    private mutating func unicodeEscape(at start: Int) throws(JSONFault) -> Int {
        let unit = try self.hexUnit(at: start + 2)
        switch unit {
        case 0xD800...0xDBFF:
            guard try self.byte(at: start + 6) == UInt8(ascii: "\\"), try self.byte(at: start + 7) == UInt8(ascii: "u"),
                (0xDC00...0xDFFF).contains(try self.hexUnit(at: start + 8))
            else {
                self.hasLoneSurrogate = true
                return start + 6
            }
            return start + 12
        case 0xDC00...0xDFFF:
            self.hasLoneSurrogate = true
            return start + 6
        default:
            return start + 6
        }
    }

    private mutating func hexUnit(at start: Int) throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<(start + 4) {
            let byte = try self.required(at: index)
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw .syntax("four hexadecimal digits are expected behind \\u", index: index)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
