import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What happens to messages by time alone: they expire, and attempts without an answer are settled.
struct HousekeepingService: Service {
    let queue: MessageQueue
    let transport: any MessageTransport
    let board: DeviceBoard
    let wakeUps: WakeUps
    let backOff: BackOff
    let onUncertain: UncertainPolicy
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let next = await self.turn()
                await self.wakeUps.housekeeping.wait(until: next, now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    /// - Returns: When there is something to do next, as far as is known.
    private func turn() async -> Date? {
        let now = self.wallClock.now
        do throws(QueueError) {
            if try await self.queue.expire(now: now) > 0 { self.wakeUps.results.ring() }
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

    /// - Returns: When the device's oldest uncertain attempt is due, if that is later.
    private func settleUncertain(of device: DeviceID, _ now: Date) async throws(QueueError) -> Date? {
        guard let drainedAt = await self.board.drainedAt(device),
            let oldest = try await self.queue.oldestUncertain(of: device)
        else { return nil }
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

    /// The first repeat goes at once: most unanswered attempts are a crash, not a refusing server.
    private func nextAttempt(_ attempts: Int, _ firstAttemptAt: Date, _ now: Date) -> Date? {
        guard attempts > 1 else { return now }
        return self.board.chance.draw { generator in
            self.backOff.nextAttempt(after: attempts - 1, firstAttemptAt: firstAttemptAt, now: now, using: &generator)
        }
    }
}
