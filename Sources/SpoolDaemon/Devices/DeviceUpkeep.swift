import Foundation
import Logging
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What has to be looked at now and then about devices: whether strangers get and answer their messages, and whether
/// what waits for a device that is away goes to another.
struct DeviceUpkeep: Sendable {
    let queue: MessageQueue
    let reader: QueueReader
    let board: DeviceBoard
    let desk: SignalDesk
    let wakeUps: WakeUps
    let logger: Logger

    /// Messages that are handed over with one commit.
    private static let chunk = 500

    func lookAtAll(_ now: Date) async throws(QueueError) {
        for device in await self.board.ids.sorted() {
            try await self.judgeDelivery(of: device, now)
            try await self.judgeReplies(of: device, now)
            try await self.handOver(from: device, now)
        }
        for device in await self.board.unstored { try await self.desk.store(device) }
    }

    // MARK: Strangers

    private func judgeDelivery(of device: DeviceID, _ now: Date) async throws(QueueError) {
        let policy = await self.board.policy.breaker
        guard let window = policy.window, window > 0, let state = await self.board.state(of: device) else { return }
        if let probe = state.probe, try await self.reader.message(probe)?.message.deliveredAt != nil {
            let actions = await self.board.change(device) { $0.recordDelivery(of: probe, at: now) }
            try await self.desk.carryOut(actions ?? [], kind: "breaker", of: device)
            self.wakeUps.ringDelivery()
        }
        let before = now.addingTimeInterval(-policy.age.seconds)
        let sends = try await self.reader.coldSends(of: device, before: before, limit: window)
        guard sends.count >= policy.leastSamples else { return }
        let baseline = try await self.reader.coldBaseline(of: device, around: before)
        let usual = baseline.sent >= window ? Double(baseline.delivered) / Double(baseline.sent) : nil
        let outcomes = sends.map { ColdOutcome(sentAt: $0.at, isDelivered: $0.isDelivered) }
        let actions = await self.board.change(device) { $0.judgeDelivery(outcomes, usual: usual, at: now) }
        try await self.desk.carryOut(actions ?? [], kind: "breaker", of: device)
    }

    private func judgeReplies(of device: DeviceID, _ now: Date) async throws(QueueError) {
        let policy = await self.board.policy.replyRatio
        guard policy.warnBelow != nil || policy.holdBelow != nil, let state = await self.board.state(of: device)
        else { return }
        let replies = try await self.reader.coldReplies(
            of: device, since: state.repliesCountFrom ?? .distantPast, limit: policy.over)
        let actions = await self.board.change(device) {
            $0.judgeReplies(answered: replies.answered, of: replies.sent)
        }
        try await self.desk.carryOut(actions ?? [], kind: "replies", of: device)
    }

    // MARK: A device that is away

    private func handOver(from device: DeviceID, _ now: Date) async throws(QueueError) {
        guard let outage = await self.board.outage(of: device), await self.board.hasOther(than: device) else { return }
        let lanes = Lane.allCases.filter { lane in
            DeviceChoice.moves(of: lane, isPinned: false, wasAttempted: false, outage).map { $0 <= now } ?? false
        }
        guard !lanes.isEmpty else { return }
        var count = 0
        while true {
            let moved = try await self.queue.handOver(
                from: device, lanes: Set(lanes), to: nil, upTo: Self.chunk, now: now)
            count += moved
            guard moved == Self.chunk else { break }
        }
        guard count > 0 else { return }
        self.logger.notice(
            "\(count) messages go to other devices: it is away for too long", metadata: ["device.id": "\(device)"])
        self.wakeUps.ringDelivery()
    }
}
