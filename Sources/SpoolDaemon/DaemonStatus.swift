import Foundation
import SpoolControl
import SpoolCore
import SpoolFiles
import SpoolHTTP
import SpoolQueue
import SpoolScheduler

/// What the API, the status page and the control socket ask of the running daemon.
struct DaemonStatus: DaemonState, ControlActions {
    let queue: MessageQueue
    let reader: QueueReader
    let board: DeviceBoard
    let desk: SignalDesk
    let intake: IntakeService
    let wakeUps: WakeUps
    let layout: SpoolLayout
    let version: String
    let isDryRun: Bool
    let wallClock: any WallClock

    func devices() async throws -> [DeviceView] {
        await self.board.views(at: self.wallClock.now, isDryRun: self.isDryRun)
    }

    func waitReason(of message: MessageView) async -> String? {
        await self.board.waitReason(for: message.device, at: self.wallClock.now)
    }

    func estimatedDelivery(of message: MessageView, ahead: Int) async -> String? {
        await self.board.estimate.phrase(ahead: ahead, now: self.wallClock.now)
    }

    /// All that is in the queue now goes before the batch's last message, or with it.
    func estimatedCompletion(of batch: BatchView) async -> Date? {
        guard batch.status == .open else { return nil }
        do {
            let inQueue = try await self.reader.countInQueue()
            return await self.board.estimate.completion(of: max(inQueue, batch.pending), now: self.wallClock.now)
        } catch {
            return nil
        }
    }

    func notReady() async -> [String] {
        var reasons = await self.intake.notices
        reasons += await self.board.notReady
        do {
            try await self.reader.checkWritable()
        } catch {
            reasons.append("the queue cannot be written: \(error)")
        }
        return reasons
    }

    func cancel(_ selection: MessageSelection) async throws -> Cancellation {
        let cancellation = try await self.queue.cancel(selection, now: self.wallClock.now)
        self.wakeUps.ringAll()
        return cancellation
    }

    func pause(_ device: DeviceID, reason: String?) async throws {
        let now = self.wallClock.now
        try await self.change(device) { $0.pause(reason: reason, at: now) }
    }

    func resume(_ device: DeviceID, reason: String?) async throws {
        let now = self.wallClock.now
        try await self.change(device) { $0.resume(at: now) }
    }

    private func change(_ device: DeviceID, _ body: @Sendable (inout DeviceState) -> Void) async throws {
        guard await self.board.change(device, body) != nil else { throw DeviceAdministrationError.unknown(device) }
        try await self.desk.store(device)
        self.wakeUps.ringDelivery()
    }

    func status() async throws -> JSONValue {
        let now = self.wallClock.now
        let notices = await self.intake.notices
        let devices = await self.board.views(at: now, isDryRun: self.isDryRun)
        let inQueue = try await self.reader.countInQueue()
        let completion = await self.board.estimate.completion(of: inQueue, now: now)
        let fields: JSONValue = [
            "version": .string(self.version), "pid": .integer(Int64(ProcessInfo.processInfo.processIdentifier)),
            "spool": .string(self.layout.root), "inQueue": .number(inQueue),
            "estimatedCompletion": .moment(inQueue == 0 ? nil : completion), "devices": .array(devices.map(\.json)),
            "notices": .array(notices.map { .string($0) }),
        ]
        return self.isDryRun ? fields.adding([.init("dryRun", true)]) : fields
    }
}
