import Foundation
import SpoolCore
import SpoolScheduler

/// The devices as the daemon sees them now: what the transport says of each, what the rules know of it, and whether
/// messages of it are under way. Topics: `+Turns`, `+Outcomes`, `+Views`.
actor DeviceBoard {
    struct Entry {
        var device: TransportDevice
        var state: DeviceState
        var wheel: PriorityWheel
        var sameText = SameTextWatch()
        /// When it had been handed all news it missed; `nil` while it is not connected.
        var drainedAt: Date?
        /// Since when it is not connected; `nil` while it is.
        var awaySince: Date?
        /// Until when it is left alone because a send found it away, which the transport has not told yet.
        var awayUntil: Date?
        var timesAway = 0
        /// What only it may send.
        var backlog = Backlog.none
        /// It has looked for messages and found none.
        var idle: Idle?
        /// It has left messages to another device, and waits for the end of that one's turn.
        var hasDeferred = false
        /// Answers to stop words that it is to send.
        var confirmations: [OptOutConfirmation] = []
        var revision = 0
        var storedRevision = 0
    }

    /// Nothing is there for the device, unless a bell has rung since or the moment has come.
    struct Idle {
        var ring: Int
        var until: Date?
    }

    /// The longest that a device found away is left alone, in seconds.
    static let longestAway = 60.0

    let chance: Chance
    private(set) var rules: RecipientRules
    var entries: [DeviceID: Entry] = [:]
    /// What any device may send.
    var sharedBacklog = Backlog.none
    var inTurn: Set<DeviceID> = []
    var suspended: Set<DeviceID> = []
    private var waiters: [DeviceID: [CheckedContinuation<Void, Never>]] = [:]
    private var listeners: [Int: AsyncStream<TransportDevice>.Continuation] = [:]
    private var lastListener = 0

    /// - Parameter timeZone: Of recipients whose number belongs to no country.
    init(policy: SchedulerPolicy, timeZone: TimeZone = .gmt, chance: Chance) {
        self.rules = RecipientRules(policy: policy, zones: RecipientZones(fallback: timeZone))
        self.chance = chance
    }

    var policy: SchedulerPolicy { self.rules.policy }

    /// Other settings from now on; what was counted stays.
    func adopt(_ policy: SchedulerPolicy) {
        self.rules.policy = policy
        for id in self.entries.keys { self.entries[id]?.state.policy = policy }
    }

    // MARK: Coming and going

    /// Puts a device on the board, with what was stored of it and what it sent in the last 24 hours; one that is there
    /// stays as it is.
    /// - Throws: When what was stored cannot be read; nothing is on the board then.
    func add(
        _ device: TransportDevice, stored: Data? = nil, sends: [Send] = [], at now: Date
    ) throws(DeviceStateError) {
        guard self.entries[device.id] == nil else { return }
        let made: Result<DeviceState, DeviceStateError> = self.chance.draw { generator in
            do throws(DeviceStateError) {
                return .success(
                    try DeviceState(policy: self.policy, stored: stored, sends: sends, using: &generator))
            } catch {
                return .failure(error)
            }
        }
        var state = try made.get()
        state.correct(at: now)
        self.entries[device.id] = Entry(
            device: device, state: state, wheel: PriorityWheel(burst: DeliveryService.mostAtOnce),
            drainedAt: device.isConnected ? now : nil, awaySince: device.isConnected ? nil : now)
        self.tell(device)
    }

    /// Takes over what the transport says of a device now.
    /// - Returns: What it said before; `nil` when the device is not on the board.
    func update(_ device: TransportDevice, at now: Date) -> TransportDevice? {
        guard var entry = self.entries[device.id] else { return nil }
        let before = entry.device
        entry.device = device
        entry.awaySince = device.isConnected ? nil : entry.awaySince ?? now
        if !device.isConnected {
            entry.drainedAt = nil
        } else if !before.isConnected || before.connectedAt != device.connectedAt {
            entry.drainedAt = now
            self.chance.draw { entry.state.reconnected(at: now, using: &$0) }
            entry.revision += 1
        }
        entry.awayUntil = nil
        self.entries[device.id] = entry
        self.tell(device)
        return before
    }

    func remove(_ device: DeviceID) {
        self.entries[device] = nil
    }

    func device(_ id: DeviceID) -> TransportDevice? { self.entries[id]?.device }

    /// Every device as it is from now on put on the board or changed.
    func changes() -> AsyncStream<TransportDevice> {
        let (stream, continuation) = AsyncStream.makeStream(of: TransportDevice.self)
        self.lastListener += 1
        let id = self.lastListener
        self.listeners[id] = continuation
        continuation.onTermination = { _ in Task { await self.dismiss(id) } }
        return stream
    }

    private func dismiss(_ listener: Int) { self.listeners[listener] = nil }

    private func tell(_ device: TransportDevice) {
        for listener in self.listeners.values { listener.yield(device) }
    }

    // MARK: Standing still

    /// Lets the device begin nothing more; returns when nothing of it is under way.
    func suspend(_ device: DeviceID) async {
        self.suspended.insert(device)
        guard self.inTurn.contains(device) else { return }
        await withCheckedContinuation { self.waiters[device, default: []].append($0) }
    }

    func resume(_ device: DeviceID) {
        self.suspended.remove(device)
    }

    /// Those who wait for the device to stand still go on.
    func wakeWaiters(of device: DeviceID) {
        for waiter in self.waiters.removeValue(forKey: device) ?? [] { waiter.resume() }
    }

    // MARK: A clock that was ahead

    /// Forgets moments that lie ahead only because the clock did: sends, pauses, and when news had been handed over.
    func correctTimes(at now: Date) {
        for (id, entry) in self.entries {
            var entry = entry
            entry.state.correct(at: now)
            entry.sameText.correct(at: now)
            entry.drainedAt = entry.drainedAt.map { min($0, now) }
            entry.awaySince = entry.awaySince.map { min($0, now) }
            entry.awayUntil = entry.awayUntil.map { min($0, now + Self.longestAway) }
            entry.idle = nil
            entry.revision += 1
            self.entries[id] = entry
        }
    }

    // MARK: Storing

    /// What has to survive a restart of the device, and a number that grows with each change of it.
    func stored(_ device: DeviceID) -> (state: Data, revision: Int)? {
        self.entries[device].map { ($0.state.stored, $0.revision) }
    }

    /// A state of the device is in the database.
    /// - Returns: Whether an older one may have taken the place of a newer one, which has to be stored again.
    func noteStored(_ device: DeviceID, revision: Int) -> Bool {
        guard let entry = self.entries[device] else { return false }
        guard revision >= entry.storedRevision else { return true }
        self.entries[device]?.storedRevision = revision
        return false
    }

    /// Devices whose state has changed since it was stored.
    var unstored: [DeviceID] {
        self.entries.filter { $0.value.revision > $0.value.storedRevision }.keys.sorted()
    }
}
