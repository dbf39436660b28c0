import WhatsAppBinary
import WhatsAppCrypto

/// What waits for the handler, the store and the listener, done one after the other.
struct Inbox: Sendable {
    /// From here on no more is read while nobody waits for an answer.
    static let stanzaLimit = 256
    static let byteLimit = 4 << 20
    /// Here the connection is given up.
    static let stanzaMaximum = 16_384
    static let byteMaximum = 64 << 20

    enum Task: Sendable {
        case stanza(Node, bytes: Int)
        case phase(SessionPhase)
        case event(ClientEvent)
        case saveLID(JID)
        case saveRoutingInfo([UInt8])
        case markLoggedOut(LogoutReason)
        case save(
            PairingStateMachine.Change, then: [PairingStateMachine.Action], otherwise: [PairingStateMachine.Action])
        case answer(PrimaryHello)
    }

    struct Item: Sendable {
        let task: Task
        /// The connection it came with.
        let connection: Int

        /// Without its connection it is of no use: the server sends again what was not acknowledged.
        fileprivate var isForConnectionOnly: Bool {
            switch self.task {
            case .stanza, .phase(.loggedIn), .phase(.connected), .phase(.drained), .answer: true
            case .phase(.disconnected), .event, .saveLID, .saveRoutingInfo, .markLoggedOut, .save: false
            }
        }

        fileprivate var bytes: Int? {
            if case .stanza(_, let bytes) = self.task { bytes } else { nil }
        }
    }

    private var items = FIFO<Item>()
    private var stanzas = 0
    private var bytes = 0

    var hasRoom: Bool { self.stanzas < Self.stanzaLimit && self.bytes < Self.byteLimit }
    var isOverfull: Bool { self.stanzas > Self.stanzaMaximum || self.bytes > Self.byteMaximum }

    mutating func append(_ task: Task, connection: Int) {
        let item = Item(task: task, connection: connection)
        self.items.append(item)
        self.count(item, 1)
    }

    mutating func takeFirst() -> Item? {
        guard let item = self.items.removeFirst() else { return nil }
        self.count(item, -1)
        return item
    }

    /// Drops what came with a connection that has ended.
    mutating func forgetConnection() {
        self.items.removeAll(where: \.isForConnectionOnly)
        (self.stanzas, self.bytes) = (0, 0)
    }

    private mutating func count(_ item: Item, _ sign: Int) {
        guard let bytes = item.bytes else { return }
        self.stanzas += sign
        self.bytes += sign * bytes
    }
}
