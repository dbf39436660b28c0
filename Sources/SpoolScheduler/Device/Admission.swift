public import Foundation
public import SpoolCore

/// The scheduler's answer for one device: send now, or at what time and why not before.
public enum Admission: Equatable, Sendable {
    /// Up to this many messages of these lanes may leave now, at least one. `DeviceState.closure` says what keeps
    /// another lane, and until when.
    case now(lanes: Set<Lane>, upTo: Int)
    /// Nothing may leave before the moment.
    case wait(until: Date, WaitReason)
}

/// What keeps a device or one of its lanes from sending, and until when; `distantFuture` until somebody acts.
public struct Closure: Equatable, Sendable {
    public var until: Date
    public var reason: WaitReason

    public init(until: Date, _ reason: WaitReason) {
        self.until = until
        self.reason = reason
    }
}

/// How many messages wait for a device: what only it may send and its share of the rest.
public struct Backlog: Equatable, Sendable {
    /// Due within the next hour.
    public var hour: Int
    /// Due within the next 24 hours.
    public var day: Int

    public init(hour: Int, day: Int) {
        self.hour = hour
        self.day = day
    }

    public static let none = Backlog(hour: 0, day: 0)

    /// - Parameters:
    ///   - own: What only this device may send.
    ///   - shared: What any may send, in `devices` equal shares.
    public init(own: Backlog, shared: Backlog, devices: Int) {
        let devices = max(1, devices)
        self.hour = own.hour + (shared.hour + devices - 1) / devices
        self.day = own.day + (shared.day + devices - 1) / devices
    }
}
