public import Foundation
public import SpoolCore

/// One message that a device handed to its connection.
public struct Send: Equatable, Sendable {
    public var at: Date
    public var lane: Lane

    public init(at: Date, lane: Lane) {
        self.at = at
        self.lane = lane
    }
}

/// When a device sent: what the sliding caps count. Loaded again from the attempts after a restart.
struct SendLedger: Equatable, Sendable {
    private(set) var all: SendTimes
    /// Those to strangers.
    private(set) var cold: SendTimes

    init(_ sends: [Send] = []) {
        self.all = SendTimes(sends.map(\.at))
        self.cold = SendTimes(sends.filter { $0.lane == .cold }.map(\.at))
    }

    mutating func record(_ moment: Date, _ lane: Lane) {
        self.all.record(moment)
        if lane == .cold { self.cold.record(moment) }
    }

    mutating func correct(at now: Date) {
        self.all.correct(at: now)
        self.cold.correct(at: now)
    }
}
