import Foundation
import SpoolCore
import SpoolHTTP
import SpoolScheduler

/// The devices as the daemon sees them now: connected or not, and how far each is paced.
actor DeviceBoard {
    private struct Entry {
        var pacing: DevicePacing
        var number: String?
        var connectedAt: Date?
        var drainedAt: Date?
        var lostReason: String?
    }

    let chance: Chance
    private var entries: [DeviceID: Entry] = [:]

    init(chance: Chance) {
        self.chance = chance
    }

    /// Puts a device on the board, with what it sent in the last 24 hours.
    func add(_ device: TransportDevice, policy: PacingPolicy, sends: [Date]) {
        let pacing = self.chance.draw { DevicePacing(policy: policy, sends: sends, using: &$0) }
        self.entries[device.id] = Entry(
            pacing: pacing, number: device.number, connectedAt: device.connectedAt, drainedAt: device.connectedAt,
            lostReason: device.isConnected ? nil : "not connected")
    }

    /// May the device send? `nil` while it is not connected.
    func admission(of device: DeviceID, at now: Date) -> Admission? {
        guard let entry = self.entries[device], entry.lostReason == nil else { return nil }
        return entry.pacing.admission(at: now)
    }

    func recordSend(by device: DeviceID, start: Date, end: Date) {
        self.chance.draw { self.entries[device]?.pacing.record(start: start, end: end, using: &$0) }
    }

    func connected(_ device: DeviceID, at now: Date) {
        self.entries[device]?.connectedAt = now
        self.entries[device]?.drainedAt = now
        self.entries[device]?.lostReason = nil
    }

    func lost(_ device: DeviceID, _ reason: String) {
        self.entries[device]?.connectedAt = nil
        self.entries[device]?.drainedAt = nil
        self.entries[device]?.lostReason = reason
    }

    /// When the device had been handed all news it missed; `nil` while it is away.
    func drainedAt(_ device: DeviceID) -> Date? { self.entries[device]?.drainedAt }

    var hasUsableDevice: Bool { self.entries.values.contains { $0.lostReason == nil } }

    var ids: Set<DeviceID> { Set(self.entries.keys) }

    /// An estimate over the devices that can send.
    var estimate: Estimate { Estimate(devices: self.entries.values.filter { $0.lostReason == nil }.map(\.pacing)) }

    func views(at now: Date, isDryRun: Bool) -> [DeviceView] {
        self.entries.sorted { $0.key < $1.key }.map { id, entry in
            let used = entry.pacing.used(at: now)
            var pause: (until: Date, reason: String)?
            if entry.lostReason == nil, case .wait(let until, let reason) = entry.pacing.admission(at: now) {
                pause = (until, reason.description)
            }
            return DeviceView(
                sessionID: id, number: entry.number, status: entry.lostReason == nil ? "connected" : "disconnected",
                isConnected: entry.lostReason == nil, connectedAt: entry.connectedAt, sentLastHour: used.hour,
                hourlyLimit: entry.pacing.policy.hourly,
                sentLastDay: used.day, dailyLimit: entry.pacing.policy.daily,
                nextSendAt: entry.lostReason == nil ? entry.pacing.nextSend(at: now) : nil, pausedUntil: pause?.until,
                pauseReason: entry.lostReason ?? pause?.reason, isDryRun: isDryRun)
        }
    }
}
