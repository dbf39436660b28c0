import Foundation
import WhatsAppBinary

// The way down, and what comes after.
extension ConnectionStateMachine {
    /// The pipe has ended, whoever ended it; `nil` when that was in good order.
    mutating func pipeClosed(
        _ error: PipeError?, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let reason = error.map(DisconnectReason.pipe) ?? .closedByServer
        switch self.state {
        case .ending(let outcome, _), .closing(let outcome, _): return self.settle(outcome, now, using: &generator)
        // The end is as good as the restart that was to come.
        case .linked: return self.settle(.restart(reason), now, using: &generator)
        case .handshaking, .awaitingSuccess, .pairing, .preparing, .activating, .online:
            return self.settle(.retry(reason), now, using: &generator)
        case .idle, .connecting, .waiting, .finished: return []
        }
    }

    /// The owner found that the connection cannot go on.
    mutating func broken(_ reason: DisconnectReason, _ now: Moment) -> [Action] {
        self.isClosing || !self.hasPipe ? [] : self.close(.retry(reason), now)
    }

    /// The owner found that the session cannot go on.
    mutating func failed(
        _ end: SessionEnd, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch self.state {
        case .idle, .connecting, .waiting: return self.settle(.end(end), now, using: &generator)
        case .handshaking, .awaitingSuccess, .pairing, .linked, .preparing, .activating, .online:
            return self.close(.end(end), now)
        case .ending(.end, _), .closing(.end, _), .finished: return []
        case .ending: return self.close(.end(end), now)
        case .closing(_, let until):
            self.state = .closing(.end(end), until: until)
            return []
        }
    }

    /// What is due.
    mutating func reached(_ now: Moment, using generator: inout some RandomNumberGenerator) -> [Action] {
        self.reachedState(now) + self.reachedKeepAlive(now, using: &generator)
            + self.actions(for: self.drain.reached(now.uptime))
    }

    private mutating func reachedState(_ now: Moment) -> [Action] {
        switch self.state {
        case .handshaking(let until) where now.uptime >= until:
            return self.close(.retry(.silence(.handshake)), now)
        case .awaitingSuccess(let until) where now.uptime >= until,
            .pairing(let until?) where now.uptime >= until:
            return self.close(.retry(.silence(.login)), now)
        case .linked(let until) where now.uptime >= until: return self.close(.restart(.silence(.restart)), now)
        case .ending(let outcome, let until) where now.uptime >= until: return self.close(outcome, now)
        case .closing(let outcome, let until) where now.uptime >= until:
            self.state = .closing(outcome, until: now.uptime + Limit.close)
            return [.abortPipe]
        case .waiting(let until) where now.uptime >= until: return self.start()
        case .idle, .connecting, .handshaking, .awaitingSuccess, .pairing, .linked, .preparing, .activating, .online,
            .ending, .closing, .waiting, .finished:
            return []
        }
    }

    private mutating func reachedKeepAlive(
        _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        var actions: [Action] = []
        while let verdict = self.keepAlive?.reached(now.uptime, using: &generator) {
            switch verdict {
            case .fine: return actions
            case .missed(let count): actions.append(.event(.pingMissed(inARow: count)))
            case .ping: actions.append(.query(.ping, .iq("get", xmlns: "w:p")))
            case .dead(let silence): actions += self.close(.retry(.silence(silence)), now)
            }
        }
        return actions
    }

    var isClosing: Bool {
        switch self.state {
        case .ending, .closing: true
        case .idle, .connecting, .handshaking, .awaitingSuccess, .pairing, .linked, .preparing, .activating, .online,
            .waiting, .finished:
            false
        }
    }

    mutating func close(_ outcome: Outcome, _ now: Moment) -> [Action] {
        self.state = .closing(outcome, until: now.uptime + Limit.close)
        self.stopTimers()
        return [.closePipe]
    }

    /// Leaves it to the server to close.
    mutating func end(_ outcome: Outcome, _ now: Moment) -> [Action] {
        self.state = .ending(outcome, until: now.uptime + Limit.end)
        self.stopTimers()
        return []
    }

    private mutating func stopTimers() {
        self.keepAlive = nil
        self.drain = OfflineDrain()
    }

    mutating func settle(
        _ outcome: Outcome, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        self.stopTimers()
        var actions: [Action] = []
        if let upSince {
            actions.append(.phase(.disconnected))
            self.policy.connectionEnded(upFor: now.uptime - upSince)
            if now.uptime - upSince >= ReconnectPolicy.successAfter, outcome != .retry(.unauthorized) {
                self.wasUnauthorized = false
            }
            self.upSince = nil
        }
        return actions + self.next(after: outcome, now, using: &generator)
    }

    private mutating func next(
        after outcome: Outcome, _ now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch outcome {
        case .retry(let reason):
            if let linkingSince, now.uptime - linkingSince >= Limit.linking, self.mode == .registration {
                return self.finish(.pairingFailed(.timedOut))
            }
            return self.wait(self.delay(after: reason, using: &generator), reason, now)
        case .restart(let reason): return self.wait(self.policy.restartDelay(using: &generator), reason, now)
        case .banned(let code, let duration):
            self.state = .waiting(until: now.uptime + duration)
            return [.event(.temporarilyBanned(code: code, until: (now + duration).date))]
        case .end(let end): return self.finish(end)
        }
    }

    private mutating func delay(
        after reason: DisconnectReason, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        if case .pipe(let error) = reason, !error.isTransient { return self.policy.longDelay(using: &generator) }
        return self.policy.delay(
            extraSteps: reason == .rateLimited ? ReconnectPolicy.rateLimitSteps : 0, using: &generator)
    }

    private mutating func wait(_ delay: Duration, _ reason: DisconnectReason, _ now: Moment) -> [Action] {
        let event = Action.event(.disconnected(reason, retryAfter: delay))
        guard delay > .zero else { return [event] + self.start() }
        self.state = .waiting(until: now.uptime + delay)
        return [event]
    }

    private mutating func finish(_ end: SessionEnd) -> [Action] {
        self.state = .finished(end)
        var actions: [Action] = []
        if case .loggedOut(let reason) = end { actions.append(.markLoggedOut(reason)) }
        return actions + [.event(.ended(end)), .finish(end)]
    }
}
