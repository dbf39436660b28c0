/// Where one message stands. The closed set of the contract; everything finer is a reason beside it.
public enum MessageState: String, CaseIterable, Codable, Sendable {
    /// Waits to be claimed: freshly imported, deferred after a temporary error, or held.
    case pending
    /// Claimed for one device; its attempt is under way or its outcome unknown.
    case processing
    /// The server acknowledged it. Final.
    case sent
    /// Refused for good, out of attempts or too old. Final.
    case failed
    /// Stopped by a person, a file or an opt-out before it was sent. Final.
    case cancelled

    /// Whether no event can move the message any more.
    public var isFinal: Bool {
        switch self {
        case .pending, .processing: false
        case .sent, .failed, .cancelled: true
        }
    }
}

/// Where one drop file stands, derived from its messages and a few stored facts.
public enum BatchState: String, CaseIterable, Codable, Sendable {
    /// Its rows are being stored; none may be claimed.
    case importing
    /// Some message is pending or processing.
    case open
    /// Open, but nothing of it may be claimed until a person releases it.
    case held
    /// Every message is final.
    case settled
    /// The result files are written, the marker last.
    case reported
    /// Nothing of the file was taken; it has a number for the names of its answers, and no messages.
    case rejected
}

/// Which of two waiting messages goes first.
public enum Priority: Int, CaseIterable, Codable, Sendable {
    case high = 0
    case normal = 1
    case low = 2

    /// The word of files and answers.
    public var word: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// Reads the word of a file, in any case; `nil` for any other word.
    public init?(word: String) {
        switch word.lowercased() {
        case "high": self = .high
        case "normal": self = .normal
        case "low": self = .low
        default: return nil
        }
    }
}
