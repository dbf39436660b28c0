import Foundation
import WhatsAppBinary

// Faults wait for their event and fire; what is not about one stanza alone happens here.
extension SimulatedService {
    mutating func apply(_ scenario: Scenario) {
        for number in scenario.notOnWhatsApp { self.removeAccount(number) }
        if let settings = scenario.settings { self.settings = settings }
        for account in scenario.accounts { self.addAccount(account) }
        for group in scenario.groups {
            for number in group.members where self.account(number) == nil {
                self.addAccount(AccountScript(number: number))
            }
            _ = self.makeGroup(group)
        }
        self.arm(scenario.faults)
    }

    private mutating func removeAccount(_ number: String) {
        self.missing.insert(number)
        for device in self.companions(of: number) { self.unlink(device) }
        guard let account = self.accounts.removeValue(forKey: number) else { return }
        self.numbersByLID[account.lid.user] = nil
        self.phones = self.phones.filter { $0.key.number != number }
    }

    mutating func arm(_ faults: [Fault]) {
        for fault in faults {
            if fault.event == .now {
                self.later.insert(.fault(fault), due: self.now + fault.after)
            } else {
                self.faults.append(ArmedFault(fault: fault))
            }
        }
    }

    /// The actions of the faults that this event makes fire.
    mutating func takeFaults(
        on event: Fault.Event, from: String?, to: String?, where condition: (FaultAction) -> Bool = { _ in true }
    ) -> [FaultAction] {
        self.takeFaults(on: event, from: from, toAnyOf: to.map { [$0] } ?? [], where: condition).map(\.action)
    }

    /// The actions of the faults that a message to a group makes fire, and whom of its members they are about.
    mutating func takeGroupFaults(
        from number: String, group: String, _ members: [String]
    ) -> [(action: FaultAction, person: String?)] {
        self.takeFaults(on: .message, from: number, toAnyOf: [group] + members) { _ in true }
            .map { ($0.action, $0.to == group ? nil : $0.to) }
    }

    private mutating func takeFaults(
        on event: Fault.Event, from: String?, toAnyOf to: [String], where condition: (FaultAction) -> Bool
    ) -> [Fault] {
        guard !self.faults.isEmpty else { return [] }
        var actions: [Fault] = []
        var personal: [Fault] = []
        var hasSpent = false
        for index in self.faults.indices where condition(self.faults[index].fault.action) {
            guard self.faults[index].fires(on: event, from: from, to: to) else { continue }
            let fault = self.faults[index].fault
            if fault.namesPerson { personal.append(fault) } else { actions.append(fault) }
            hasSpent = hasSpent || self.faults[index].isSpent
        }
        if hasSpent { self.faults.removeAll(where: \.isSpent) }
        for fault in personal { self.happen(fault.action, to: self.companions(of: from), recipient: fault.to) }
        return actions
    }

    /// Lets the faults of a query fire.
    /// - Returns: those that are about the answer.
    /// - Throws: the error that the query is to be answered with.
    @discardableResult
    mutating func applyQueryFaults(
        on event: Fault.Event, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) -> [FaultAction] {
        var rest: [FaultAction] = []
        for action in self.takeFaults(on: event, from: device.number, to: nil) {
            switch action {
            case .iqError(let code, let backoff):
                throw StanzaRefusal(.error(code, backoff: backoff), "a fault", isComplaint: false)
            case .dropAnswer: throw StanzaRefusal(.silence, "a fault", isComplaint: false)
            case .withoutOneTimeKey, .wrongSignature: rest.append(action)
            default: self.happen(action, to: [device], recipient: nil)
            }
        }
        return rest
    }

    /// - Parameters:
    ///   - devices: The companions it happens to, if it is about companions.
    ///   - recipient: The number it happens to, if it is about a person.
    mutating func happen(_ action: FaultAction, to devices: [SimulatedDeviceID], recipient: String?) {
        if action.concernsRecipient {
            // What came before it happens was read before.
            self.deliverMail()
            guard let recipient, self.account(recipient) != nil else { return }
            self.happen(action, toPerson: recipient, devices)
        } else {
            for device in devices { self.happen(action, to: device) }
            self.restrict(Set(devices.map(\.number)), action)
            self.disturb(action)
        }
    }

