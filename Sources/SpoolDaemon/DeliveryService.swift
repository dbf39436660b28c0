import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Claims due messages, sends them and stores what became of each. One loop a device, one send at a time.
///
/// The board decides whether a message may leave; this service obeys. On shutdown it stops claiming, lets the send in
/// flight end, gives back what it claimed and did not begin, and stores it all.
struct DeliveryService: Service {
    let queue: MessageQueue
    let transport: any MessageTransport
    let board: DeviceBoard
    let wakeUps: WakeUps
    let backOff: BackOff
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    /// Longer than the slowest send (no answer within 75 s is uncertain).
    static let lease = Duration.seconds(300)
    /// Outcomes wait at most this long for others to share their commit.
    private static let commitEvery: TimeInterval = 0.1

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for (device, bell) in self.wakeUps.devices {
                    group.addTask { await self.deliver(device, bell) }
                }
            }
        } onGracefulShutdown: {
            self.wakeUps.ringAll()
        }
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    private func deliver(_ device: DeviceID, _ bell: WakeUp) async {
        while !self.isStopping {
            do {
                try await self.turn(device, bell)
            } catch {
                guard !self.isStopping else { return }
                self.logger.error("cannot claim messages, trying again: \(error)", metadata: ["device.id": "\(device)"])
                await bell.wait(
                    until: self.wallClock.now.addingTimeInterval(5), now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    private func turn(_ device: DeviceID, _ bell: WakeUp) async throws(QueueError) {
        let now = self.wallClock.now
        switch await self.board.admission(of: device, at: now) {
        case .none:
            await bell.wait(until: nil, now: now, clock: self.clock)
        case .wait(let until, _):
            await bell.wait(until: until, now: now, clock: self.clock)
        case .now(let most):
            let claimed = try await self.queue.claim(upTo: most, for: device, lease: Self.lease, now: now) {
                self.transport.makeMessageID(for: device)
            }
            guard claimed.isEmpty else { return await self.send(claimed) }
            let next = try await self.queue.nextDue(after: now)
            await bell.wait(until: next, now: now, clock: self.clock)
        }
    }

    private func send(_ claimed: [ClaimedMessage]) async {
        var outcomes: [SettledAttempt] = []
        var unstoredSince = self.wallClock.now
        for (index, message) in claimed.enumerated() {
            let isUsable = await self.board.drainedAt(message.device) != nil
            // The first one always goes: its admission was given and nothing has happened since.
            let settlement =
                index > 0 && (self.isStopping || !isUsable)
                ? Settlement.returned(reason: "its device stopped before its turn") : await self.attempt(message)
            outcomes.append(SettledAttempt(message: message.id, attempt: message.attempt, settlement: settlement))
            guard self.wallClock.now.timeIntervalSince(unstoredSince) >= Self.commitEvery else { continue }
            await self.store(outcomes)
            outcomes = []
            unstoredSince = self.wallClock.now
        }
        await self.store(outcomes)
    }

    private func attempt(_ message: ClaimedMessage) async -> Settlement {
        let start = self.wallClock.now
        let outgoing = OutgoingMessage(
            queueID: message.id, device: message.device, recipient: message.recipient, text: message.text,
            attempt: message.attempt)
        do throws(TransportError) {
            let acknowledgement = try await self.transport.send(outgoing, id: message.wireID)
            await self.board.recordSend(by: message.device, start: start, end: self.wallClock.now)
            return .sent(at: acknowledgement.at)
        } catch {
            return await self.settlement(for: error, of: message, start)
        }
    }

    private func settlement(
        for error: TransportError, of message: ClaimedMessage, _ start: Date
    ) async -> Settlement {
        let now = self.wallClock.now
        switch error {
        case .temporary(let code, let detail):
            await self.board.recordSend(by: message.device, start: start, end: now)
            let attempts = message.earlierAttempts + 1
            let next = self.board.chance.draw { generator in
                self.backOff.nextAttempt(
                    after: attempts, firstAttemptAt: message.firstAttemptAt, now: now, using: &generator)
            }
            guard let next else {
                return .failed(.attemptsExhausted, error: "Given up after \(attempts) attempts; the last: \(detail)")
            }
            return .deferred(until: next, code: code, reason: "deferred: \(detail)")
        case .permanent(let code, let detail):
            await self.board.recordSend(by: message.device, start: start, end: now)
            return .failed(code, error: detail)
        case .sessionLost(let detail):
            await self.board.lost(message.device, detail)
            return .returned(reason: "waits for a device: \(detail)")
        case .outcomeUnknown(let detail):
            await self.board.recordSend(by: message.device, start: start, end: now)
            return .uncertain(detail: detail)
        }
    }

    /// Keeps trying: an outcome that is not stored would be sent again after a restart.
    private func store(_ outcomes: [SettledAttempt]) async {
        guard !outcomes.isEmpty else { return }
        while true {
            do throws(QueueError) {
                try await self.queue.settle(outcomes, now: self.wallClock.now)
                self.log(outcomes)
                self.wakeUps.results.ring()
                self.wakeUps.housekeeping.ring()
                return
            } catch .unexpectedState(let id, let expected) {
                self.logger.error(
                    "the outcome of a message cannot be stored: it is not \(expected.rawValue)",
                    metadata: ["queue.id": "\(id)"])
                return await self.store(outcomes.filter { $0.message != id })
            } catch {
                self.logger.error("outcomes cannot be stored, trying again: \(error)")
            }
            do {
                try await self.clock.sleep(for: .seconds(1))
            } catch {
                // The daemon is being stopped by force: what is not stored is uncertain and settled at the next start.
                return
            }
        }
    }

    private func log(_ outcomes: [SettledAttempt]) {
        for outcome in outcomes {
            let metadata: Logger.Metadata = ["queue.id": "\(outcome.message)"]
            switch outcome.settlement {
            case .sent: self.logger.debug("sent", metadata: metadata)
            case .deferred(let until, let code, let reason):
                self.logger.info("\(reason) (\(code)), again at \(RFC3339.text(until))", metadata: metadata)
            case .failed(let code, let error):
                self.logger.info("failed: \(code.rawValue): \(error)", metadata: metadata)
            case .uncertain(let detail): self.logger.warning("uncertain: \(detail)", metadata: metadata)
            case .returned(let reason): self.logger.info("back in the queue: \(reason)", metadata: metadata)
            }
        }
    }
}
