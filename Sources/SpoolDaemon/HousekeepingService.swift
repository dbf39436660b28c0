import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What happens to messages by time alone: they expire, and attempts without an answer are settled. Sees to it that a
/// clock that was ahead does not keep them waiting.
struct HousekeepingService: Service {
    let queue: MessageQueue
    let transport: any MessageTransport
    let board: DeviceBoard
    let upkeep: DeviceUpkeep
    let wakeUps: WakeUps
    let backOff: BackOff
    let onUncertain: UncertainPolicy
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var past = Past()
            while !Task.isCancelled {
                let next = await self.turn(&past)
                await self.wakeUps.housekeeping.wait(until: next, now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    private struct Past {
        /// The latest moment that was dealt with.
        var last = Date.distantPast
        var lastUpkeep = Date.distantPast
    }

    /// Seconds between two looks at the devices.
    private static let upkeepEvery = 60.0

    /// - Returns: When there is something to do next, as far as is known.
    private func turn(_ past: inout Past) async -> Date? {
        let now = self.wallClock.now
        do throws(QueueError) {
            if now < past.last { try await self.correctTimes(now) }
            past.last = now
            let ended = try await self.queue.expire(now: now) + self.queue.failHeld(now: now)
            if ended > 0 { self.wakeUps.results.ring() }
            if abs(now.timeIntervalSince(past.lastUpkeep)) >= Self.upkeepEvery {
                past.lastUpkeep = now
                try await self.upkeep.lookAtAll(now)
            }
            var next = try await self.queue.nextDue(after: now)
            for device in await self.board.ids {
                guard let moment = try await self.settleUncertain(of: device, now) else { continue }
                next = min(next ?? moment, moment)
            }
            return next
        } catch {
            guard !Task.isCancelled else { return nil }
            self.logger.error("housekeeping has to wait: \(error)")
            return now.addingTimeInterval(5)
        }
    }

    /// The clock was set back: nothing is to wait until it has caught up.
    private func correctTimes(_ now: Date) async throws(QueueError) {
        try await self.queue.correctTimes(now: now)
        await self.board.correctTimes(at: now)
        self.wakeUps.ringAll()
    }

    /// - Returns: When the device's oldest uncertain attempt is due, if that is later.
    private func settleUncertain(of device: DeviceID, _ now: Date) async throws(QueueError) -> Date? {
        guard let oldest = try await self.queue.oldestUncertain(of: device) else { return nil }
        guard let drainedAt = await self.board.drainedAt(device) else { return try await self.giveUp(device, now) }
        let grace = self.transport.receiptGrace.seconds
        let due = max(oldest, drainedAt).addingTimeInterval(grace)
        guard due <= now else { return due }
        let settled = try await self.queue.resolveUncertain(
            of: device, since: now.addingTimeInterval(-grace), policy: self.onUncertain, now: now
        ) { attempts, firstAttemptAt in self.nextAttempt(attempts, firstAttemptAt, now) }
        self.logger.info(
            "settled \(settled) attempts without an answer: \(self.onUncertain.rawValue)",
            metadata: ["device.id": "\(device)"])
        self.wakeUps.ringDelivery()
        self.wakeUps.results.ring()
        return nil
    }

    /// A device that needs a person may never be back, and only it could settle its uncertain attempts.
    /// - Returns: `nil`: what becomes due next is looked for again and again.
    private func giveUp(_ device: DeviceID, _ now: Date) async throws(QueueError) -> Date? {
        guard let known = await self.board.device(device), known.status.needsPerson else { return nil }
        let before = self.backOff.giveUpAfter.map { now.addingTimeInterval(-$0.seconds) }
        let failed = try await self.queue.giveUpUncertain(of: device, since: before, state: known.words, now: now)
        guard failed > 0 else { return nil }
        self.logger.warning(
            "gave up \(failed) attempts without an answer: it is \(known.words)", metadata: ["device.id": "\(device)"])
        self.wakeUps.results.ring()
        return nil
    }

    /// The first repeat goes at once: most unanswered attempts are a crash, not a refusing server.
    private func nextAttempt(_ attempts: Int, _ firstAttemptAt: Date, _ now: Date) -> Date? {
        guard attempts > 1 else { return now }
        return self.board.chance.draw { generator in
            self.backOff.nextAttempt(after: attempts - 1, firstAttemptAt: firstAttemptAt, now: now, using: &generator)
        }
    }
}