    /// What happens to no account.
    private mutating func disturb(_ action: FaultAction) {
        switch action {
        case .hostDown(let host): self.media.hostsDown.insert(host)
        case .hostUp(let host): self.media.hostsDown.remove(host)
        case .expireMedia: self.discardMedia()
        case .groupNaming(let group, let naming): self.setNaming(naming, of: group)
        case .revokeMediaAuth: self.media.auths = self.media.auths.mapValues { $0.ended(at: self.now) }
        default: break
        }
    }

    private mutating func happen(_ action: FaultAction, to device: SimulatedDeviceID) {
        let connection = self.companions[device]?.connection
        switch action {
        case .disconnect: if let connection { self.end(connection, abruptly: true) }
        case .streamError(let code, let child):
            var error = Node("stream:error", children: child.map { [Node($0)] } ?? [])
            if child == nil { error.content = .empty }
            error.attributes["code"] = code.map { .integer($0) }
            if let connection { self.end(connection, with: error) }
        case .conflict(let type, let code):
            var error = Node("stream:error", children: [Node("conflict", ["type": .string(type)])])
            error.attributes["code"] = code.map { .integer($0) }
            if let connection { self.end(connection, with: error) }
        case .unlink: self.unlink(device)
        case .preKeyCount(let count):
            self.companions[device]?.preKeys.shrink(to: count)
            self.warnOfFewPreKeys(device)
        case .serverPing(let withoutID): if let connection { self.ping(connection, withoutID) }
        default: break
        }
    }

    private mutating func ping(_ id: ConnectionID, _ withoutID: Bool) {
        var node = Node("iq", ["from": .jid(.service), "type": "get", "xmlns": "urn:xmpp:ping"])
        node.attributes["t"] = .string(self.unixTime)
        if !withoutID {
            let stanza = self.nextStanzaID()
            node.attributes["id"] = .string(stanza)
            self.connections[id]?.awaited[stanza] = .ping
        }
        self.send(node, to: id)
    }

    private mutating func restrict(_ numbers: Set<String>, _ action: FaultAction) {
        for number in numbers.sorted() {
            switch action {
            case .timeLock(let seconds, let enforcement, let isQuiet):
                self.accounts[number]?.restriction.timeLock =
                    seconds == 0 ? nil : .init(until: self.now + seconds, enforcement: enforcement)
                if !isQuiet { self.announceTimeLock(of: number) }
            case .capping(let status, let total, let used, let seconds):
                self.accounts[number]?.restriction.capping = .init(
                    status: .init(rawValue: status) ?? .none, total: total, used: used, start: self.now,
                    end: self.now + seconds)
                self.announceCapping(of: number)
            default: break
            }
        }
    }

    private mutating func happen(
        _ action: FaultAction, toPerson number: String, _ devices: [SimulatedDeviceID]
    ) {
        switch action {
        case .reply(let text, _):
            for contact in Set(devices.map(\.number)).sorted() {
                self.send(.text(text), from: number, to: contact, id: nil)
            }
        case .identityChange: self.reinstall(number)
        case .addDevice:
            guard self.addSimulatedDevice(to: number) else { return }
            self.announceDevices(of: number, added: self.simulatedDevices(of: number).last)
        case .removeDevice:
            guard let last = self.simulatedDevices(of: number).last, !last.isPhone else { return }
            self.forget(last)
        case .phoneOffline: self.perform(.setOnline(number: number, false))
        case .phoneOnline: self.perform(.setOnline(number: number, true))
        case .joinGroup(let group): _ = self.addMember(number, to: group)
        case .leaveGroup(let group): _ = self.removeMember(number, from: group, byAdmin: false)
        case .removeFromGroup(let group): _ = self.removeMember(number, from: group, byAdmin: true)
        default: break
        }
    }

    /// The person registers anew: all linked devices are gone, and the identity is another.
    private mutating func reinstall(_ number: String) {
        for device in self.devices(of: number) where !device.isPhone { self.unlink(device) }
        let phone = SimulatedDeviceID(number: number)
        self.usePhone(phone)
        do {
            try self.phones[phone]?.reinstall(using: &self.random)
        } catch {
            self.complain("no keys could be made: \(error)", by: phone.description)
        }
        self.accounts[number]?.keyIndexList = nil
        self.announceIdentityChange(of: number)
    }
}
