import WhatsAppBinary
import WhatsAppCrypto

/// What waits for the handler, the store and the listener, done one after the other.
struct Inbox: Sendable {
    /// From here on no more is read while nobody waits for an answer. Whatever waits counts as a stanza.
    static let stanzaLimit = 256
    static let byteLimit = 4 << 20
    /// Here the connection is given up.
    static let stanzaMaximum = 16_384
    static let byteMaximum = 64 << 20
    /// What an item takes beside the bytes it came in.
    static let itemBytes = 256

    enum Task: Sendable {
        case stanza(Node, bytes: Int)
        case phase(SessionPhase)
        case event(ClientEvent)
        case saveLID(JID)
        /// Of those that wait, the last stands for all.
        case saveRoutingInfo([UInt8])
        case markLoggedOut(LogoutReason)
        case save(
            PairingStateMachine.Change, then: [PairingStateMachine.Action], otherwise: [PairingStateMachine.Action])
        case answer(PrimaryHello)

        /// Roughly. The texts in events are cut where they come in.
        fileprivate var bytes: Int {
            switch self {
            case .stanza(_, let bytes): bytes + Inbox.itemBytes
            case .saveRoutingInfo(let bytes): bytes.count + Inbox.itemBytes
            case .phase, .event, .saveLID, .markLoggedOut, .save, .answer: Inbox.itemBytes
            }
        }
    }

    struct Item: Sendable {
        let task: Task
        /// The connection it came with.
        let connection: Int
        fileprivate let bytes: Int

        /// Without its connection it is of no use: the server sends again what was not acknowledged.
        fileprivate var isForConnectionOnly: Bool {
            switch self.task {
            case .stanza, .phase(.loggedIn), .phase(.connected), .phase(.drained), .answer: true
            case .phase(.disconnected), .event, .saveLID, .saveRoutingInfo, .markLoggedOut, .save: false
            }
        }
    }

    private var items = FIFO<Item>()
    private var bytes = 0
    /// What came last, while an item waits for it.
    private var routingInfo: [UInt8]?

    var hasRoom: Bool { self.items.count < Self.stanzaLimit && self.bytes < Self.byteLimit }
    var isOverfull: Bool { self.items.count > Self.stanzaMaximum || self.bytes > Self.byteMaximum }

    mutating func append(_ task: Task, connection: Int) {
        if case .saveRoutingInfo(let bytes) = task {
            defer { self.routingInfo = bytes }
            guard self.routingInfo == nil else { return }
        }
        let item = Item(task: task, connection: connection, bytes: task.bytes)
        self.items.append(item)
        self.bytes += item.bytes
    }

    mutating func takeFirst() -> Item? {
        guard let item = self.items.removeFirst() else { return nil }
        self.bytes -= item.bytes
        guard case .saveRoutingInfo = item.task, let last = self.routingInfo else { return item }
        self.routingInfo = nil
        return Item(task: .saveRoutingInfo(last), connection: item.connection, bytes: item.bytes)
    }

    /// Drops what came with a connection that has ended.
    mutating func forgetConnection() {
        var dropped = 0
        self.items.removeAll { item in
            guard item.isForConnectionOnly else { return false }
            dropped += item.bytes
            return true
        }
        self.bytes -= dropped
    }
}
