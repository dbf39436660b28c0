import Foundation
import SpoolCore
import SpoolHTTP
import SpoolScheduler

/// What others want to know of the devices.
extension DeviceBoard {
    func isConnected(_ device: DeviceID) -> Bool { self.entries[device]?.device.isConnected ?? false }

    /// When the device had been handed all news it missed; `nil` while it is away.
    func drainedAt(_ device: DeviceID) -> Date? { self.entries[device]?.drainedAt }

    /// Why and since when the device does not send; `nil` while it is connected.
    func outage(of device: DeviceID) -> DeviceChoice.Outage? {
        guard let entry = self.entries[device], let since = entry.awaySince else { return nil }
        return DeviceChoice.Outage(entry.device.status, since: since)
    }

    /// Whether another device is connected.
    func hasOther(than device: DeviceID) -> Bool {
        self.entries.contains { $0.key != device && $0.value.device.isConnected }
    }

    var ids: Set<DeviceID> { Set(self.entries.keys) }

    /// An estimate over the devices that can send.
    var estimate: Estimate { Estimate(devices: self.entries.values.filter(\.device.isConnected).map(\.state)) }

    /// What keeps messages waiting that only `device` may send, or, for `nil`, that any may; `nil` when one can send.
    func obstacle(for device: DeviceID?) -> String? {
        guard !self.entries.isEmpty else { return "no device is linked" }
        guard let device else {
            return self.entries.values.contains(where: \.device.isConnected) ? nil : "no device is connected"
        }
        guard let known = self.entries[device]?.device else { return "there is no device \(device)" }
        return known.isConnected ? nil : "device \(device) is \(known.words)"
    }

    /// Why nothing may leave now that only `device` may send, or, for `nil`, that any may, and when that ends; `nil` when
    /// something may.
    func waitReason(for device: DeviceID?, at now: Date) -> String? {
        if let obstacle = self.obstacle(for: device) { return "waits for a device: \(obstacle)" }
        let ids = device.map { [$0] } ?? self.entries.filter { $0.value.device.isConnected }.keys.sorted()
        var first: (until: Date, words: String)?
        for id in ids {
            guard case .wait(let until, let reason) = self.admission(of: id, at: now) else { return nil }
            if until < first?.until ?? .distantFuture || first == nil { first = (until, "\(reason) on \(id)") }
        }
        return first.map { first in
            "waits: \(first.words)" + (first.until < .distantFuture ? ", next at \(RFC3339.text(first.until))" : "")
        }
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
            let used = entry.state.used(at: now)
            var pause: (until: Date, reason: String)?
            if case .wait(let until, let reason) = self.admission(of: id, at: now) {
                pause = (until, reason.description)
            }
            let nextSend = entry.state.nextSend(at: now, backlog: self.backlog(of: entry))
            return DeviceView(
                sessionID: id, number: entry.device.number, status: entry.device.status.rawValue,
                isConnected: entry.device.isConnected, connectedAt: entry.device.connectedAt, sentLastHour: used.hour,
                hourlyLimit: self.policy.pacing.hourly, sentLastDay: used.day, dailyLimit: self.policy.pacing.daily,
                nextSendAt: entry.device.isConnected && nextSend < .distantFuture ? nextSend : nil,
                pausedUntil: pause.flatMap { $0.until < .distantFuture ? $0.until : nil },
                pauseReason: entry.device.isConnected ? pause?.reason : entry.device.detail ?? "not connected",
                isDryRun: isDryRun)
        }
    }
}

extension TransportDevice {
    /// Its status and why.
    var words: String { self.detail.map { "\(self.status.rawValue): \($0)" } ?? self.status.rawValue }
}
