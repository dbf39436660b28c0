import SpoolCore

/// Passes the daemon's lines on.
struct LinkingLines: LinkingView {
    func show(_ state: LinkingState, _ line: JSONValue) throws(CommandFailure) {
        try StandardOutput.write(line)
    }

    func secondPassed() {}
    func close() {}
}
