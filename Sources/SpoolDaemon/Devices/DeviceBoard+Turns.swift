import Foundation
import SpoolCore
import SpoolScheduler

extension DeviceBoard {
    /// What a device's delivery loop may do now.
    enum Turn: Equatable, Sendable {
        /// Send on these terms, then say `endTurn`.
        case now(SendingTerms)
        case wait(until: Date)
        /// The device cannot send; a bell will ring.
        case pause
        /// The device is not on the board.
        case gone
    }

    /// Asks for the device's turn. While it lasts, `suspend` waits.
    /// - Parameter ring: How often the bells have rung: a device that found nothing is looked past until the next time.
    func beginTurn(of device: DeviceID, at now: Date, ring: Int) -> Turn {
        guard self.entries[device] != nil else { return .gone }
        guard !self.suspended.contains(device) else { return .pause }
        switch self.admission(of: device, at: now) {
        case nil: return .pause
        case .wait(let until, _): return .wait(until: until)
        case .now(let lanes, let most):
            self.entries[device]?.idle = nil
            let terms = self.terms(of: device, lanes, most, at: now, ring: ring)
            self.entries[device]?.hasDeferred = !terms.takesUnowned
            self.inTurn.insert(device)
            return .now(terms)
        }
    }

    /// - Parameters:
    ///   - idle: It found nothing to send.
    /// - Returns: The devices that had left messages to this one: they ask anew.
    func endTurn(of device: DeviceID, _ terms: SendingTerms, idle: Idle?) -> [DeviceID] {
        self.inTurn.remove(device)
        self.entries[device]?.idle = idle
        self.wakeWaiters(of: device)
        guard terms.takesUnowned else { return [] }
        let waiting = self.entries.filter { $0.value.hasDeferred && $0.key != device }.keys.sorted()
        for id in waiting { self.entries[id]?.hasDeferred = false }
        return waiting
    }

    /// May the device send? `nil` while it is not connected.
    func admission(of device: DeviceID, at now: Date) -> Admission? {
        guard let entry = self.entries[device], entry.device.isConnected else { return nil }
        if let awayUntil = entry.awayUntil, awayUntil > now { return .wait(until: awayUntil, .away) }
        return entry.state.admission(at: now, backlog: self.backlog(of: entry))
    }

    /// Whether a message that was claimed before may still leave: what came up since does not let it, if anything.
    func obstacleMeanwhile(for lane: Lane, of device: DeviceID, at now: Date) -> WaitReason? {
        guard let entry = self.entries[device] else { return .away }
        return entry.state.obstacles(of: lane, at: now).first { !$0.reason.isPace }?.reason
    }

    // MARK: Backlog

    /// What waits, for the spreading.
    func setBacklog(own: [DeviceID: Backlog], shared: Backlog) {
        self.sharedBacklog = shared
        for id in self.entries.keys { self.entries[id]?.backlog = own[id] ?? .none }
    }

    func backlog(of entry: Entry) -> Backlog {
        let sharing = self.entries.values.count(where: \.device.isConnected)
        return Backlog(own: entry.backlog, shared: self.sharedBacklog, devices: sharing)
    }

    // MARK: Device choice

    private func terms(
        of device: DeviceID, _ lanes: Set<Lane>, _ most: Int, at now: Date, ring: Int
    ) -> SendingTerms {
        var terms = SendingTerms(lanes: lanes, most: most)
        terms.order = self.entries[device]?.wheel.order ?? Priority.allCases
        terms.takesUnowned = self.takesUnowned(device, at: now, ring: ring)
        if !lanes.contains(.cold) { terms.coldOpens = self.entries[device]?.state.closure(of: .cold, at: now)?.until }
        return terms
    }

    /// Strangers go to the device with most room for them. Where none may write to strangers, what is left are groups.
    private func takesUnowned(_ device: DeviceID, at now: Date, ring: Int) -> Bool {
        for lane in [Lane.cold, .known] {
            let options = self.options(of: lane, asking: device, at: now, ring: ring)
            if DeviceChoice.first(among: options) != nil { return DeviceChoice.takesUnowned(device, among: options) }
        }
        return false
    }

    private func options(of lane: Lane, asking: DeviceID, at now: Date, ring: Int) -> [DeviceChoice.Option] {
        self.entries.map { id, entry in
            DeviceChoice.Option(
                device: id, isReady: self.isReady(id, entry, for: lane, asking: asking, at: now, ring: ring),
                room: entry.state.roomLeft(for: lane, at: now))
        }
    }

    private func isReady(
        _ id: DeviceID, _ entry: Entry, for lane: Lane, asking: DeviceID, at now: Date, ring: Int
    ) -> Bool {
        guard case .now(let lanes, _) = self.admission(of: id, at: now), lanes.contains(lane) else { return false }
        if id == asking { return true }
        guard !self.inTurn.contains(id), !self.suspended.contains(id) else { return false }
        guard let idle = entry.idle else { return true }
        return idle.ring != ring || idle.until.map { $0 <= now } ?? false
    }
}

extension WaitReason {
    /// Whether it only sets the pace, which was kept when the message was claimed.
    fileprivate var isPace: Bool {
        switch self {
        case .delay, .reconnected, .spreading, .rest, .hourlyCap, .dailyCap, .warmUp, .coldCap, .quotaShare, .probe:
            true
        case .away, .cooldown, .paused, .halted, .banned, .timeLock, .quotaLeft, .quotaUsedUp, .breaker, .replyRatio:
            false
        }
    }
}
