import CryptoPrimitives
import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// What people do, what happens to them, and what can be seen of it.
extension SimulatedServer {
    /// Gives a number an account, or changes what its owner does.
    public func addAccount(_ account: AccountScript) {
        self.change { service in _ = service.addAccount(account) }
    }

    /// Adds people, settings and faults.
    public func apply(_ scenario: Scenario) {
        self.change { $0.apply(scenario) }
    }

    public func addFaults(_ faults: [Fault]) {
        self.change { $0.arm(faults) }
    }

    /// A person scans the QR code with this text, and waits until the device is linked.
    /// - Throws: `PairingRefusal`.
    public func scan(_ text: String, as number: String) async throws -> SimulatedDeviceID {
        let id = try self.change { service throws(PairingRefusal) in try service.scan(text, number: number) }
        return try await self.device(linkedOn: id)
    }

    /// A person enters a pairing code, with or without dash, and waits until the device is linked.
    /// - Throws: `PairingRefusal`.
    public func enterCode(_ code: String, number: String) async throws -> SimulatedDeviceID {
        let id = try self.change { service throws(PairingRefusal) in try service.enterCode(code, number: number) }
        return try await self.device(linkedOn: id)
    }

    private func device(linkedOn id: ConnectionID) async throws -> SimulatedDeviceID {
        switch try await self.wait(for: { $0.pairings[id] }) {
        case .linked(let device): return device
        case .refused(let code, let text): throw PairingRefusal.refusedByDevice(code: code, text: text)
        case .badReply(let reason): throw PairingRefusal.badReply(reason)
        case .wrongCode: throw PairingRefusal.wrongCode
        case .expired, .closed: throw PairingRefusal.ended
        }
    }

    /// Takes a linked device off its account, as a person does on the phone.
    public func unlink(_ device: SimulatedDeviceID) {
        self.change { $0.perform(.unlink(device)) }
    }

    /// A person writes to another, or to a group they are in.
    /// - Parameter contact: A number, or the address of a group.
    /// - Returns: the id of the message; `nil` when one of the two has no account, or there is no such group.
    @discardableResult
    public func send(from number: String, to contact: String, text: String) -> String? {
        self.send(.text(text), from: number, to: contact)
    }

    /// A person sends a file.
    /// - Throws: when the file cannot be encrypted or kept.
    @discardableResult
    public func send(from number: String, to contact: String, media: PhoneMedia) throws -> String? {
        guard let files = self.mediaFiles else { return nil }
        let mediaKey = self.service.random.bytes(count: MediaKeys.mediaKeySize)
        let (encrypted, digests) = try MediaEncryptor.encrypt(
            media.data, mediaKey: SecretBytes(mediaKey), kind: media.mediaKind)
        try files.write(encrypted, as: digests.uploadToken)
        let content = self.change { service in
            media.content(service.place(digests, mediaKey, media.mediaKind.pathElement))
        }
        return self.send(content, from: number, to: contact)
    }

    private func send(_ content: PhoneContent, from number: String, to contact: String) -> String? {
        self.change { service in
            let isThere =
                SimulatedGroup.isAddress(contact)
                ? service.groups[contact]?.members.contains(number) == true : service.account(contact) != nil
            guard service.account(number) != nil, isThere, let id = service.makeMessageID() else { return nil }
            service.send(content, from: number, to: contact, id: id)
            return id
        }
    }

    /// A person reads a message.
    public func read(_ message: InboxMessage, on number: String) {
        self.change { $0.perform(.read(number: number, from: message.from, id: message.id)) }
    }

    /// - Returns: the address of the new group; `nil` when a member has no account.
    public func makeGroup(_ group: GroupScript) -> String? {
        self.change { $0.makeGroup(group) }
    }

    /// - Throws: `GroupProblem`.
    public func addMember(_ number: String, to group: String) throws(GroupProblem) {
        if let problem = self.change({ $0.addMember(number, to: group) }) { throw problem }
    }

    /// - Parameter byAdmin: Whether the member is removed, or leaves.
    /// - Throws: `GroupProblem`.
    public func removeMember(_ number: String, from group: String, byAdmin: Bool = true) throws(GroupProblem) {
        if let problem = self.change({ $0.removeMember(number, from: group, byAdmin: byAdmin) }) { throw problem }
    }

    /// A person takes the linked devices that are run here off the account and links as many anew.
    /// - Returns: how many; `nil` when the number has no account.
    public func relink(_ number: String) -> Int? {
        self.change { $0.relink(number) }
    }

    /// A person installs the app on the phone anew.
    /// - Returns: false when the number has no account.
    public func reinstall(_ number: String) -> Bool {
        self.change { service in
            guard service.account(number) != nil else { return false }
            service.happen(.identityChange, to: [], recipient: number)
            return true
        }
    }

    /// Switches a phone on or off; what comes while it is off waits.
    public func setPhone(_ number: String, online: Bool) {
        self.change { $0.perform(.setOnline(number: number, online)) }
    }

    public func setTyping(from number: String, to contact: String, _ isTyping: Bool) {
        self.change { $0.perform(.setTyping(from: number, to: contact, isTyping)) }
    }

    /// What a device that is run here has shown, in the order it came; the owner's own messages are among it.
    public func inbox(of number: String, device: UInt16 = 0) -> [InboxMessage] {
        self.catchUp()
        return self.service.phones[SimulatedDeviceID(number: number, device: device)]?.inbox.messages ?? []
    }

    /// The members of all groups, by the groups' addresses.
    public var groups: [String: [String]] {
        self.catchUp()
        return self.service.groups.mapValues(\.members)
    }

    /// How often a phone was shown that somebody types.
    public func typingCount(of number: String) -> Int {
        self.catchUp()
        return self.service.phones[SimulatedDeviceID(number: number)]?.typingCount ?? 0
    }

    public var complaints: [Complaint] {
        self.catchUp()
        return self.service.complaints.entries
    }

    public var counts: SimulationCounts {
        self.catchUp()
        return self.service.counts
    }

    public var state: SimulationState {
        self.catchUp()
        return SimulationState(self.service)
    }
}
