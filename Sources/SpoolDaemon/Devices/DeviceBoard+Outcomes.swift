import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What the devices' rules are told of what happened.
extension DeviceBoard {
    /// Takes note of messages that were handed to the connection together; the call ended at `end`.
    /// - Returns: What follows, for each of them.
    func record(_ reports: [SendReport], by device: DeviceID, start: Date, end: Date) -> [SendConsequence] {
        guard var entry = self.entries[device] else { return reports.map { _ in SendConsequence() } }
        let consequences = reports.map { report in
            self.record(report, &entry, start, end)
        }
        if reports.contains(where: { !$0.result.isSessionLost }) { entry.timesAway = 0 }
        entry.revision += 1
        self.entries[device] = entry
        if reports.contains(where: \.result.isSessionLost) { self.foundAway(device, at: end) }
        return consequences
    }

    private func record(_ report: SendReport, _ entry: inout Entry, _ start: Date, _ end: Date) -> SendConsequence {
        let message = report.message
        guard !report.result.isSessionLost else { return SendConsequence() }
        self.chance.draw {
            entry.state.record(lane: message.lane, message: message.id, start: start, end: end, using: &$0)
        }
        entry.wheel.recordSend(message.priority)
        var consequence = SendConsequence()
        switch report.result {
        case .success:
            entry.state.recordSuccess()
            guard message.lane == .cold, !message.text.isEmpty else { break }
            consequence.concern = entry.sameText.record(
                text: TextDigest(message.text), to: message.recipient, at: start, self.policy.sameText)
        case .failure(.temporary):
            entry.state.recordFailure(at: end)
            entry.state.recordReturn(of: message.id, at: end)
        case .failure(.permanent): entry.state.recordReturn(of: message.id, at: end)
        case .failure(.refused(let refusal, _)):
            entry.state.recordReturn(of: message.id, at: end)
            if case .temporary = refusal { entry.state.recordFailure(at: end) }
            let refused = RefusedMessage(
                recipient: message.recipient, lane: message.lane, timesPutOff: report.timesPutOff)
            consequence.actions = entry.state.react(to: .refused(refused, refusal), at: end)
        case .failure(.outcomeUnknown): consequence.actions = entry.state.react(to: .noAnswer, at: end)
        case .failure(.sessionLost): break
        }
        return consequence
    }

    /// A send found the device away. Until the transport says how it is, it is left alone, each time for longer.
    func foundAway(_ device: DeviceID, at now: Date) {
        guard let times = self.entries[device]?.timesAway else { return }
        self.entries[device]?.timesAway = min(times + 1, 6)
        self.entries[device]?.awayUntil = now.addingTimeInterval(min(Self.longestAway, Double(1 << times)))
    }

    /// What is left of the pause before the next message of the device may leave; `nil` when devices show nothing.
    func typingGap(of device: DeviceID, at now: Date) -> Duration? {
        guard let entry = self.entries[device], self.policy.humanSimulation, self.policy.pacing.maximumDelay > .zero
        else { return nil }
        let end = entry.state.pauseEnd(at: now, backlog: self.backlog(of: entry))
        return .seconds(max(0, end.timeIntervalSince(now)))
    }

    // MARK: Signals

    /// Takes note of a signal and tells what else is to be done.
    func react(to event: SignalEvent, of device: DeviceID, at now: Date) -> [SignalAction] {
        self.change(device) { $0.react(to: event, at: now) } ?? []
    }

    /// No device sends: the program is too old.
    func stopOutdated(_ reason: String, at now: Date) {
        for id in self.entries.keys { self.change(id) { $0.stopOutdated(reason, at: now) } }
    }

    /// Changes what the rules know of a device; `nil` when it is not on the board.
    @discardableResult
    func change<Value>(_ device: DeviceID, _ body: (inout DeviceState) -> Value) -> Value? {
        guard var entry = self.entries[device] else { return nil }
        let value = body(&entry.state)
        entry.revision += 1
        self.entries[device] = entry
        return value
    }

    /// What the rules know of a device.
    func state(of device: DeviceID) -> DeviceState? { self.entries[device]?.state }

    // MARK: Answers to stop words

    func confirm(_ confirmation: OptOutConfirmation, by device: DeviceID) {
        self.entries[device]?.confirmations.append(confirmation)
    }

    func takeConfirmation(of device: DeviceID) -> OptOutConfirmation? {
        guard self.entries[device]?.confirmations.isEmpty == false else { return nil }
        return self.entries[device]?.confirmations.removeFirst()
    }

    /// Counts a message that is in no batch.
    func recordConfirmation(by device: DeviceID, start: Date, end: Date) {
        self.chance.draw { generator in
            self.entries[device]?.state.record(lane: .reply, start: start, end: end, using: &generator)
        }
    }
}

extension SendResult {
    /// Whether nothing left, because the device has no session.
    var isSessionLost: Bool {
        if case .failure(.sessionLost) = self { true } else { false }
    }
}
