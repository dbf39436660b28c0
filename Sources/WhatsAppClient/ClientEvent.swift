public import Foundation
public import WhatsAppBinary

/// What the owner of a session hears of it, in the order in which it happened.
public enum ClientEvent: Equatable, Sendable {
    // The connection

    /// The device is online and active: messages can be sent.
    case connected
    /// All that waited while the device was offline has been handled.
    case drained
    /// The connection ended, or did not come about; the session tries again by itself after this time.
    case disconnected(DisconnectReason, retryAfter: Duration)
    /// A ping got no answer within 10 s, for this many times in a row. After 3 min the session connects again.
    case pingMissed(inARow: Int)
    /// The session is over and does not connect again by itself.
    case ended(SessionEnd)
    /// The account may not send for a while. The session waits and connects again at `until`.
    case temporarilyBanned(code: Int?, until: Date)
    /// The server will refuse this client version from `date` on: an update is due.
    case versionExpires(at: Date)

    // Pairing

    case pairing(PairingEvent)

    // Limits of the account

    /// The account may not write to people who have not written to it, or may again.
    case timeLock(TimeLock)
    /// How much is left of the account's monthly number of new chats.
    case capping(Capping)

    // People

    /// Somebody has a new installation: old sessions with all their devices are void.
    case identityChanged(of: JID)
}

/// A reach-out time-lock.
public struct TimeLock: Hashable, Sendable {
    public var isActive: Bool
    /// The service's word for the reason, such as `WEB_COMPANION_ONLY`.
    public var enforcement: String?
    public var ends: Date?

    public init(isActive: Bool, enforcement: String? = nil, ends: Date? = nil) {
        self.isActive = isActive
        self.enforcement = enforcement
        self.ends = ends
    }
}

/// The account's quota of new chats.
public struct Capping: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable {
        case none = "NONE"
        case firstWarning = "FIRST_WARNING"
        case secondWarning = "SECOND_WARNING"
        case capped = "CAPPED"
    }

    public var status: Status
    /// `nil` for no limit.
    public var totalQuota: Int?
    public var usedQuota: Int?
    public var cycleStart: Date?
    public var cycleEnd: Date?

    public init(
        status: Status, totalQuota: Int? = nil, usedQuota: Int? = nil, cycleStart: Date? = nil, cycleEnd: Date? = nil
    ) {
        self.status = status
        self.totalQuota = totalQuota
        self.usedQuota = usedQuota
        self.cycleStart = cycleStart
        self.cycleEnd = cycleEnd
    }
}

/// Where a session's events go. It is awaited, so a slow listener slows the session down and nothing piles up.
public typealias ClientEventHandler = @Sendable (ClientEvent) async -> Void
