import Foundation
import Logging
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What messages come to.
extension DeliveryService {
    /// Stores the outcomes with how the device stands now, then does what else follows.
    func settle(
        _ reports: [SendReport], _ consequences: [SendConsequence], _ device: DeviceID, _ now: Date
    ) async {
        let outcomes = zip(reports, consequences).map { report, consequence in
            SettledAttempt(
                message: report.message.id, attempt: report.message.attempt,
                settlement: self.settlement(report, consequence.actions, now))
        }
        // A recipient is put off before the message can be claimed again.
        for consequence in consequences { await self.carryOut(consequence.actions, of: device) }
        await self.store(outcomes, device)
        for (report, consequence) in zip(reports, consequences) {
            if let concern = consequence.concern { await self.raise(concern, about: report.message.batch) }
        }
        await self.lookForBadLists(reports)
    }

    private func settlement(_ report: SendReport, _ actions: [SignalAction], _ now: Date) -> Settlement {
        switch report.result {
        case .success(let acknowledgement): .sent(at: acknowledgement.at)
        case .failure(.temporary(let code, let detail)): self.deferral(of: report.message, code, detail, now)
        case .failure(.permanent(let code, let detail)): .failed(code, error: detail)
        case .failure(.sessionLost(let detail)): .returned(reason: "waits for a device: \(detail)")
        case .failure(.refused(_, let detail)): self.settlement(report.message, refused: detail, actions, now)
        case .failure(.outcomeUnknown(let detail)): .uncertain(detail: detail)
        }
    }

    private func settlement(
        _ message: ClaimedMessage, refused detail: String, _ actions: [SignalAction], _ now: Date
    ) -> Settlement {
        for action in actions {
            switch action {
            case .returnMessage(let reason): return .returned(reason: reason)
            case .putOffRecipient: return .returned(reason: "the service refuses messages to this recipient for now")
            case .failMessage(let code, let error): return .failed(code, error: error)
            case .leaveUncertain: return .uncertain(detail: detail)
            case .backOffMessage(let reason): return self.deferral(of: message, "REFUSED", reason, now)
            default: continue
            }
        }
        return self.deferral(of: message, "REFUSED", detail, now)
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

    // MARK: What else follows

    private func carryOut(_ actions: [SignalAction], of device: DeviceID) async {
        guard !actions.isEmpty else { return }
        await self.persist("what the service said cannot be stored") { () async throws(QueueError) in
            try await self.desk.carryOut(actions, kind: "refusal", of: device)
        }
        self.wakeUps.ringDelivery()
    }

    private func raise(_ concern: BatchConcern, about batch: BatchID) async {
        await self.persist("a batch cannot be held") { () async throws(QueueError) in
            try await self.desk.raise(concern, about: batch)
        }
    }

    /// Of each batch that had a number which is not on WhatsApp.
    private func lookForBadLists(_ reports: [SendReport]) async {
        let batches = Set(reports.filter(\.isNotOnWhatsApp).map(\.message.batch))
        guard !batches.isEmpty else { return }
        let policy = await self.board.policy.badList
        for batch in batches {
            await self.persist("a batch cannot be held") { () async throws(QueueError) in
                let outcomes = try await self.reader.outcomes(of: batch)
                guard let concern = policy.concern(missing: outcomes.notOnWhatsApp, of: outcomes.seen) else { return }
                try await self.desk.raise(concern, about: batch)
            }
        }
    }

    // MARK: Storing

    /// Keeps trying: an outcome that is not stored would be sent again after a restart.
    /// - Parameter device: Whose state is stored with them.
    func store(_ outcomes: [SettledAttempt], _ device: DeviceID?) async {
        guard !outcomes.isEmpty else { return }
        while true {
            do throws(QueueError) {
                try await self.settle(outcomes, device)
                self.log(outcomes)
                self.wakeUps.results.ring()
                self.wakeUps.housekeeping.ring()
                return
            } catch .unexpectedState(let id, let expected) {
                self.logger.error(
                    "the outcome of a message cannot be stored: it is not \(expected.rawValue)",
                    metadata: ["queue.id": "\(id)"])
                return await self.store(outcomes.filter { $0.message != id }, device)
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

    private func settle(_ outcomes: [SettledAttempt], _ device: DeviceID?) async throws(QueueError) {
        let now = self.wallClock.now
        guard let device, let (state, revision) = await self.board.stored(device) else {
            return try await self.queue.settle(outcomes, now: now)
        }
        try await self.queue.settle(
            outcomes, state: DeviceStateUpdate(device: device, state: Array(state)), now: now)
        if await self.board.noteStored(device, revision: revision) { try await self.desk.store(device) }
    }

    /// Does it again until it is done, or the daemon is stopped by force.
    private func persist(_ failure: String, _ body: () async throws(QueueError) -> Void) async {
        while true {
            do throws(QueueError) {
                return try await body()
            } catch {
                self.logger.error("\(failure), trying again: \(error)")
            }
            do {
                try await self.clock.sleep(for: .seconds(1))
            } catch {
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

extension SendReport {
    fileprivate var isNotOnWhatsApp: Bool {
        if case .failure(.permanent(.notOnWhatsApp, _)) = self.result { true } else { false }
    }
}
