import ArgumentParser
import SpoolConfig

/// A length of time on the command line: `90s`, `5m`, `30d`, or a bare number of seconds.
struct TimeSpan: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let duration: Duration

    init?(argument: String) {
        guard let span = TimeSpan(notation: argument) ?? TimeSpan(notation: argument + "s") else { return nil }
        self = span
    }

    /// Reads a length with its unit.
    init?(notation: String) {
        guard let duration = DurationNotation.duration(notation) else { return nil }
        self.duration = duration
    }

    var description: String { DurationNotation.text(self.duration) }
}
