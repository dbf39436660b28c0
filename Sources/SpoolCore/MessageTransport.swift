public import Foundation

/// What a transport needs to send one message.
public struct OutgoingMessage: Equatable, Sendable {
    public var queueID: QueueID
    public var device: DeviceID
    public var recipient: Recipient
    public var text: String
    /// 1 for the first attempt of this message.
    public var attempt: Int

    public init(queueID: QueueID, device: DeviceID, recipient: Recipient, text: String, attempt: Int) {
        self.queueID = queueID
        self.device = device
        self.recipient = recipient
        self.text = text
        self.attempt = attempt
    }
}

/// The server took the message.
public struct Acknowledgement: Equatable, Sendable {
    /// When the server says it took it; the transport's own clock where the server gives no time.
    public var at: Date

    public init(at: Date) {
        self.at = at
    }
}

/// Why a send did not end in an acknowledgement, sorted once, as mail does with 4xx and 5xx.
///
/// `detail` says what happened in words safe for logs and result files: no message text, no key bytes.
public enum TransportError: Error, Equatable, Sendable {
    /// Try again later; counts as an attempt.
    case temporary(code: String, detail: String)
    /// Never try again; the message fails with `code`.
    case permanent(ErrorCode, detail: String)
    /// The device cannot send any more; the message stays pending, the attempt does not count.
    case sessionLost(detail: String)
    /// A byte may have left and no answer came: uncertain, settled later under the same id on the same device.
    case outcomeUnknown(detail: String)
}

/// News from a transport that belongs to no call of `send`.
public enum TransportEvent: Equatable, Sendable {
    /// The recipient's device has the message.
    case delivered(WireMessageID, at: Date)
    /// The recipient read it (which implies delivered).
    case read(WireMessageID, at: Date)
    /// The device is connected and the news it missed has all been handed over.
    case drained(DeviceID)
    /// The device cannot send until it says `drained` again.
    case lost(DeviceID, detail: String)
}

/// A device as a transport describes it.
public struct TransportDevice: Equatable, Sendable {
    public var id: DeviceID
    /// The account's own number, digits only; `nil` while unknown.
    public var number: String?
    public var isConnected: Bool
    public var connectedAt: Date?

    public init(id: DeviceID, number: String?, isConnected: Bool, connectedAt: Date?) {
        self.id = id
        self.number = number
        self.isConnected = isConnected
        self.connectedAt = connectedAt
    }
}

/// The seam between the queue and the network.
///
/// The caller stores the id that `makeMessageID` gave *before* it calls `send`, so an attempt that a crash cut off is
/// settled under the same id.
public protocol MessageTransport: Sendable {
    /// `true` when nothing leaves this machine; status, results and the API then say "dry run".
    var isDryRun: Bool { get }

    /// How long after `drained` a receipt for an attempt without an answer may still come.
    var receiptGrace: Duration { get }

    /// The devices that may be asked to send, connected or not.
    func devices() async -> [TransportDevice]

    /// A new id of the network's form.
    func makeMessageID(for device: DeviceID) -> WireMessageID

    /// Sends one message and waits for the server's answer.
    func send(_ message: OutgoingMessage, id: WireMessageID) async throws(TransportError) -> Acknowledgement

    /// News, from the moment of the call; each call gets its own stream.
    func events() -> AsyncStream<TransportEvent>
}
