public import SpoolCore

/// Something that the service or a device lets us know, and that a row of the signal table answers.
public enum SignalEvent: Equatable, Sendable {
    /// A notice, the answer to a question about the account, or the end of a connection.
    case signal(ServerSignal)
    /// A question about the time lock brought no answer.
    case timeLockUnknown
    /// The server did not take a message.
    case refused(RefusedMessage, MessageRefusal)
    /// A byte of a message may have left, and no answer came.
    case noAnswer
    /// The device's status has changed.
    case status(DeviceStatus, detail: String?)
    /// The server asks to put fewer questions of a kind (429, 419).
    case queryRefused(QueryKind)
    case queryAnswered(QueryKind)
}

/// The message that an acknowledgement refused.
public struct RefusedMessage: Equatable, Sendable {
    public var recipient: Recipient
    public var lane: Lane
    /// How often it was put off before because its recipient cannot be reached.
    public var timesPutOff: Int

    public init(recipient: Recipient, lane: Lane, timesPutOff: Int = 0) {
        self.recipient = recipient
        self.lane = lane
        self.timesPutOff = timesPutOff
    }
}

/// What a device asks the server, each kind with a limit of its own.
public enum QueryKind: String, CaseIterable, Codable, Sendable {
    /// Whether a number is on WhatsApp.
    case existence
    case devices
    case keys
    case media
    case groups
    case account
}
