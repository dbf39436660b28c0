import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolMedia
import SpoolQueue
import SpoolScheduler

/// Claims due messages, sends them and stores what became of each. One loop a device, one call of `send` at a time.
///
/// The board decides whether messages may leave, and how many; this service obeys. What is claimed together is sent
/// together, and shares its commits. On shutdown it stops claiming, lets the call in flight end, gives back what it
/// claimed and did not begin, and stores it all.
struct DeliveryService: Service {
    let queue: MessageQueue
    let transport: any MessageTransport
    let board: DeviceBoard
    let wakeUps: WakeUps
    let backOff: BackOff
    let media: MediaStore
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    /// Longer than the slowest send: 75 s for looking numbers up, 120 s for the upload, and 75 s each for the answer to
    /// the message and to its repetition for other devices.
    static let lease = Duration.seconds(600)
    /// The most messages of one call: what a shutdown waits for, and what a crash leaves uncertain.
    static let mostAtOnce = 128

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !self.isStopping {
                    for device in await self.board.ids {
                        guard let bell = self.wakeUps.enter(device) else { continue }
                        group.addTask {
                            await self.deliver(device, bell)
                            self.wakeUps.leave(device)
                        }
                    }
                    await self.wakeUps.devices.wait()
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
                guard try await self.turn(device, bell) else { return }
            } catch {
                guard !self.isStopping else { return }
                self.logger.error("cannot claim messages, trying again: \(error)", metadata: ["device.id": "\(device)"])
                await bell.wait(
                    until: self.wallClock.now.addingTimeInterval(5), now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    /// - Returns: `false` when the device is gone.
    private func turn(_ device: DeviceID, _ bell: WakeUp) async throws(QueueError) -> Bool {
        let now = self.wallClock.now
        let until: Date?
        switch await self.board.beginTurn(of: device, at: now) {
        case .gone: return false
        case .pause: until = nil
        case .wait(let moment): until = moment
        case .now(let most):
            let result: Result<Bool, QueueError>
            do throws(QueueError) {
                result = .success(try await self.claimAndSend(upTo: most, device, now))
            } catch {
                result = .failure(error)
            }
            await self.board.endTurn(of: device)
            guard try !result.get() else { return true }
            until = try await self.queue.nextDue(after: now)
        }
        await bell.wait(until: until, now: now, clock: self.clock)
        return true
    }

    /// - Returns: Whether there was anything to send.
    private func claimAndSend(upTo most: Int, _ device: DeviceID, _ now: Date) async throws(QueueError) -> Bool {
        let claimed = try await self.queue.claim(
            upTo: min(most, Self.mostAtOnce), for: device, lease: Self.lease, now: now
        ) { self.transport.makeMessageID(for: device) }
        guard !claimed.isEmpty else { return false }
        let isConnected = await self.board.isConnected(device)
        guard isConnected, !self.isStopping else {
            let outcome = Settlement.returned(reason: "its device stopped before its turn")
            await self.store(claimed.map { .init(message: $0.id, attempt: $0.attempt, settlement: outcome) })
            return true
        }
        let messages = await self.withMedia(claimed)
        if !messages.isEmpty { await self.send(messages, by: device) }
        return true
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
        await self.store(outcomes)
        if !outcomes.isEmpty { self.wakeUps.media.ring() }
        return messages
    }

    private static let lostCopy = Settlement.failed(
        .mediaUnavailable, error: "The copy of the file is gone from the state directory")

    private func send(_ messages: [(ClaimedMessage, OutgoingMedia?)], by device: DeviceID) async {
        let start = self.wallClock.now
        let results = await self.transport.send(messages.map { OutgoingMessage($0, media: $1) })
        let end = self.wallClock.now
        var outcomes: [SettledAttempt] = []
        var handedOver = 0
        for (index, (message, _)) in messages.enumerated() {
            let result = index < results.count ? results[index] : .failure(.outcomeUnknown(detail: "no answer at all"))
            if !result.isSessionLost { handedOver += 1 }
            outcomes.append(
                SettledAttempt(
                    message: message.id, attempt: message.attempt, settlement: self.settlement(result, message, end)))
        }
        await self.board.recordSends(by: device, count: handedOver, start: start, end: end)
        if handedOver < messages.count { await self.board.foundAway(device, at: end) }
        await self.store(outcomes)
    }

    private func settlement(_ result: SendResult, _ message: ClaimedMessage, _ now: Date) -> Settlement {
        switch result {
        case .success(let acknowledgement): .sent(at: acknowledgement.at)
        case .failure(.temporary(let code, let detail)): self.deferral(of: message, code, detail, now)
        case .failure(.permanent(let code, let detail)): .failed(code, error: detail)
        case .failure(.sessionLost(let detail)): .returned(reason: "waits for a device: \(detail)")
        case .failure(.outcomeUnknown(let detail)): .uncertain(detail: detail)
        }
    }

    private func deferral(of message: ClaimedMessage, _ code: String, _ detail: String, _ now: Date) -> Settlement {
        let attempts = message.earlierAttempts + 1
        let next = self.board.chance.draw { generator in
            self.backOff.nextAttempt(
                after: attempts, firstAttemptAt: message.firstAttemptAt, now: now, using: &generator)
        }
        guard let next else {
            return .failed(.attemptsExhausted, error: "Given up after \(attempts) attempts; the last: \(detail)")
        }
        return .deferred(until: next, code: code, reason: "deferred: \(detail)")
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
            case .awaitsMedia: self.logger.warning("back in the queue: its attachment is gone", metadata: metadata)
            }
        }
    }
}

extension OutgoingMessage {
    fileprivate init(_ message: ClaimedMessage, media: OutgoingMedia?) {
        self.init(
            queueID: message.id, wireID: message.wireID, device: message.device, recipient: message.recipient,
            text: message.text, media: media, attempt: message.attempt)
    }
}

extension SendResult {
    /// Whether nothing left, because the device has no session.
    fileprivate var isSessionLost: Bool {
        if case .failure(.sessionLost) = self { true } else { false }
    }
}
