public import Foundation
public import SpoolCore

/// One device as the rules see it: when it may send, to whom, and why not before.
///
/// State, now and chance come in; an admission, or a time and its reason, comes out. What must survive a restart is
/// `stored`; the ledger of sends is loaded again from the attempts, and pauses are drawn anew.
///
/// - Asking: `admission`, `closure`, `obstacles`, `nextSend`, `used`.
/// - Sending: `record(lane:start:end:using:)`, `recordSuccess`, `recordFailure`.
/// - Coming and going: `reconnected`, `relinked`, `pause`, `resume`, `correct`.
public struct DeviceState: Equatable, Sendable {
    public var policy: SchedulerPolicy
    var memory: DeviceMemory
    var ledger: SendLedger
    var pace: Pace

    /// - Parameters:
    ///   - stored: What `stored` gave before the restart; `nil` for a new device.
    ///   - sends: The device's sends of the last 24 hours.
    /// - Throws: When `stored` is not what this type has written.
    public init(
        policy: SchedulerPolicy, stored: Data? = nil, sends: [Send] = [],
        using generator: inout some RandomNumberGenerator
    ) throws(DeviceStateError) {
        self.policy = policy
        self.ledger = SendLedger(sends)
        self.pace = Pace(policy: policy.pacing, sends: self.ledger.all, using: &generator)
        do {
            self.memory = try stored.map { try JSONDecoder().decode(DeviceMemory.self, from: $0) } ?? DeviceMemory()
        } catch {
            throw .unreadable(String(describing: error))
        }
    }

    /// A new device, and one whose stored state is lost.
    public init(policy: SchedulerPolicy, sends: [Send], newUsing generator: inout some RandomNumberGenerator) {
        self.policy = policy
        self.ledger = SendLedger(sends)
        self.pace = Pace(policy: policy.pacing, sends: self.ledger.all, using: &generator)
        self.memory = DeviceMemory()
    }

    /// What has to survive a restart, the same bytes for the same state.
    public var stored: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return try encoder.encode(self.memory)
        } catch {
            preconditionFailure("numbers, dates and texts can always be written: \(error)")
        }
    }

    // MARK: Sending

    /// Counts one message that was handed to the connection at `start`; the send ended at `end`.
    /// - Parameter message: Whose receipt decides, if it is the circuit breaker's probe.
    public mutating func record(
        lane: Lane, message: QueueID? = nil, start: Date, end: Date, using generator: inout some RandomNumberGenerator
    ) {
        let last = self.ledger.all.last
        self.ledger.record(start, lane)
        self.memory.warmUp.record(start)
        if lane == .cold {
            self.memory.standing.quota?.usedSince += 1
            self.memory.breaker.recordSend(message, at: start, self.policy.breaker)
        }
        self.pace.record(start: start, end: end, after: last, self.policy.pacing, using: &generator)
    }

    /// The server has taken a message.
    public mutating func recordSuccess() {
        self.memory.cooldown.recordSuccess()
    }

    /// A send ended with a temporary failure.
    public mutating func recordFailure(at now: Date) {
        self.memory.cooldown.recordFailure(at: now, self.policy.cooldown)
    }

    // MARK: Coming and going

    /// The connection is back, and all that came meanwhile has been handed over.
    public mutating func reconnected(at now: Date, using generator: inout some RandomNumberGenerator) {
        if self.memory.standing.halt?.endsByConnecting == true { self.memory.standing.halt = nil }
        if self.memory.standing.halt?.endsByLinking == true { self.relinked() }
        self.pace.reconnected(at: now, ramp: self.policy.reconnectRamp, self.policy.pacing, using: &generator)
    }

    /// The device was linked again: the service takes it for a new one.
    public mutating func relinked() {
        self.memory.standing.halt = nil
        self.memory.warmUp.restart()
    }

    /// A person stops the device.
    public mutating func pause(reason: String?, at now: Date) {
        self.memory.pause = DeviceMemory.Pause(reason: reason, since: now)
    }

    /// A person lets it go on, and takes note of what stopped it or its strangers. A ban whose end is known goes on until then.
    public mutating func resume(at now: Date) {
        self.memory.pause = nil
        self.memory.standing.halt = nil
        if self.memory.replyRatio.closure(self.policy.replyRatio) != nil { self.memory.replyRatio.takeNote(at: now) }
        if let until = self.memory.standing.ban?.until, until > now {
            self.memory.standing.ban?.needsPerson = false
        } else {
            self.memory.standing.ban = nil
        }
    }

    /// Forgets what a clock that was ahead has left behind: sends later than `now` count as made now, and no pause that
    /// lasts is longer than the longest one that begins now. What the service has set stays.
    public mutating func correct(at now: Date) {
        self.ledger.correct(at: now)
        self.pace.correct(at: now, self.policy.pacing)
        self.memory.cooldown.correct(at: now, self.policy.cooldown)
        self.memory.warmUp.correct(at: now)
        self.memory.breaker.correct(at: now, self.policy.breaker)
    }
}

/// Why a device's state could not be taken up again.
public enum DeviceStateError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(String)

    public var description: String {
        switch self {
        case .unreadable(let detail): "the stored state of a device cannot be read: \(detail)"
        }
    }
}
