public import SpoolCore

/// How a drop file is written, told by the end of its name.
public enum DropFileFormat: String, CaseIterable, Sendable {
    case csv
    case json
    case jsonLines

    /// `nil` when the name ends in none of `.csv`, `.json`, `.jsonl` and `.ndjson` (in any case).
    public init?(name: DropFileName) {
        guard let dot = name.bytes.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        switch String(decoding: name.bytes[(dot + 1)...], as: UTF8.self).lowercased() {
        case "csv": self = .csv
        case "json": self = .json
        case "jsonl", "ndjson": self = .jsonLines
        default: return nil
        }
    }
}
