/// Why an attachment is not at the media servers. It says nothing about the recipient or the account.
public enum AttachmentFailure: Error, Hashable, Sendable {
    // For good

    /// The servers do not take this file: 400, 413 too large, 415 not of its type.
    case refused(status: Int)
    /// It is longer, encrypted, than any server takes.
    case tooLarge(bytes: UInt64)
    /// It cannot be read; the text is the system's.
    case unavailable(String)
    /// It is not the file it was.
    case changed

    // For now

    /// No server has taken it; `reason` is what the last one said.
    case notTaken(reason: String, retryAfter: Duration?)
    /// The upload takes longer than anybody waits for it. It goes on, and the next attempt finds it done.
    case underWay
    /// There is no room to encrypt it; the text is the system's.
    case noRoom(String)
    /// A step before the upload failed.
    case notBegun(ClientError)
    case cancelled
}

extension AttachmentFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused(let status): "the media server does not take this file (\(status))"
        case .tooLarge(let bytes): "the file has \(bytes) bytes encrypted, more than the media servers take"
        case .unavailable(let reason): "the file cannot be read: \(reason)"
        case .changed: "the file has changed since it was taken in"
        case .notTaken(let reason, _): "media upload refused: \(reason)"
        case .underWay: "the upload of the file takes its time and goes on"
        case .noRoom(let reason): "the file could not be encrypted: \(reason)"
        case .notBegun(let error): "the upload could not begin: \(error)"
        case .cancelled: "the upload was given up"
        }
    }
}
