import Foundation
import SpoolCore
import SpoolHTTP
import SpoolScheduler

/// The devices as the daemon sees them now: what the transport says of each, how far it is paced, and whether messages
/// of it are under way.
actor DeviceBoard {
    /// What a device's delivery loop may do now.
    enum Turn: Equatable, Sendable {
        /// Send up to this many messages, then say `endTurn`.
        case now(upTo: Int)
        case wait(until: Date)
        /// The device cannot send; a bell will ring.
        case pause
        /// The device is not on the board.
        case gone
    }

    private struct Entry {
        var device: TransportDevice
        var pacing: DeviceState
        /// When it had been handed all news it missed; `nil` while it is not connected.
        var drainedAt: Date?
        /// Until when it is left alone because a send found it away, which the transport has not told yet.
        var awayUntil: Date?
        var timesAway = 0
    }

    /// The longest that a device found away is left alone, in seconds.
    private static let longestAway = 60.0

    let chance: Chance
    private var entries: [DeviceID: Entry] = [:]
    private var inTurn: Set<DeviceID> = []
    private var suspended: Set<DeviceID> = []
    private var waiters: [DeviceID: [CheckedContinuation<Void, Never>]] = [:]
    private var listeners: [Int: AsyncStream<TransportDevice>.Continuation] = [:]
    private var lastListener = 0

    init(chance: Chance) {
        self.chance = chance
    }

    // MARK: Coming and going

    /// Puts a device on the board, with what it sent in the last 24 hours; one that is there stays as it is.
    func add(_ device: TransportDevice, policy: PacingPolicy, sends: [Date], at now: Date) {
        guard self.entries[device.id] == nil else { return }
        var pacing = self.chance.draw {
            DeviceState(
                policy: SchedulerPolicy(pacing: policy), sends: sends.map { Send(at: $0, lane: .known) }, newUsing: &$0)
        }
        pacing.correct(at: now)
        self.entries[device.id] = Entry(device: device, pacing: pacing, drainedAt: device.isConnected ? now : nil)
        self.tell(device)
    }

    /// Takes over what the transport says of a device now.
    /// - Returns: What it said before; `nil` when the device is not on the board.
    func update(_ device: TransportDevice, at now: Date) -> TransportDevice? {
        guard var entry = self.entries[device.id] else { return nil }
        let before = entry.device
        entry.device = device
        if !device.isConnected {
            entry.drainedAt = nil
        } else if !before.isConnected || before.connectedAt != device.connectedAt {
            entry.drainedAt = now
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

    // MARK: Turns

    /// Asks for the device's turn. While it lasts, `suspend` waits.
    func beginTurn(of device: DeviceID, at now: Date) -> Turn {
        guard self.entries[device] != nil else { return .gone }
        guard !self.suspended.contains(device) else { return .pause }
        switch self.admission(of: device, at: now) {
        case nil: return .pause
        case .wait(let until, _): return .wait(until: until)
        case .now(_, let most):
            self.inTurn.insert(device)
            return .now(upTo: most)
        }
    }

    func endTurn(of device: DeviceID) {
        self.inTurn.remove(device)
        for waiter in self.waiters.removeValue(forKey: device) ?? [] { waiter.resume() }
    }

    /// Lets the device begin nothing more; returns when nothing of it is under way.
    func suspend(_ device: DeviceID) async {
        self.suspended.insert(device)
        guard self.inTurn.contains(device) else { return }
        await withCheckedContinuation { self.waiters[device, default: []].append($0) }
    }

    func resume(_ device: DeviceID) {
        self.suspended.remove(device)
    }

    /// May the device send? `nil` while it is not connected.
    func admission(of device: DeviceID, at now: Date) -> Admission? {
        guard let entry = self.entries[device], entry.device.isConnected else { return nil }
        if let awayUntil = entry.awayUntil, awayUntil > now { return .wait(until: awayUntil, .away) }
        return entry.pacing.admission(at: now)
    }

    /// Counts messages that were handed to the connection together; the call ended at `end`.
    func recordSends(by device: DeviceID, count: Int, start: Date, end: Date) {
        guard count > 0 else { return }
        self.entries[device]?.timesAway = 0
        self.chance.draw { generator in
            for _ in 0..<count {
                self.entries[device]?.pacing.record(lane: .known, start: start, end: end, using: &generator)
            }
        }
    }

    /// A send found the device away. Until the transport says how it is, it is left alone, each time for longer.
    func foundAway(_ device: DeviceID, at now: Date) {
        guard let times = self.entries[device]?.timesAway else { return }
        self.entries[device]?.timesAway = min(times + 1, 6)
        self.entries[device]?.awayUntil = now.addingTimeInterval(min(Self.longestAway, Double(1 << times)))
    }

    /// Forgets moments that lie ahead only because the clock did: sends, pauses, and when news had been handed over.
    func correctTimes(at now: Date) {
        for (id, entry) in self.entries {
            var entry = entry
            entry.pacing.correct(at: now)
            entry.drainedAt = entry.drainedAt.map { min($0, now) }
            entry.awayUntil = entry.awayUntil.map { min($0, now + Self.longestAway) }
            self.entries[id] = entry
        }
    }

    // MARK: Asking

    func isConnected(_ device: DeviceID) -> Bool { self.entries[device]?.device.isConnected ?? false }

    /// When the device had been handed all news it missed; `nil` while it is away.
    func drainedAt(_ device: DeviceID) -> Date? { self.entries[device]?.drainedAt }

    var ids: Set<DeviceID> { Set(self.entries.keys) }

    /// An estimate over the devices that can send.
    var estimate: Estimate { Estimate(devices: self.entries.values.filter(\.device.isConnected).map(\.pacing)) }

    /// What keeps messages waiting that only `device` may send, or, for `nil`, that any may; `nil` when one can send.
    func obstacle(for device: DeviceID?) -> String? {
        guard !self.entries.isEmpty else { return "no device is linked" }
        guard let device else {
            return self.entries.values.contains(where: \.device.isConnected) ? nil : "no device is connected"
        }
        guard let known = self.entries[device]?.device else { return "there is no device \(device)" }
        return known.isConnected ? nil : "device \(device) is \(known.words)"
    }

    /// Why nothing, or not everything, can be sent, and what to do.
    var notReady: [String] {
        let devices = self.entries.values.map(\.device).sorted { $0.id < $1.id }
        guard !devices.isEmpty else { return ["no device is linked; run: spoolctl device add NAME"] }
        let outdated = devices.filter { $0.status == .outdated }.map { "device \($0.id) is \($0.words)" }
        guard !devices.contains(where: \.isConnected) else { return outdated }
        let stuck = devices.filter(\.status.needsPerson).map { "device \($0.id) is \($0.words)" }
        return stuck.count == devices.count ? stuck : ["no device is connected"] + stuck
    }

    func views(at now: Date, isDryRun: Bool) -> [DeviceView] {
        self.entries.sorted { $0.key < $1.key }.map { id, entry in
            let used = entry.pacing.used(at: now)
            var pause: (until: Date, reason: String)?
            if case .wait(let until, let reason) = self.admission(of: id, at: now) {
                pause = (until, reason.description)
            }
            return DeviceView(
                sessionID: id, number: entry.device.number, status: entry.device.status.rawValue,
                isConnected: entry.device.isConnected, connectedAt: entry.device.connectedAt, sentLastHour: used.hour,
                hourlyLimit: entry.pacing.policy.pacing.hourly, sentLastDay: used.day,
                dailyLimit: entry.pacing.policy.pacing.daily,
                nextSendAt: entry.device.isConnected ? entry.pacing.nextSend(at: now) : nil, pausedUntil: pause?.until,
                pauseReason: entry.device.isConnected ? pause?.reason : entry.device.detail ?? "not connected",
                isDryRun: isDryRun)
        }
    }
}

extension TransportDevice {
    /// Its status and why.
    var words: String { self.detail.map { "\(self.status.rawValue): \($0)" } ?? self.status.rawValue }
}
