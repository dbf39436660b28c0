public import Logging
import SignalProtocol
import WhatsAppBinary

/// Messages of one linked device, both ways: what there is between a live connection and the device's store.
///
/// A session hands it the stanzas that come in; it decrypts, stores, acknowledges, and tells what a person has to know.
/// `send` encrypts for all devices and tells what became of it. What others send ends in a stated answer, never in an
/// error. `run` does what can wait: repeating messages for those who could not read them, tokens, pre-keys.
public actor Messenger {
    let store: any DeviceStore
    let policy: MessagePolicy
    let time: SessionTime
    let generator: SharedGenerator
    let logger: Logger
    let onEvent: ClientEventHandler
    let onMessage: MessageEventHandler
    let cipher = SessionCipher()

    /// Attachments.
    let uploads: AttachmentUploads
    var uploadReports = HourlyCount()

    private var attached: (any StanzaChannel)?
    var isConnected = false
    var isDrained = false
    var presence = Presence.unavailable

    // Sending
    var addressing = Addressing.lid
    private var isSending = false
    private var sendWaiters = FIFO<CheckedContinuation<Void, Never>>()
    /// People of whom the server knows no hidden id.
    var withoutLID = RecentValues<JID, Bool>(limit: 4096)
    var groups = KnownGroups()
    /// When people were last looked at whether they need a token of ours.
    var tokensChecked = RecentValues<JID, Double>(limit: 8192)

    // Receiving
    var receipts = ReceiptLedger()
    var gathered = GatheredReceipts()
    var retries = RetryLedger()
    var rebuilds = RecentValues<ProtocolAddress, Double>(limit: 1024)
    /// How much accounts have asked for again.
    var retryHours = RecentValues<JID, HourlyCount>(limit: 1024)

    // What can wait
    var jobs: [Job] = []
    var delayedJobs = 0
    var isWorking = false
    var isWorkFinished = false
    var worker: CheckedContinuation<Void, Never>?
    var isUploadingPreKeys = false
    var preKeysUploadedAt: Double?
    var preKeyUploads = HourlyCount()

    /// - Parameters:
    ///   - uploader: what carries attachments.
    ///   - generator: for keys and ids; has to be one for secrets.
    ///   - onEvent, onMessage: awaited before the stanza that brought the news is acknowledged. Receipts are handed over
    ///     beside the other news, never two lots of them at once.
    public init(
        store: any DeviceStore, uploader: any MediaUploader, policy: MessagePolicy = MessagePolicy(),
        time: SessionTime, generator: some RandomNumberGenerator & Sendable, logger: Logger,
        onEvent: @escaping ClientEventHandler, onMessage: @escaping MessageEventHandler
    ) {
        self.store = store
        self.policy = policy
        self.time = time
        self.generator = SharedGenerator(generator)
        self.uploads = AttachmentUploads(
            store: store, uploader: uploader, patience: policy.uploadPatience, time: time, generator: self.generator,
            logger: logger)
        self.logger = logger
        self.onEvent = onEvent
        self.onMessage = onMessage
    }

    /// The connection to speak through; `nil` to let go of it. A session and its handler know each other, so one of
    /// them has to be let go of in the end.
    public func attach(_ channel: (any StanzaChannel)?) async {
        self.attached = channel
        await self.uploads.attach(channel)
    }

    var channel: any StanzaChannel {
        get throws(ClientError) {
            guard let attached else { throw .notConnected }
            return attached
        }
    }

    /// Seconds since the session's clock was made.
    var uptime: Double { self.time.now.uptime.inSeconds }
}

/// By which of a person's names a message goes out.
enum Addressing: Sendable {
    case lid, pn

    var other: Addressing { self == .lid ? .pn : .lid }
}

extension Messenger {
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeviceState) throws -> Value
    ) async throws(ClientError) -> Value {
        do {
            return try await self.store.read(body)
        } catch {
            throw .storeFailed("\(error)")
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws(ClientError) -> Value {
        do {
            return try await self.store.write(body)
        } catch {
            throw .storeFailed("\(error)")
        }
    }

    /// Sends what has no answer. What cannot be sent is dropped: the server repeats what is not acknowledged.
    func reply(_ node: Node) async {
        do {
            try await self.channel.send(node)
        } catch {
            self.logger.debug("a stanza was not sent", metadata: ["tag": "\(node.tag)", "error": "\(error)"])
        }
    }

    /// Takes note of names that belong together. Costs no commit when they are known.
    func learn(_ mappings: [LIDMapping]) async throws(ClientError) {
        guard !mappings.isEmpty else { return }
        let unknown = try await self.read { state in
            try mappings.filter { try state.loadLID(ofPN: $0.pn) != $0.lid || state.loadPN(ofLID: $0.lid) != $0.pn }
        }
        guard !unknown.isEmpty else { return }
        try await self.write { state in
            for mapping in unknown { try state.learn(mapping) }
        }
    }

    /// Waits until no other send is under way; followed by `endTurn`.
    func takeTurn() async {
        guard self.isSending else {
            self.isSending = true
            return
        }
        await withCheckedContinuation { self.sendWaiters.append($0) }
    }

    func endTurn() {
        if let next = self.sendWaiters.removeFirst() { next.resume() } else { self.isSending = false }
    }
}

extension Array {
    /// Runs of at most this many elements.
    func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: size).map { self[$0..<Swift.min($0 + size, self.count)] }
    }
}
