public import Foundation
import SpoolCore

extension DeviceState {
    /// Takes note of a signal, changes the device's standing as the table says, and tells what else is to be done.
    public mutating func react(to event: SignalEvent, at now: Date) -> [SignalAction] {
        self.note(event, at: now)
        let actions = self.actions(for: event, at: now)
        for action in actions { self.obey(action, event, at: now) }
        self.conclude(event, at: now)
        return actions
    }

    /// When the next question about the time lock is due; `nil` when nobody waits for an answer.
    public func nextTimeLockQuery(at now: Date) -> Date? {
        guard let lock = self.memory.standing.timeLock, lock.until > now else { return nil }
        return lock.nextQuery
    }

    /// Until when no question of this kind may be put; `nil` when one may.
    public func queryPause(_ kind: QueryKind, at now: Date) -> Date? {
        self.memory.signals.queries[kind].flatMap { $0.until > now ? $0.until : nil }
    }

    /// What a person should know of the device's connection.
    public func healthWarning(at now: Date) -> String? {
        let failures = self.memory.signals.failures(at: now)
        guard failures > SignalTable.failuresOfWarning else { return nil }
        return "the connection was lost \(failures) times within an hour"
    }

    /// Another device has found the program to be too old.
    public mutating func stopOutdated(_ reason: String, at now: Date) {
        self.memory.standing.halt = Standing.Halt(status: .outdated, reason: reason, since: now)
    }

    private mutating func note(_ event: SignalEvent, at now: Date) {
        switch event {
        case .signal(.transportFailure(let code)) where code != SignalTable.restartRequired:
            _ = self.memory.signals.recordFailure(at: now)
        case .refused(let message, .reachOut(let knowledge)):
            if message.lane != .cold || knowledge == .inactive {
                _ = self.memory.signals.recordRefusal(of: message.recipient, at: now)
            } else if knowledge == .unknown, message.timesPutOff < SignalTable.mostPutOffs,
                self.memory.standing.timeLocked(at: now) == nil
            {
                self.memory.signals.question(message.recipient, at: now)
            }
        case .signal(.reachOutTimeLockLifted):
            for recipient in self.memory.signals.questioned {
                _ = self.memory.signals.recordRefusal(of: Recipient(address: recipient.address), at: now)
            }
        case .queryRefused(let kind): _ = self.memory.signals.recordRefusal(of: kind, at: now)
        case .queryAnswered(let kind): self.memory.signals.recordAnswer(to: kind)
        case .signal, .timeLockUnknown, .refused, .noAnswer, .status: break
        }
    }

    /// The table: a row a line.
    private func actions(for event: SignalEvent, at now: Date) -> [SignalAction] {
        let table = SignalTable(standing: self.memory.standing, log: self.memory.signals, now: now)
        return switch event {
        case .signal(.reachOutTimeLock(let until)): table.timeLock(until: until)
        case .signal(.reachOutTimeLockLifted): table.timeLockLifted()
        case .signal(.newChatQuota(let notice)): table.quota(notice)
        case .signal(.temporaryBan(let code, let until)): table.temporaryBan(code: code, until: until)
        case .signal(.transportFailure(let code)): table.transportFailure(code: code)
        case .timeLockUnknown: table.timeLockUnknown()
        case .refused(let message, .reachOut(let knowledge)): table.reachOutRefused(message, knowledge)
        case .refused(_, .newChatCap): table.newChatCapReached()
        case .refused(_, .staleDevices(let isSecondTime)): table.staleDevices(isSecondTime: isSecondTime)
        case .refused(_, .permanent(let code)): table.refusedForGood(code: code)
        case .refused(_, .temporary(let code)): table.refusedForNow(code: code)
        case .noAnswer: table.noAnswer()
        case .status(let status, let detail): table.status(status, detail)
        case .queryRefused(let kind): table.queryRefused(kind)
        case .queryAnswered: []
        }
    }

    private mutating func obey(_ action: SignalAction, _ event: SignalEvent, at now: Date) {
        switch action {
        case .stopCold(let until): self.stopCold(until: until, event, at: now)
        case .resumeCold:
            if self.memory.standing.timeLock?.source != .question { self.memory.signals.forgetRefusals() }
            self.memory.standing.timeLock = nil
        case .stopDevice(let until, let reason): self.stop(until: until, reason, event, at: now)
        case .restartWarmUp: self.memory.warmUp.restart()
        case .stopWarmUp: self.memory.warmUp.stop(at: now)
        case .queryTimeLock(let moment): self.memory.standing.timeLock?.nextQuery = moment
        case .limitCold, .returnMessage, .backOffMessage, .putOffRecipient, .failMessage, .leaveUncertain,
            .refreshDevicesAndRetry, .stopAllDevices, .reconnect, .queryQuota, .backOffQuery, .label, .warn, .alarm:
            break
        }
    }

    private mutating func stopCold(until: Date, _ event: SignalEvent, at now: Date) {
        switch event {
        case .signal(.reachOutTimeLock(let end)):
            self.memory.standing.lock(until: until, .service, isAssumed: end == nil, at: now)
        case .signal(.reachOutTimeLockLifted), .refused(_, .reachOut(.inactive)):
            self.memory.standing.lock(until: until, .refusals, isAssumed: true, at: now)
        case .refused(let message, .reachOut(.active(let end))):
            let source: Standing.TimeLock.Source = message.lane == .cold ? .service : .refusals
            self.memory.standing.lock(until: until, source, isAssumed: end == nil || message.lane != .cold, at: now)
        case .refused(let message, .reachOut(.unknown)):
            let source: Standing.TimeLock.Source = message.lane == .cold ? .question : .refusals
            self.memory.standing.lock(until: until, source, isAssumed: true, at: now)
        case .refused(_, .newChatCap):
            var notice = self.memory.standing.quota(at: now)?.notice ?? NewChatQuota(level: .capped)
            notice.level = .capped
            notice.endsAt = until
            self.memory.standing.quota = Standing.Quota(notice: notice, notedAt: now)
        case .signal, .refused, .timeLockUnknown, .noAnswer, .status, .queryRefused, .queryAnswered: break
        }
    }

    private mutating func stop(until: Date?, _ reason: String, _ event: SignalEvent, at now: Date) {
        switch event {
        case .signal(.temporaryBan(let code, _)):
            guard self.memory.standing.ban?.isSame(code: code, until: until) != true else { return }
            self.memory.standing.ban = Standing.Ban(
                code: code, until: until, since: now, needsPerson: until == nil || BanCode.needsPerson(code))
        case .status(let status, _):
            self.memory.standing.halt = Standing.Halt(status: status, reason: reason, since: now)
        case .signal, .refused, .timeLockUnknown, .noAnswer, .queryRefused, .queryAnswered: break
        }
    }

    private mutating func conclude(_ event: SignalEvent, at now: Date) {
        switch event {
        case .signal(.reachOutTimeLockLifted):
            _ = self.memory.signals.takeQuestioned()
        case .signal(.newChatQuota(let notice)):
            self.memory.standing.quota = Standing.Quota(notice: notice, notedAt: now)
        case .timeLockUnknown: self.memory.standing.timeLock?.questions += 1
        case .signal, .refused, .noAnswer, .status, .queryRefused, .queryAnswered: break
        }
        if self.memory.standing.isTimeLockKnown(at: now) { self.memory.signals.timeLockSeenAt = now }
    }
}
