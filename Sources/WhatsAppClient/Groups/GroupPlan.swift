import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

/// To which devices messages of a group go.
struct GroupPlan: Sendable {
    let group: JID
    let addressing: Addressing
    let account: LinkedAccount
    /// The members and ourselves, in the group's form of address.
    let accounts: [JID]
    /// All of their devices, this one too.
    let devices: [JID]

    /// - Parameter lists: of the accounts; who is missing has no devices. Hosted devices are in no group.
    init(_ info: GroupInfo, _ account: LinkedAccount, _ accounts: [JID], _ lists: [JID: DeviceList]) {
        self.group = info.group
        self.addressing = info.addressing
        self.account = account
        self.accounts = accounts
        self.devices = accounts.flatMap { lists[$0]?.targets(of: $0) ?? [] }.filter { jid in
            jid.server != .hosted && jid.server != .hostedLID
        }
    }

    /// The devices that messages are encrypted for.
    var targets: [JID] { self.devices.filter { !self.account.isThisDevice($0) } }

    /// The hash of the devices that the server has, when it is not ours.
    func otherHash(in ack: Node) -> String? {
        guard let theirs = ack.string("phash"), let ours = try? ParticipantHash.hash(of: self.devices), theirs != ours
        else { return nil }
        return theirs
    }

    /// Whose sender keys are ours, in this group.
    var senderKeyName: SenderKeyName { SenderKeyName(group: self.group, sender: self.account) }
}

extension SenderKeyName {
    /// Of our own key. The name is ours alone, so it stays the same in whatever form of address.
    init(group: JID, sender account: LinkedAccount) {
        self.init(groupID: group.description, sender: ProtocolAddress(account.lid ?? account.jid))
    }
}
