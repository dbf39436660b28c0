import Logging
import WhatsAppBinary

// Doing what the machines say. Nothing here waits: what takes time goes through the inbox, in order.
extension WhatsAppSession {
    func perform(_ actions: [ConnectionStateMachine.Action], bytes: Int = 0) {
        for action in actions { self.perform(action, bytes: bytes) }
        self.rearmTimer()
    }

    private func perform(_ action: ConnectionStateMachine.Action, bytes: Int) {
        switch action {
        case .connect: self.takeStep(connecting: true)
        case .closePipe: self.enqueue(.close)
        case .abortPipe: self.abortConnection()
        case .send(let node): self.sendOwn(node)
        case .query(let query, let node): self.queryOwn(node, for: .machine(query))
        case .deliver(let stanza): self.queue(.stanza(stanza, bytes: bytes))
        case .pairing(let stanza): self.perform(pairing: { $0.received(stanza, $1, using: &$2) })
        case .phase(let phase): self.queue(.phase(phase))
        case .event(let event):
            self.log(event)
            self.queue(.event(event))
        case .saveLID(let lid): self.queue(.saveLID(lid))
        case .saveRoutingInfo(let bytes): self.queue(.saveRoutingInfo(bytes))
        case .markLoggedOut(let reason): self.queue(.markLoggedOut(reason))
        case .finish(let end): self.takeStep(connecting: false, or: end)
        }
    }

    private func log(_ event: ClientEvent) {
        switch event {
        case .disconnected(let reason, let delay):
            self.logger.notice("disconnected", metadata: ["reason": "\(reason)", "retry.after": "\(delay)"])
        case .ended(let end): self.logger.notice("the session has ended", metadata: ["reason": "\(end)"])
        case .temporarilyBanned(let code, let until):
            self.logger.error(
                "the account is temporarily banned",
                metadata: ["code": "\(code.map(String.init) ?? "none")", "until": "\(until)"])
        default: break
        }
    }

    /// Feeds the machine of the linking under way, if there is one, and does what it says.
    func perform(
        pairing step: (inout PairingStateMachine, Moment, inout SessionGenerator) -> [PairingStateMachine.Action]
    ) {
        guard var pairing else { return }
        let actions = step(&pairing, self.time.now, &self.generator)
        self.pairing = pairing
        self.perform(pairing: actions)
        self.rearmTimer()
    }

    func perform(pairing step: (inout PairingStateMachine, Moment) -> [PairingStateMachine.Action]) {
        self.perform(pairing: { machine, now, _ in step(&machine, now) })
    }

    func perform(pairing actions: [PairingStateMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let node): self.sendOwn(node)
            case .finishCode(let node): self.queryOwn(node, for: .codeFinish)
            case .answer(let hello): self.queue(.answer(hello))
            case .event(let event): self.queue(.event(.pairing(event)))
            case .save(let change, let then, let otherwise):
                self.queue(.save(change, then: then, otherwise: otherwise))
            case .linked: self.perform(self.machine.linked(self.time.now))
            case .fail(let failure): self.end(.pairingFailed(failure))
            }
        }
    }
}

// Time.
extension WhatsAppSession {
    /// Sees to it that the next deadline is not missed. A timer that ends earlier is left alone: it looks again then.
    func rearmTimer() {
        let deadlines = [self.machine.deadline, self.pairing?.deadline, self.requests.deadline]
        guard let deadline = deadlines.compactMap({ $0 }).min() else { return self.stopTimer() }
        if let timer, timer.deadline <= deadline { return }
        self.stopTimer()
        let sleepUntil = self.time.sleepUntil
        let task = Task { [weak self] in
            // Throws only when it is cancelled: then another timer has taken its place.
            guard (try? await sleepUntil(deadline)) != nil else { return }
            await self?.timerRang(at: deadline)
        }
        self.timer = (task, deadline)
    }

    func stopTimer() {
        self.timer?.task.cancel()
        self.timer = nil
    }

    private func timerRang(at deadline: Duration) {
        guard self.timer?.deadline == deadline else { return }
        self.timer = nil
        let now = self.time.now
        for request in self.requests.removeOverdue(now: now.uptime) {
            self.settle(request, .failure(.timedOut(mayHaveLeft: request.mayHaveLeft)))
        }
        self.perform(pairing: { $0.reached($1) })
        self.perform(self.machine.reached(now, using: &self.generator))
    }
}
