/// Why a device, or one of its lanes, waits, in words for `reason` and for people.
public enum WaitReason: Equatable, Sendable, CustomStringConvertible {
    case away
    case delay
    case reconnected
    case spreading(cap: Int, window: Window)
    case rest(after: Int)
    case hourlyCap(Int)
    case dailyCap(Int)
    case cooldown(failures: Int)
    case paused(String?)
    case halted(String)
    case banned(code: Int?)
    case warmUp(cap: Int, day: Int)
    case coldCap(Int)
    case timeLock
    case quotaShare(cap: Int, level: String)
    case quotaLeft(used: Int, of: Int)
    case quotaUsedUp
    case breaker(delivered: Int, of: Int)
    case probe
    case replyRatio(answered: Int, of: Int)

    /// A span in which sends are counted.
    public enum Window: String, Equatable, Sendable {
        case hour, day
    }

    public var description: String {
        switch self {
        case .away: "the device was found offline"
        case .delay: "pause between two messages"
        case .reconnected: "slow start after a reconnect"
        case .spreading(let cap, .hour): "spread over the hour: \(cap) messages an hour"
        case .spreading(let cap, .day): "spread over the day: \(cap) messages a day"
        case .rest(let after): "rest after a run of \(after) messages"
        case .hourlyCap(let cap): "hourly cap of \(cap) messages reached"
        case .dailyCap(let cap): "daily cap of \(cap) messages reached"
        case .cooldown(let failures): "cooldown after \(failures) temporary failures in a row"
        case .paused(let reason): "paused by a person" + (reason.map { ": \($0)" } ?? "")
        case .halted(let reason): "stopped until a person acts: \(reason)"
        case .banned(let code): "the account is banned for a time" + (code.map { " (\($0))" } ?? "")
        case .warmUp(let cap, let day): "warm-up day \(day): \(cap) new recipients a day"
        case .coldCap(let cap): "cap of \(cap) strangers a day reached"
        case .timeLock: "the service lets the account write to no new people (REACHOUT_TIMELOCK)"
        case .quotaShare(let cap, let level): "the service has warned of its new-chat quota (\(level)): \(cap) a day"
        case .quotaLeft(let used, let total): "new-chat quota of the service used up: \(used) of \(total)"
        case .quotaUsedUp: "new-chat quota of the service used up"
        case .breaker(let delivered, let of): "circuit breaker: only \(delivered) of \(of) strangers got the message"
        case .probe: "circuit breaker: one message is out as a probe"
        case .replyRatio(let answered, let of): "only \(answered) of the last \(of) strangers answered"
        }
    }
}
