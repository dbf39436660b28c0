public import Foundation

/// What a transport needs to send one message.
public struct OutgoingMessage: Equatable, Sendable {
    public var queueID: QueueID
    /// Stored before this is handed over, so that an attempt which a crash cut off is settled under the same id.
    public var wireID: WireMessageID
    public var device: DeviceID
    public var recipient: Recipient
    /// The text, or the caption of `media`; empty only beside media.
    public var text: String
    public var media: OutgoingMedia?
    /// 1 for the first attempt of this message.
    public var attempt: Int

    public init(
        queueID: QueueID, wireID: WireMessageID, device: DeviceID, recipient: Recipient, text: String,
        media: OutgoingMedia? = nil, attempt: Int
    ) {
        self.queueID = queueID
        self.wireID = wireID
        self.device = device
        self.recipient = recipient
        self.text = text
        self.media = media
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
    /// The server took notice of the message and refused it; what follows is the scheduler's to say.
    case refused(MessageRefusal, detail: String)
    /// A byte may have left and no answer came: uncertain, settled later under the same id on the same device.
    case outcomeUnknown(detail: String)
}

/// What one send came to.
public typealias SendResult = Result<Acknowledgement, TransportError>

/// News from a transport that belongs to no call of `send`. Any of it may come more than once after a crash.
public enum TransportEvent: Equatable, Sendable {
    /// The recipient's device has the message. `by` is the number of whoever says so, digits only, where it is known.
    case delivered(WireMessageID, by: String? = nil, at: Date)
    /// The recipient read it (which implies delivered).
    case read(WireMessageID, by: String? = nil, at: Date)
    /// Somebody wrote to one of our accounts.
    case text(IncomingText)
    /// A device is new, or its status has changed. `connected` comes when the news it missed has all been handed over.
    case changed(TransportDevice)
    /// The device is gone for good.
    case removed(DeviceID)
    /// The service says how the device's account stands.
    case signal(DeviceID, ServerSignal)
}

/// What somebody wrote to one of our accounts, which is a text most of the time.
public struct IncomingText: Equatable, Sendable {
    public var device: DeviceID
    /// Who wrote, digits only; `nil` when the network told no number.
    public var number: String?
    /// `nil` when what was sent is no text, such as a picture without a caption.
    public var text: String?
    public var at: Date

    public init(device: DeviceID, number: String?, text: String?, at: Date) {
        self.device = device
        self.number = number
        self.text = text
        self.at = at
    }
}

/// Whether a device can send, and if not, who has to act.
public enum DeviceStatus: String, Equatable, Sendable {
    /// Online, and all it missed has been handed over: it may send.
    case connected
    /// Offline for now; it comes back by itself.
    case disconnected
    /// The account may not send for a while; it comes back by itself.
    case banned
    /// Logged out, by its owner or by the service: a person has to link it again.
    case unlinked
    /// Another program uses the same device; it does not fight for it. A person has to end one of the two.
    case replaced
    /// The account is locked or banned for good, or the service refuses the device for another reason.
    case refused
    /// The service takes only newer client versions.
    case outdated
    /// The device cannot work here: its store or its configuration fails.
    case failed

    /// Whether it stays away until a person does something about it.
    public var needsPerson: Bool {
        switch self {
        case .connected, .disconnected, .banned: false
        case .unlinked, .replaced, .refused, .outdated, .failed: true
        }
    }
}

/// A device as a transport describes it.
public struct TransportDevice: Equatable, Sendable {
    public var id: DeviceID
    /// The account's own number, digits only; `nil` while unknown.
    public var number: String?
    public var status: DeviceStatus
    /// Why it is not connected, in words for people; `nil` while it is.
    public var detail: String?
    /// When the connection there is now came about.
    public var connectedAt: Date?

    public init(id: DeviceID, number: String?, status: DeviceStatus, detail: String? = nil, connectedAt: Date? = nil) {
        self.id = id
        self.number = number
        self.status = status
        self.detail = detail
        self.connectedAt = connectedAt
    }

    public var isConnected: Bool { self.status == .connected }
}

/// Where a transport's news goes, in the order in which it happened. What it stores is durable when it returns; when it
/// throws, the transport lets the network bring the same news again.
public typealias TransportEventHandler = @Sendable ([TransportEvent]) async throws -> Void

/// The seam between the queue and the network.
public protocol MessageTransport: Sendable {
    /// `true` when nothing leaves this machine; status, results and the API then say "dry run".
    var isDryRun: Bool { get }

    /// How long after a device has connected a receipt for an attempt without an answer may still come.
    var receiptGrace: Duration { get }

    /// The devices that may be asked to send, connected or not. Those that come later are told by `run`.
    func devices() async -> [TransportDevice]

    /// A new id of the network's form.
    func makeMessageID(for device: DeviceID) -> WireMessageID

    /// Sends messages of one device and waits for the server's answers. Those to the same recipient leave in their order.
    /// - Returns: one result for each, in their order.
    func send(_ messages: [OutgoingMessage]) async -> [SendResult]

    /// Lets others see what the device does. Ornament: what fails is left out, and nobody waits for an answer.
    func show(_ activity: ChatActivity, by device: DeviceID) async

    /// Asks the service whether the account may write to new people; the answer.
    /// - Returns: `unknown` when there is no answer.
    func askTimeLock(of device: DeviceID) async -> TimeLockKnowledge

    /// Keeps the devices connected and tells all news, until the task is cancelled. Once in the life of a transport.
    func run(_ handle: @escaping TransportEventHandler) async
}
