import Foundation
import Logging
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Carries out what the rules say about signals, but for what concerns one message: that is its sender's.
struct SignalDesk: Sendable {
    let queue: MessageQueue
    let reader: QueueReader
    let board: DeviceBoard
    let wakeUps: WakeUps
    let alarms: AlarmService
    let wallClock: any WallClock
    let logger: Logger

    /// Takes note of a signal, does what follows and stores how the device stands now.
    func react(to event: SignalEvent, of device: DeviceID) async throws(QueueError) {
        let actions = await self.board.react(to: event, of: device, at: self.wallClock.now)
        try await self.carryOut(actions, kind: event.kind, of: device)
        try await self.store(device)
        self.wakeUps.ringDelivery()
    }

    /// - Parameter kind: Of an alarm, if there is one.
    func carryOut(_ actions: [SignalAction], kind: String, of device: DeviceID) async throws(QueueError) {
        for action in actions { try await self.carryOut(action, kind, device) }
    }

    private func carryOut(_ action: SignalAction, _ kind: String, _ device: DeviceID) async throws(QueueError) {
        let metadata: Logger.Metadata = ["device.id": "\(device)"]
        switch action {
        case .putOffRecipient(let recipient, let until): _ = try await self.queue.block(recipient, until: until)
        case .stopAllDevices(let reason):
            await self.board.stopOutdated(reason, at: self.wallClock.now)
            for id in await self.board.ids.sorted() { try await self.store(id) }
        case .alarm(let words):
            self.alarms.raise(Alarm(kind: "\(kind) \(device)", words: "device \(device): \(words)"))
        case .warn(let words): self.logger.warning("\(words)", metadata: metadata)
        case .label(let label): self.logger.notice("\(label)", metadata: metadata)
        case .stopCold(let until):
            self.logger.warning("no strangers are written to until \(until.words)", metadata: metadata)
        case .limitCold(let share, let until):
            self.logger.warning("strangers: \(Int(share * 100)) % until \(until.words)", metadata: metadata)
        case .resumeCold: self.logger.notice("strangers may be written to again", metadata: metadata)
        // Done in the device's state, told by an alarm, looked after by the connection, or the message's.
        case .stopDevice, .restartWarmUp, .stopWarmUp, .reconnect, .queryTimeLock, .queryQuota, .backOffQuery,
            .returnMessage,
            .backOffMessage, .failMessage, .leaveUncertain, .refreshDevicesAndRetry:
            break
        }
    }

    /// A person has to look at a batch.
    func raise(_ concern: BatchConcern, about batch: BatchID) async throws(QueueError) {
        let metadata: Logger.Metadata = ["batch.id": "\(batch)"]
        guard concern.holds else {
            self.logger.warning("\(concern.words)", metadata: metadata)
            return
        }
        try await self.queue.hold(
            .batch(batch), reason: "\(concern.code.rawValue): \(concern.words)", now: self.wallClock.now)
        self.alarms.raise(Alarm(kind: "\(concern.code.rawValue) \(batch)", words: "batch \(batch): \(concern.words)"))
    }

    /// Stores how a device stands.
    func store(_ device: DeviceID) async throws(QueueError) {
        while let (state, revision) = await self.board.stored(device) {
            try await self.queue.store(DeviceStateUpdate(device: device, state: Array(state)))
            guard await self.board.noteStored(device, revision: revision) else { return }
        }
    }
}

extension Date {
    fileprivate var words: String { self < .distantFuture ? RFC3339.text(self) : "a person acts" }
}

extension SignalEvent {
    /// What the log and alarms call it.
    var kind: String {
        switch self {
        case .signal(.reachOutTimeLock), .signal(.reachOutTimeLockLifted), .timeLockUnknown: "time-lock"
        case .signal(.newChatQuota), .refused(_, .newChatCap): "new-chat-quota"
        case .signal(.temporaryBan): "ban"
        case .signal(.transportFailure): "connection"
        case .refused(_, .reachOut): "time-lock"
        case .refused, .noAnswer: "refusal"
        case .status(let status, _): status.rawValue
        case .queryRefused, .queryAnswered: "queries"
        }
    }
}
