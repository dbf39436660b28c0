import Foundation
import Logging
import SpoolCore
import SpoolMedia
import SpoolQueue
import SpoolScheduler

/// From the claim to the answer.
extension DeliveryService {
    /// What was claimed leaves, or goes back.
    func deliver(_ claimed: [ClaimedMessage], _ loop: Loop) async {
        let messages = await self.withMedia(claimed)
        guard !messages.isEmpty else { return }
        let claimed = messages.map(\.0)
        let plan = await self.plan(for: claimed, by: loop.device)
        let mayLeave = if let plan { await self.show(plan, from: self.wallClock.now, loop) } else { true }
        guard mayLeave, await self.board.isConnected(loop.device), !self.isStopping else {
            return await self.giveBack(claimed, "its device stopped before its turn")
        }
        if let reason = await self.obstacle(for: claimed, of: loop.device) {
            if plan != nil { loop.show.show(.unavailable) }
            return await self.giveBack(claimed, "waits: \(reason)")
        }
        await self.send(messages, loop.device)
        if plan != nil { loop.show.show(.unavailable) }
    }

    private func obstacle(for claimed: [ClaimedMessage], of device: DeviceID) async -> WaitReason? {
        for lane in Set(claimed.map(\.lane)) {
            if let reason = await self.board.obstacleMeanwhile(for: lane, of: device, at: self.wallClock.now) {
                return reason
            }
        }
        return nil
    }

    private func giveBack(_ claimed: [ClaimedMessage], _ reason: String) async {
        await self.store(
            claimed.map { .init(message: $0.id, attempt: $0.attempt, settlement: .returned(reason: reason)) }, nil)
    }

    /// What can be sent of the claimed messages. Those whose attachment is not in the store go back to wait for it.
    private func withMedia(_ claimed: [ClaimedMessage]) async -> [(ClaimedMessage, OutgoingMedia?)] {
        var messages: [(ClaimedMessage, OutgoingMedia?)] = []
        var outcomes: [SettledAttempt] = []
        for message in claimed {
            if let content = message.media?.content, let path = self.media.path(of: content) {
                messages.append(
                    (message, OutgoingMedia(path: path, hash: content.hash, description: content.description)))
            } else if let media = message.media {
                let outcome = media.isRemote ? Settlement.awaitsMedia : Self.lostCopy
                outcomes.append(.init(message: message.id, attempt: message.attempt, settlement: outcome))
            } else {
                messages.append((message, nil))
            }
        }
        await self.store(outcomes, nil)
        if !outcomes.isEmpty { self.wakeUps.media.ring() }
        return messages
    }

    private static let lostCopy = Settlement.failed(
        .mediaUnavailable, error: "The copy of the file is gone from the state directory")

    private func send(_ messages: [(ClaimedMessage, OutgoingMedia?)], _ device: DeviceID) async {
        let start = self.wallClock.now
        let results = await self.transport.send(messages.map { OutgoingMessage($0, media: $1) })
        let end = self.wallClock.now
        var reports: [SendReport] = []
        for (index, (message, _)) in messages.enumerated() {
            let result = index < results.count ? results[index] : .failure(.outcomeUnknown(detail: "no answer at all"))
            let putOffs = await self.putOffs(message, result)
            reports.append(SendReport(message: message, result: result, timesPutOff: putOffs))
        }
        let consequences = await self.board.record(reports, by: device, start: start, end: end)
        await self.settle(reports, consequences, device, end)
    }

    /// How often the recipient was put off before; counts only for whom the service refuses.
    private func putOffs(_ message: ClaimedMessage, _ result: SendResult) async -> Int {
        guard case .failure(.refused(.reachOut, _)) = result else { return 0 }
        do {
            return try await self.reader.timesPutOff(message.recipient)
        } catch {
            self.logger.error("how often a recipient was put off cannot be read: \(error)")
            return 0
        }
    }

    // MARK: What others see

    /// How the device shows itself typing in what is left of its gap; `nil` when it shows nothing.
    private func plan(for claimed: [ClaimedMessage], by device: DeviceID) async -> HumanPlan? {
        guard claimed.count == 1, let message = claimed.first,
            let gap = await self.board.typingGap(of: device, at: self.wallClock.now)
        else { return nil }
        return self.board.chance.draw { generator in
            HumanPlan(to: message.recipient, characters: message.text.count, gap: gap, using: &generator)
        }
    }

    /// Waits for the gap only: what is shown is ornament.
    /// - Returns: Whether the message may leave now; false when the daemon stops.
    private func show(_ plan: HumanPlan, from start: Date, _ loop: Loop) async -> Bool {
        for step in plan.steps {
            guard await self.wait(until: start.addingTimeInterval(step.after.seconds), loop) else {
                loop.show.show(.unavailable)
                return false
            }
            switch step.act {
            case .show(let activity): loop.show.show(activity)
            case .send: return true
            }
        }
        return true
    }

    /// - Returns: `false` when the daemon stops before.
    private func wait(until moment: Date, _ loop: Loop) async -> Bool {
        while !self.isStopping {
            let now = self.wallClock.now
            // A clock that was set back does not hold a message up.
            guard moment > now, moment.timeIntervalSince(now) <= Self.longestPlan else { return true }
            await loop.bell.wait(until: moment, now: now, clock: self.clock)
        }
        return false
    }

    /// Longer than any plan, in seconds.
    private static let longestPlan = 60.0

    // MARK: Answers to stop words

    /// Sends an answer that is in no batch, once: what becomes of it changes nothing.
    func send(_ confirmation: OptOutConfirmation, _ loop: Loop) async {
        let message = OutgoingMessage(
            queueID: QueueID(rawValue: 0), wireID: self.transport.makeMessageID(for: loop.device), device: loop.device,
            recipient: .phone(confirmation.number), text: confirmation.text, attempt: 1)
        let start = self.wallClock.now
        let results = await self.transport.send([message])
        if case .failure(let error)? = results.first {
            self.logger.warning(
                "the answer to a stop word was not sent: \(error)", metadata: ["device.id": "\(loop.device)"])
        }
        await self.board.recordConfirmation(by: loop.device, start: start, end: self.wallClock.now)
    }
}

extension OutgoingMessage {
    fileprivate init(_ message: ClaimedMessage, media: OutgoingMedia?) {
        self.init(
            queueID: message.id, wireID: message.wireID, device: message.device, recipient: message.recipient,
            text: message.text, media: media, attempt: message.attempt)
    }
}
