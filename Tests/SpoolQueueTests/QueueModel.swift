import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

/// What the queue should hold, kept in plain dictionaries: the other opinion in random walks.
struct QueueModel {
    struct Message {
        var batch: Int64
        var state = MessageState.pending
        var device: DeviceID?
        var notBefore: Date?
        var expiresAt: Date?
        var pin: DeviceID?
        var number: String
        /// The device that has to take it; `nil` for any.
        var owner: DeviceID?
        /// The source of its attachment.
        var media: String?
        var awaitsMedia = false
        var isHeld = false
        var isUncertain = false
        /// Whether an attempt that was uncertain was settled as one to be repeated.
        var wasUncertain = false
        var isDelivered = false
        var cancelIsAsked = false
        var wireID: WireMessageID?
        var attempts = 0
        /// Attempts that were given back before anything left.
        var returned = 0
    }

    private(set) var messages: [QueueID: Message] = [:]
    /// The devices that recipients stay with.
    private var owners: [String: DeviceID] = [:]
    /// The numbers that a device has reached, or heard of.
    private var contacts: [DeviceID: Set<String>] = [:]

    mutating func add(_ id: QueueID, _ request: MessageRequest, batch: Int64) {
        self.messages[id] = Message(
            batch: batch, notBefore: request.sendAt, expiresAt: request.expiresAt, pin: request.device,
            number: request.recipient.address, owner: request.device ?? self.owners[request.recipient.address],
            media: request.media?.source, awaitsMedia: request.media != nil)
    }

    /// Whether the device may claim this message now.
    func isClaimable(_ message: Message, by device: DeviceID, at now: Date) -> Bool {
        message.state == .pending && !message.isHeld && !message.awaitsMedia && message.notBefore ?? .distantPast <= now
            && message.expiresAt ?? .distantFuture > now
            && message.owner ?? self.owners[message.number] ?? device == device
    }

    func isClaimable(_ id: QueueID, by device: DeviceID, at now: Date) -> Bool {
        self.messages[id].map { self.isClaimable($0, by: device, at: now) } ?? false
    }

    func countClaimable(by device: DeviceID, at now: Date) -> Int {
        self.messages.values.count { self.isClaimable($0, by: device, at: now) }
    }

    mutating func claim(_ id: QueueID, by device: DeviceID, wireID: WireMessageID) {
        self.messages[id]?.state = .processing
        self.messages[id]?.device = device
        self.messages[id]?.owner = device
        if let number = self.messages[id]?.number { self.owners[number] = self.owners[number] ?? device }
        self.messages[id]?.wireID = wireID
        self.messages[id]?.attempts += 1
    }

    /// Messages in flight, in the order of their ids.
    func inFlight(uncertain: Bool) -> [QueueID] {
        self.messages.filter { $0.value.state == .processing && $0.value.isUncertain == uncertain }.keys.sorted()
    }

    mutating func settle(_ id: QueueID, _ settlement: Settlement) {
        if self.messages[id]?.isDelivered == true { return self.finish(id, .sent) }
        switch settlement {
        case .sent:
            self.finish(id, .sent)
            self.meet(id)
        case .failed: self.finish(id, .failed)
        case .uncertain: self.messages[id]?.isUncertain = true
        case .deferred(let until, _, _): self.postpone(id, until: until)
        case .returned:
            self.messages[id]?.returned += 1
            self.postpone(id, until: self.messages[id]?.notBefore)
            self.giveUpIfNew(id)
        case .awaitsMedia:
            self.messages[id]?.returned += 1
            self.messages[id]?.awaitsMedia = true
            self.postpone(id, until: nil)
            self.giveUpIfNew(id)
        }
    }

    private mutating func meet(_ id: QueueID) {
        guard let message = self.messages[id], let device = message.device else { return }
        self.contacts[device, default: []].insert(message.number)
    }

    private mutating func giveUpIfNew(_ id: QueueID) {
        guard let message = self.messages[id], let device = message.device, message.state == .pending,
            message.pin == nil, message.attempts == message.returned, !message.wasUncertain,
            self.contacts[device]?.contains(message.number) != true
        else { return }
        self.messages[id]?.owner = nil
        if self.owners[message.number] == device { self.owners[message.number] = nil }
    }

