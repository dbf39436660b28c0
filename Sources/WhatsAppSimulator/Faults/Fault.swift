/// One thing that goes wrong, or happens, in a simulation, and when.
public struct Fault: Sendable, Hashable {
    /// What a fault waits for. The first that is true of it is counted, and of those the numbers in `occurrences` fire.
    public enum Event: String, Sendable, Hashable, CaseIterable {
        /// Nothing: it happens at once, or `after` so many seconds.
        case now
        /// A companion sends a message; `from` and `to` may name the numbers.
        case message
        /// A message of a phone is about to go to a companion; `from` is the phone's number, `to` the companion's.
        case delivery
        /// A linked device logs in; `from` is its number.
        case login
        /// A companion asks for numbers or device lists; `from` is its number.
        case usync
        /// A companion asks for pre-keys of others.
        case preKeys
        /// A companion uploads its own pre-keys.
        case upload
        /// A companion asks about groups.
        case groupQuery
        /// A companion asks where media are uploaded.
        case mediaConnection
        /// A file is about to be uploaded; `from` is the number of the companion's account.
        case mediaUpload
        /// A file is about to be fetched; `to` is the number of the phone, nobody's when it is fetched over the wire.
        case mediaDownload
        /// A phone has scanned a QR code, or got the key bundle for a pairing code; `to` is its number.
        case pairing
        /// A client has sent its first handshake message; nobody knows yet who it is.
        case connection
    }

    public var event: Event
    /// Seconds, for `now`.
    public var after: Double
    /// The number of the account whose companions are concerned; any when `nil`.
    public var from: String?
    /// The number of the other side, or the address of a group; any when `nil`. Of an action that happens to a person, at an event other than
    /// `message`: who that is.
    public var to: String?
    /// Counted from 1, by this fault alone, over what fits `event`, `from` and `to`.
    public var first: Int
    /// How many in a row from `first` on; `nil` for all.
    public var times: Int?
    public var action: FaultAction

    public init(
        on event: Event = .now, after: Double = 0, from: String? = nil, to: String? = nil, first: Int = 1,
        times: Int? = 1, _ action: FaultAction
    ) {
        self.event = event
        self.after = after
        self.from = from
        self.to = to
        self.first = first
        self.times = times
        self.action = action
    }
}

extension Fault {
    /// Whether `to` says whom it happens to rather than which events it waits for.
    var namesPerson: Bool {
        self.action.concernsRecipient && (self.event != .message || self.action.group != nil)
    }
}

/// A fault and how often what it waits for has come.
struct ArmedFault: Sendable {
    let fault: Fault
    var count = 0

    /// Whether it has fired as often as it may.
    var isSpent: Bool {
        guard let times = self.fault.times else { return false }
        return self.count >= self.fault.first - 1 + times
    }

    /// Counts one event that may concern it, and says whether it fires.
    mutating func fires(on event: Fault.Event, from: String?, to: [String]) -> Bool {
        guard self.fault.event == event, self.fault.from == nil || self.fault.from == from,
            self.fault.to.map(to.contains) ?? true || self.fault.namesPerson
        else { return false }
        self.count += 1
        guard self.count >= self.fault.first else { return false }
        guard let times = self.fault.times else { return true }
        return self.count < self.fault.first + times
    }
}
