import Glibc
public import SpoolCore

/// Why a whole drop file cannot be taken.
public enum DropFileError: Error, Equatable, Sendable {
    /// The content is at fault.
    ///
    /// `line` is the physical line, from 1. `isIncomplete` says that the file ends where more should follow, or holds
    /// nothing yet: whoever may still be writing it can be waited for.
    case refused(Refusal, line: Int?, isIncomplete: Bool)
    /// The operating system would not read it.
    case unreadable(errno: Int32)

    /// What the answer file says, whatever the case.
    public var refusal: Refusal {
        switch self {
        case .refused(let refusal, _, _): refusal
        case .unreadable(let errno):
            Refusal(.unreadable, "The file cannot be read: \(String(cString: strerror(errno)))")
        }
    }

    /// The physical line at fault, from 1, if it is one line's fault.
    public var line: Int? {
        switch self {
        case .refused(_, let line, _): line
        case .unreadable: nil
        }
    }

    /// Whether more bytes could mend it: empty so far, or cut off.
    public var isIncomplete: Bool {
        switch self {
        case .refused(_, _, let isIncomplete): isIncomplete
        case .unreadable: false
        }
    }

    static func refused(_ code: ErrorCode, _ message: String, field: String? = nil, line: Int? = nil) -> DropFileError {
        .refused(Refusal(code, message, field: field), line: line, isIncomplete: false)
    }

    static func cutOff(_ message: String, line: Int) -> DropFileError {
        .refused(Refusal(.incompleteFile, message), line: line, isIncomplete: true)
    }

    static func recordTooLarge(limit: Int, line: Int) -> DropFileError {
        .refused(
            .tooLarge,
            "The record that starts in line \(line) is longer than \(limit) bytes: is a closing quote missing?",
            line: line)
    }
}
