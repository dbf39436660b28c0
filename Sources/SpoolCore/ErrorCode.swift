/// Every code that a user may read in an answer, a result row or an API error. The names are promises.
public enum ErrorCode: String, CaseIterable, Codable, Sendable {
    case validation = "VALIDATION_ERROR"
    case template = "TEMPLATE_ERROR"
    case duplicateFile = "DUPLICATE_FILE"
    case duplicateRef = "DUPLICATE_REF"
    case duplicateMessage = "DUPLICATE_MESSAGE"
    case unknownDevice = "UNKNOWN_DEVICE"
    case unsupportedFormat = "UNSUPPORTED_FORMAT"
    case encoding = "ENCODING_ERROR"
    case tooLarge = "TOO_LARGE"
    case emptyFile = "EMPTY_FILE"
    case quotaExceeded = "QUOTA_EXCEEDED"
    case notOnWhatsApp = "NOT_ON_WHATSAPP"
    case suppressed = "SUPPRESSED"
    case mediaUnavailable = "MEDIA_UNAVAILABLE"
    case mediaType = "MEDIA_TYPE"
    case mediaTooLarge = "MEDIA_TOO_LARGE"
    case mediaForbidden = "MEDIA_FORBIDDEN"
    case rejected = "REJECTED"
    case recipientNotReachable = "RECIPIENT_NOT_REACHABLE"
    case numberScientific = "NUMBER_SCIENTIFIC"
    case extraColumns = "EXTRA_COLUMNS"
    case incompleteFile = "INCOMPLETE_FILE"
    case unreadable = "UNREADABLE"
    case expired = "EXPIRED"
    case attemptsExhausted = "ATTEMPTS_EXHAUSTED"
    case cancelled = "CANCELLED"
    case deviceLost = "DEVICE_LOST"
}

/// Why a row or a whole file was not taken, in words for the person who wrote it.
public struct Refusal: Error, Equatable, Sendable {
    public var code: ErrorCode
    /// What is wrong and what to do; one sentence, no trailing full stop. Never echoes more than a short piece of input.
    public var message: String
    /// The contract's name of the field at fault, if it is one field's fault.
    public var field: String?

    public init(_ code: ErrorCode, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }
}
