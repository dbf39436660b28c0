import CryptoPrimitives
import Foundation
import WhatsAppBinary

/// The service itself: who is there, who may log in, what becomes of every stanza. It touches no socket and no clock:
/// inputs go in with the time, outputs come out.
///
/// Everything a client sends is checked; what is wrong is refused as the real service would and noted in `complaints`.
/// Topics: `+Accounts`, `+Login`, `+Pairing`, `+PairingCode`, `+InfoQueries`, `+PreKeys`, `+UserQueries`, `+Messages`,
/// `+MessageChecks`, `+Delivery`, `+Acknowledgements`, `+Notifications`, `+Privacy`, `+Media`, `+Groups`,
/// `+GroupMessages`, `+GroupChecks`, `+Phones`, `+GroupPhones`, `+Faults`.
struct SimulatedService: Sendable {
    struct Configuration: Sendable {
        var seed: UInt64
        /// Whether a number nobody has spoken of has an account.
        var everyNumberHasAccount: Bool
    }

    let configuration: Configuration
    var settings = SimulationSettings()
    var random: SimulationRandom
    /// The time of the present input.
    var now = Date(timeIntervalSince1970: 0)

    var accounts: [String: SimulatedAccount] = [:]
    /// The number behind a hidden identifier.
    var numbersByLID: [String: String] = [:]
    var missing: Set<String> = []
    var scripts: [String: AccountScript] = [:]
    var companions: [SimulatedDeviceID: CompanionDevice] = [:]
    /// The phones, and the linked devices of people that are run here as well.
    var phones: [SimulatedDeviceID: SimulatedPhone] = [:]
    var connections: [ConnectionID: ServiceConnection] = [:]
    /// What became of the pairings, by their connection.
    var pairings: [ConnectionID: PairingOutcome] = [:]

    /// The messages that were taken, by the sender's number, then by `chat|id`.
    var accepted: [String: [String: AcceptedMessage]] = [:]
    /// Deliveries to companions that wait for the one after them.
    var heldBack: [SimulatedDeviceID: [Node]] = [:]
    var mail: [PhoneMail] = []
    var mailPosition = 0

    var media = MediaShelf()
    /// By address.
    var groups: [String: SimulatedGroup] = [:]

    var faults: [ArmedFault] = []
    var later = DeadlineQueue<LaterWork>()
    var complaints = ComplaintLog()
    var counts = SimulationCounts()
    private var lastStanza = 0
    private var outputs: [ServiceOutput] = []
    private var announcedWake: Date?

    init(_ configuration: Configuration) {
        self.configuration = configuration
        self.random = SimulationRandom(seed: configuration.seed)
    }

    /// Works through one input.
    mutating func handle(_ input: ServiceInput, now: Date) -> [ServiceOutput] {
        self.now = now
        switch input {
        case .connected(let id, let noiseKey, let payload):
            self.connect(id, noiseKey: noiseKey, payload: payload)
        case .stanza(let id, let node): self.receive(node, on: id)
        case .garbage(let id, let reason): self.receiveGarbage(reason, on: id)
        case .disconnected(let id): self.disconnect(id)
        // A clock that runs ahead of the time of day comes too early, and has to come again.
        case .timer: self.announcedWake = nil
        case .person(let act): self.perform(act)
        case .faults(let faults): self.arm(faults)
        case .fetched(let number, let result): self.finishFetch(number, result)
        }
        return self.finish()
    }

    /// Works through stanzas. What they bring for phones waits for `deliverMail`, unless something else is due.
    mutating func receive(_ stanzas: [(id: ConnectionID, stanza: Node)], now: Date) -> [ServiceOutput] {
        self.now = now
        for (id, stanza) in stanzas { self.receive(stanza, on: id) }
        if let due = self.later.earliest, due <= now { return self.finish() }
        return self.takeOutputs()
    }

    /// Hands phones so much of what came for them.
    mutating func deliverMail(upTo limit: Int, now: Date) -> [ServiceOutput] {
        self.now = now
        self.deliverMail(upTo: limit)
        return self.takeOutputs()
    }

    /// Lets everything happen that is due, and says what is to be done.
    mutating func finish() -> [ServiceOutput] {
        self.deliverMail()
        while let work = self.later.next(until: self.now) {
            self.perform(work)
            self.deliverMail()
        }
        return self.takeOutputs()
    }