    /// The attachment is there, or cannot be had.
    mutating func settleMedia(_ source: String, of batch: Int64, isThere: Bool) {
        for (id, message) in self.messages {
            guard message.batch == batch, message.media == source, message.state == .pending else { continue }
            self.messages[id]?.awaitsMedia = false
            if !isThere { self.finish(id, .failed) }
        }
    }

    /// Attachments of which a message that waits needs one.
    var wantedMedia: Set<String> {
        Set(
            self.messages.values.filter { $0.state == .pending && $0.awaitsMedia }.compactMap { message in
                message.media.map { "\(message.batch) \($0)" }
            })
    }

    mutating func cancel(where condition: (QueueID, Message) -> Bool) -> Int {
        var cancelled = 0
        for (id, message) in self.messages where condition(id, message) {
            switch message.state {
            case .pending:
                self.finish(id, .cancelled)
                cancelled += 1
            case .processing: self.messages[id]?.cancelIsAsked = true
            case .sent, .failed, .cancelled: break
            }
        }
        return cancelled
    }

    mutating func expire(at now: Date) -> Int {
        let due = self.messages.filter { $0.value.state == .pending && $0.value.expiresAt ?? .distantFuture <= now }
        for id in due.keys { self.finish(id, .failed) }
        return due.count
    }

    mutating func rescue() -> Int {
        let abandoned = self.inFlight(uncertain: false)
        for id in abandoned {
            if self.messages[id]?.isDelivered == true {
                self.finish(id, .sent)
            } else {
                self.messages[id]?.isUncertain = true
            }
        }
        return abandoned.count
    }

    mutating func resolve(of device: DeviceID, _ policy: UncertainPolicy, until: (Int) -> Date?) -> Int {
        let uncertain = self.messages.filter { $0.value.isUncertain && $0.value.device == device }
        for (id, message) in uncertain {
            self.messages[id]?.pin = device
            self.messages[id]?.owner = device
            self.messages[id]?.wasUncertain = true
            switch (policy, until(message.attempts - message.returned)) {
            case (.resend, .some(let moment)): self.postpone(id, until: moment)
            case (.hold, _):
                self.messages[id]?.isHeld = true
                self.postpone(id, until: message.notBefore)
            case (.fail, _), (.resend, .none): self.finish(id, .failed)
            }
        }
        return uncertain.count
    }

    /// Devices outside `known` that something open belongs to.
    private func lostDevices(known: Set<DeviceID>) -> Set<DeviceID> {
        let names = self.messages.values.compactMap { message in
            switch message.state {
            case .pending: message.owner
            case .processing: message.isUncertain ? message.device : nil
            case .sent, .failed, .cancelled: nil
            }
        }
        return Set(names).subtracting(known)
    }

    mutating func failOrphans(known: Set<DeviceID>) -> Int {
        let devices = self.lostDevices(known: known)
        let lost = self.messages.filter { _, message in
            switch message.state {
            case .pending: message.pin.map { !known.contains($0) } ?? false
            case .processing: message.isUncertain && message.device.map { !known.contains($0) } ?? false
            case .sent, .failed, .cancelled: false
            }
        }
        for id in lost.keys { self.finish(id, .failed) }
        for (id, message) in self.messages where message.pin == nil && !message.isUncertain && !message.state.isFinal {
            if let owner = message.owner, devices.contains(owner) { self.messages[id]?.owner = nil }
        }
        self.owners = self.owners.filter { !devices.contains($0.value) }
        return lost.count
    }

    mutating func receive(_ wireID: WireMessageID) {
        for (id, message) in self.messages where message.wireID == wireID {
            self.messages[id]?.isDelivered = true
            self.meet(id)
            let waitsToBeRepeated = message.state == .pending && message.wasUncertain
            if message.isUncertain || waitsToBeRepeated { self.finish(id, .sent) }
        }
    }

    private mutating func postpone(_ id: QueueID, until moment: Date?) {
        guard self.messages[id]?.cancelIsAsked == false else { return self.finish(id, .cancelled) }
        self.messages[id]?.state = .pending
        self.messages[id]?.notBefore = moment
        self.messages[id]?.isUncertain = false
    }

    private mutating func finish(_ id: QueueID, _ state: MessageState) {
        self.messages[id]?.state = state
        self.messages[id]?.isUncertain = false
    }
}

extension QueueModel: CustomTestStringConvertible {
    var testDescription: String { "a model of \(self.messages.count) messages" }
}
