import SpoolCore
import SpoolFiles

/// Writes `force: true` into a drop file on its way, without touching anything else of it.
enum ForceInsertion {
    /// How far into the file the place for it is looked for.
    static let headSize = 65536

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Takes the beginning from a source and returns what to write in its place; the rest follows unchanged.
    /// - Throws: 64 for a file that has no place for it.
    static func rewritten(_ source: SourceFile, _ format: DropFileFormat) throws(CommandFailure) -> [UInt8] {
        let head = try source.head(upTo: Self.headSize)
        return Self.isForced(source, format) ? head : try Self.rewritten(head, format)
    }

    /// The beginning of a file, with `force: true` in it.
    static func rewritten(_ head: [UInt8], _ format: DropFileFormat) throws(CommandFailure) -> [UInt8] {
        // An empty file has to stay one, so that the daemon's answer tells what is wrong with it.
        guard head.contains(where: { $0 > 0x20 }) else { return head }
        guard !head.starts(with: [0xFF, 0xFE]), !head.starts(with: [0xFE, 0xFF]) else {
            throw CommandFailure(.badData, "--force needs a file in UTF-8, this one is UTF-16", "save it as UTF-8")
        }
        switch format {
        case .csv: return Self.rewrittenCSV(head)
        case .json: return try Self.rewrittenJSON(head)
        case .jsonLines:
            throw .usage(
                "--force is not possible for a file of JSON lines, which has no place for it",
                "submit {\"force\": true, \"messages\": [...]} as .json instead")
        }
    }

    /// Whether a JSON file says so itself: a second `force` would be refused.
    private static func isForced(_ source: SourceFile, _ format: DropFileFormat) -> Bool {
        guard format == .json, source.path != "-" else { return false }
        do {
            let reader = try DropFileReader(descriptor: source.file.descriptor, format: format, rules: ReadingRules())
            return reader.batchFields.isForced
        } catch {
            // The daemon's answer will say what is wrong with the file.
            return false
        }
    }

    private static func rewrittenJSON(_ head: [UInt8]) throws(CommandFailure) -> [UInt8] {
        let start = head.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
        guard let brace = head[start...].firstIndex(where: { !Self.isSpace($0) }) else { return head }
        switch head[brace] {
        case UInt8(ascii: "{"):
            let rest = head[(brace + 1)...]
            let isEmpty = rest.first { !Self.isSpace($0) } == UInt8(ascii: "}")
            return head[...brace] + Array((isEmpty ? "\"force\": true" : "\"force\": true, ").utf8) + rest
        case UInt8(ascii: "["):
            throw .usage(
                "--force is not possible for a bare array, which has no place for it",
                "write {\"force\": true, \"messages\": [...]} instead")
        // No JSON: the daemon's answer will say so.
        default: return head
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func rewrittenCSV(_ head: [UInt8]) -> [UInt8] {
        var rest = head[...]
        var result: [UInt8] = []
        if rest.starts(with: Self.byteOrderMark) {
            result += rest.prefix(Self.byteOrderMark.count)
            rest = rest.dropFirst(Self.byteOrderMark.count)
        }
        let lineEnd = Self.lineEnd(of: rest)
        let first = Self.line(of: rest)
        if first.count - Self.lineEndLength(first) == 5,
            String(decoding: first.prefix(4), as: UTF8.self).lowercased() == "sep="
        {
            result += first
            if Self.lineEndLength(first) == 0 { result += lineEnd }
            rest = rest.dropFirst(first.count)
        }
        result += Array("# force: true".utf8) + lineEnd
        return result + Self.withoutForce(rest)
    }

    /// The lines before the header without one that sets `force`, since a batch field may be given once.
    private static func withoutForce(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var rest = bytes
        var kept: [UInt8] = []
        while true {
            let line = Self.line(of: rest)
            let isBatchField = line.starts(with: "# ".utf8)
            guard isBatchField || (!line.isEmpty && line.allSatisfy { Self.isSpace($0) }) else { return kept + rest }
            if !isBatchField || !Self.namesForce(line) { kept += line }
            rest = rest.dropFirst(line.count)
        }
    }

    private static func namesForce(_ line: ArraySlice<UInt8>) -> Bool {
        let name = line.dropFirst(2).prefix { $0 != UInt8(ascii: ":") }
        return String(decoding: name.filter { !" _-".utf8.contains($0) }, as: UTF8.self).lowercased() == "force"
    }

    /// The first line with its end.
    private static func line(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = bytes.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return bytes }
        let isPair = bytes[end] == 0x0D && end + 1 < bytes.endIndex && bytes[end + 1] == 0x0A
        return bytes[...(isPair ? end + 1 : end)]
    }

    private static func lineEndLength(_ line: ArraySlice<UInt8>) -> Int {
        line.reversed().prefix { $0 == 0x0A || $0 == 0x0D }.count
    }

    /// The file's own kind of line end.
    private static func lineEnd(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        let line = Self.line(of: bytes)
        let end = Array(line.suffix(Self.lineEndLength(line)))
        return end.isEmpty ? [0x0A] : end
    }
}
