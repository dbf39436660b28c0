import Glibc
import SpoolCore

/// Writes lines to standard output.
enum StandardOutput {
    /// - Throws: `outputClosed` when nobody reads any more; any other fault as an internal error.
    static func write(_ lines: [String]) throws(CommandFailure) {
        guard !lines.isEmpty else { return }
        try Self.write(text: lines.joined(separator: "\n") + "\n")
    }

    /// The text as it is.
    static func write(text: String) throws(CommandFailure) {
        guard writeAll(text, to: STDOUT_FILENO) else {
            let code = errno
            guard code != EPIPE else { throw .outputClosed }
            throw CommandFailure(.internalError, "standard output: \(String(cString: strerror(code)))")
        }
    }

    static func write(_ line: String) throws(CommandFailure) {
        try Self.write([line])
    }

    /// A value as one line.
    static func write(_ value: JSONValue) throws(CommandFailure) {
        try Self.write([TerminalText.json(value)])
    }
}

/// Writes lines to standard error, each under the command's name.
enum StandardError {
    static func write(_ line: String) {
        // Nobody is left to be told when this fails too.
        _ = writeAll("spoolctl: \(TerminalText.safe(line))\n", to: STDERR_FILENO)
    }

    /// Asks something; the answer comes on the same line.
    static func prompt(_ question: String) {
        _ = writeAll(question, to: STDERR_FILENO)
    }
}

/// - Returns: `false` when `errno` says why not.
private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            return false
        }
        rest = rest.dropFirst(count)
    }
    return true
}
