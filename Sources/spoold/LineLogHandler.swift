import Glibc
import Logging
import SpoolCore

/// One line an event on standard error: with a priority for journald when it listens there, else with the time.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let isJournal = getenv("JOURNAL_STREAM") != nil

    init(label: String) {}

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = self.isJournal ? "<\(Self.priority(of: event.level))>" : RFC3339.text(SystemWallClock().now) + " "
        if !self.isJournal { line += "\(event.level) " }
        let all = self.metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let part = all["part"] { line += "\(part): " }
        line += Self.printable("\(event.message)")
        for (key, value) in all.sorted(by: { $0.key < $1.key }) where key != "part" {
            line += " \(key)=\(Self.printable("\(value)"))"
        }
        line += "\n"
        // One write, so that lines of several threads do not mix. A closed standard error is nobody's to tell.
        _ = line.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Nothing from outside may begin a line of its own, move a terminal's cursor or turn the writing direction.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if Self.isUnsafe(scalar) {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    private static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
