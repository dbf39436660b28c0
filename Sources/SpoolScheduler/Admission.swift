public import Foundation

/// The scheduler's answer for one device: send now, or at what time and why not before.
public enum Admission: Equatable, Sendable {
    /// Up to this many messages may leave now, at least one.
    case now(upTo: Int)
    /// Nothing may leave before the moment.
    case wait(until: Date, WaitReason)
}

/// Why a device waits, in words for `reason` and for people.
public enum WaitReason: Equatable, Sendable, CustomStringConvertible {
    case away
    case delay
    case rest
    case hourlyCap(Int)
    case dailyCap(Int)

    public var description: String {
        switch self {
        case .away: "the device was found offline"
        case .delay: "pause between two messages"
        case .rest: "rest after a run of messages"
        case .hourlyCap(let cap): "hourly cap of \(cap) messages reached"
        case .dailyCap(let cap): "daily cap of \(cap) messages reached"
        }
    }
}
