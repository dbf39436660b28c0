public import Foundation
public import SpoolCore

/// Which device sends what no device owns yet, and when a message may leave the device that owns it.
///
/// A message that names its device, and one whose recipient knows a device, belong to that. All else goes to the device
/// with most room left. Devices are compared by a total order, so of those that could send now exactly one is first,
/// and two never leave a message to each other.
public struct DeviceChoice: Sendable {
    /// One device among which is chosen.
    public struct Option: Equatable, Sendable {
        public var device: DeviceID
        /// Whether it could send a message to a stranger now: connected, not under way with others, nothing in its way.
        public var isReady: Bool
        /// How many it could send before a cap: `DeviceState.roomLeft`.
        public var room: Int

        public init(device: DeviceID, isReady: Bool, room: Int) {
            self.device = device
            self.isReady = isReady
            self.room = room
        }
    }

    /// The device that unowned messages belong to now; `nil` when none could send one.
    public static func first(among options: [Option]) -> DeviceID? {
        options.filter { $0.isReady && $0.room > 0 }.min { Self.precedes($0, $1) }?.device
    }

    /// Whether a claim of this device may take what no device owns. A device that may not asks again when another has
    /// ended its turn.
    public static func takesUnowned(_ device: DeviceID, among options: [Option]) -> Bool {
        guard let first = self.first(among: options) else { return false }
        return first == device
    }

    private static func precedes(_ left: Option, _ right: Option) -> Bool {
        left.room == right.room ? left.device < right.device : left.room > right.room
    }

    // MARK: Leaving a device

    /// Why a device does not send.
    public enum Outage: Equatable, Sendable {
        /// The network, since then.
        case transport(since: Date)
        /// The service, or a person.
        case policy
    }

    /// How long a transport outage lasts before messages move.
    public static let patience: TimeInterval = 300

    /// When messages of the device that are not pinned to it and were never attempted may go to another device, by
    /// lane. One that was attempted may have arrived: it stays, as do all messages to strangers, because a device that
    /// the service has stopped must not go on under another name.
    /// - Returns: `nil` when none may.
    public static func moves(of lane: Lane, isPinned: Bool, wasAttempted: Bool, _ outage: Outage) -> Date? {
        guard !isPinned, !wasAttempted, lane != .cold, case .transport(let since) = outage else { return nil }
        return since.addingTimeInterval(Self.patience)
    }
}

extension DeviceChoice.Outage {
    /// - Parameter since: Since when the device is not connected.
    public init?(_ status: DeviceStatus, since: Date) {
        switch status {
        case .connected: return nil
        case .disconnected: self = .transport(since: since)
        case .banned, .unlinked, .replaced, .refused, .outdated, .failed: self = .policy
        }
    }
}

extension DeviceState {
    /// How many messages of the lane fit under the caps now; at most `Int.max`.
    public func roomLeft(for lane: Lane, at now: Date) -> Int {
        let own = self.caps.map { $0.cap.room(at: now, after: self.ledger.all) }.min() ?? .max
        return lane == .cold ? min(own, self.coldRoom(at: now)) : own
    }
}
