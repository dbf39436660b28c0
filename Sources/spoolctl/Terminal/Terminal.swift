import Glibc

/// Columns and rows of a terminal's window.
struct TerminalSize: Equatable, Sendable {
    var columns: Int
    var rows: Int
}

/// A terminal that a command may draw on.
struct Terminal: Sendable {
    let allowsColours: Bool
    /// Its size at this moment.
    let size: @Sendable () -> TerminalSize
    let write: @Sendable (String) throws(CommandFailure) -> Void

    /// Standard output; `nil` when it is no terminal, or one that cannot place its cursor.
    static func standardOutput(environment: [String: String]) -> Terminal? {
        guard isatty(STDOUT_FILENO) == 1, let kind = environment["TERM"], !["", "dumb"].contains(kind) else {
            return nil
        }
        return Terminal(
            allowsColours: environment["NO_COLOR", default: ""].isEmpty, size: { Self.size(of: STDOUT_FILENO) },
            write: { text throws(CommandFailure) in try StandardOutput.write(text: text) })
    }

    /// 80 columns and 24 rows when nobody knows, as over a serial line.
    private static func size(of descriptor: Int32) -> TerminalSize {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return TerminalSize(columns: 80, rows: 24)
        }
        return TerminalSize(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}
