public import SignalProtocol
public import WhatsAppBinary

/// The two names of one account: user parts of its hidden id and of its phone number.
public struct LIDMapping: Hashable, Sendable {
    public let lid: String
    public let pn: String

    public init(lid: String, pn: String) {
        self.lid = lid
        self.pn = pn
    }

    /// From two JIDs, in either order; `nil` unless one is a user by hidden id and the other a user by phone number.
    public init?(_ one: JID, _ other: JID) {
        let (one, other) = (one.normalized, other.normalized)
        guard !one.user.isEmpty, !other.user.isEmpty else { return nil }
        switch (one.isLID, one.isPN, other.isLID, other.isPN) {
        case (true, _, _, true): self.init(lid: one.user, pn: other.user)
        case (_, true, true, _): self.init(lid: other.user, pn: one.user)
        default: return nil
        }
    }
}

extension JID {
    /// Whether this is a user, or a user's hosted device, by hidden id.
    public var isLID: Bool { self.server == .lid || self.server == .hostedLID }
    /// Whether this is a user, or a user's hosted device, by phone number.
    public var isPN: Bool { [.user, .legacyUser, .hosted].contains(self.server) && !self.user.isEmpty }
    public var isPerson: Bool { self.isLID || self.isPN }

    /// The user as a whole, without device; a hosted device counts as its owner's.
    public var account: JID {
        switch self.server {
        case .hosted, .legacyUser: self.moved(to: .user, self.user).withoutDevice
        case .hostedLID: self.moved(to: .lid, self.user).withoutDevice
        default: self.withoutDevice
        }
    }

    /// The same device under another name.
    func moved(to server: Server, _ user: String) -> JID {
        // The names come from JIDs, so they are valid ones.
        (try? JID(user: user, server: server, device: self.device)) ?? self
    }
}

extension DeviceState {
    /// Takes note that two names are one account's: what is stored of sessions under the phone number goes over to the
    /// hidden id, in the same transaction.
    public mutating func learn(_ mapping: LIDMapping) throws {
        guard try self.loadLID(ofPN: mapping.pn) != mapping.lid || self.loadPN(ofLID: mapping.lid) != mapping.pn else {
            return
        }
        try self.saveMapping(mapping)
        try self.renameUser(
            ProtocolAddress.name(mapping.pn, .user), to: ProtocolAddress.name(mapping.lid, .lid))
        try self.renameUser(
            ProtocolAddress.name(mapping.pn, .hosted), to: ProtocolAddress.name(mapping.lid, .hostedLID))
    }

    /// The same device by hidden id, if the pair is known; a hidden id as it is.
    public func lid(of jid: JID) throws -> JID? {
        guard jid.isPN else { return jid.isLID ? jid : nil }
        guard let user = try self.loadLID(ofPN: jid.user) else { return nil }
        return jid.moved(to: jid.server == .hosted ? .hostedLID : .lid, user)
    }

    /// The same device by phone number, if the pair is known; a phone number as it is.
    public func pn(of jid: JID) throws -> JID? {
        guard jid.isLID else { return jid.isPN ? jid.normalized : nil }
        guard let user = try self.loadPN(ofLID: jid.user) else { return nil }
        return jid.moved(to: jid.server == .hostedLID ? .hosted : .user, user)
    }

    /// The account by all the names it is known by, the hidden id first.
    public func names(of jid: JID) throws -> [JID] {
        let account = jid.account
        let names = [try self.lid(of: account), try self.pn(of: account)].compactMap(\.self)
        return names.isEmpty ? [account] : names
    }

    /// Where the sessions with a device are: under the hidden id if it is known.
    public func signalAddress(of jid: JID) throws -> ProtocolAddress {
        ProtocolAddress(try self.lid(of: jid) ?? jid)
    }
}