    private mutating func takeOutputs() -> [ServiceOutput] {
        if let wake = self.later.earliest, wake != self.announcedWake {
            self.announcedWake = wake
            self.outputs.append(.wake(at: wake))
        }
        defer { self.outputs.removeAll(keepingCapacity: true) }
        return self.outputs
    }

    private mutating func perform(_ work: LaterWork) {
        switch work {
        case .pairingEnds(let id): self.endPairing(id, outcome: .expired)
        case .endPairing(let id, let node): self.end(id, with: node)
        case .fault(let fault): self.happen(fault.action, to: self.companions(of: fault.from), recipient: fault.to)
        case .send(let node, let id): self.send(node, to: id)
        case .success(let id): self.succeed(id)
        case .deliver(let deliveries): self.deliver(deliveries)
        case .release(let device): self.releaseHeldBack(device)
        case .read(let device, let key): self.read(device, key)
        case .reply(let from, let to, let text): self.send(.text(text), from: from, to: to, id: nil)
        case .fetch(let number, let order): self.emit(.fetch(number, order))
        }
    }
}

// What all topics use.
extension SimulatedService {
    var unixTime: String { String(Int(self.now.timeIntervalSince1970)) }

    /// The id of a stanza of ours, used once.
    mutating func nextStanzaID() -> String {
        self.lastStanza += 1
        return String(self.lastStanza)
    }

    mutating func send(_ node: Node, to id: ConnectionID) {
        guard let connection = self.connections[id] else { return }
        if case .ended = connection.stage { return }
        self.outputs.append(.send(node, to: id, connection.style))
    }

    mutating func emit(_ output: ServiceOutput) { self.outputs.append(output) }

    /// Says the last word to a connection, if there is one to say, and closes it.
    mutating func end(_ id: ConnectionID, with node: Node? = nil, abruptly: Bool = false) {
        guard let connection = self.connections[id] else { return }
        if case .ended = connection.stage { return }
        if let node { self.send(node, to: id) }
        self.leave(id, connection)
        self.connections[id]?.stage = .ended
        self.outputs.append(.close(id, abruptly: abruptly))
    }

    private mutating func disconnect(_ id: ConnectionID) {
        guard let connection = self.connections.removeValue(forKey: id) else { return }
        self.leave(id, connection)
    }

    private mutating func leave(_ id: ConnectionID, _ connection: ServiceConnection) {
        switch connection.stage {
        case .registering: if self.pairings[id] == nil { self.pairings[id] = .closed }
        case .device(let device):
            guard self.companions[device]?.connection == id else { return }
            self.companions[device]?.connection = nil
            self.companions[device]?.isActive = false
            self.companions[device]?.isAvailable = false
        case .fresh, .ended: break
        }
    }

    /// - Parameter answer: What the client was told, if it was told something.
    mutating func complain(_ reason: String, about node: Node? = nil, by sender: String, answer: String = "") {
        self.complaints.append(
            Complaint(
                time: self.now, sender: sender, tag: node?.tag ?? "", id: node?.string("id") ?? "", reason: reason,
                answer: answer))
    }

    /// The name of a connection in complaints.
    func name(of id: ConnectionID) -> String {
        switch self.connections[id]?.stage {
        case .device(let device): device.description
        case .fresh, .registering, .ended, nil: id.description
        }
    }

    private mutating func receiveGarbage(_ reason: String, on id: ConnectionID) {
        self.complain(reason, by: self.name(of: id), answer: "xml-not-well-formed")
        self.end(id, with: Node("stream:error", children: [Node("xml-not-well-formed")]))
    }
}

/// How much has happened in a run.
public struct SimulationCounts: Sendable, Hashable {
    /// Messages of companions that were taken, each id counted once.
    public var acceptedMessages = 0
    /// Messages of companions that were taken before and came again.
    public var repeatedMessages = 0
    /// Messages of companions that recipients' phones have decrypted and shown, each id counted once a phone.
    public var shownMessages = 0
    /// How often such a message came again.
    public var rawRepeats = 0
    /// How often a phone could not decrypt what it got.
    public var undecryptable = 0
    public var logins = 0
    /// Messages to groups with another participant hash than that of all devices.
    public var staleHashes = 0
    /// How often a phone that has left a group could have read what was written there.
    public var readableByFormerMembers = 0
    /// How often companions have asked where to upload.
    public var mediaQueries = 0
    /// Files that were uploaded, each time they were.
    public var uploads = 0
    public var uploadedBytes = 0
    /// Files that were fetched, by phones and over the wire.
    public var downloads = 0
    /// Files that phones have decrypted and found right.
    public var verifiedFiles = 0
}
