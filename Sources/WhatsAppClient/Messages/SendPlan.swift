import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

/// A message that is on its way out, from the beginning: it keeps its content through all attempts.
struct Draft: Sendable {
    let text: OutgoingText
    let content: [UInt8]
    let form: MessageForm
    private let secret: [UInt8]

    init(_ text: OutgoingText, secret: [UInt8]) throws(ClientError) {
        let content =
            if let attached = text.attachment {
                try MessageContent.media(attached, caption: text.text, expiration: text.expiration, secret: secret)
            } else {
                try MessageContent.text(text.text, expiration: text.expiration, secret: secret)
            }
        self.text = text
        self.secret = secret
        self.content = content
        self.form = try MessageForm(content: content)
    }

    var id: String { self.text.id }
    /// The chat, when it is a group.
    var group: JID? { self.text.recipient.isGroup ? self.text.recipient.withoutDevice : nil }

    /// The same for a chat whose messages disappear after so many seconds, unless it says so already.
    func expiring(_ expiration: UInt32?) throws(ClientError) -> Draft {
        guard let expiration, self.text.expiration == nil else { return self }
        var text = self.text
        text.expiration = expiration
        return try Draft(text, secret: self.secret)
    }
}

/// To whom a draft goes.
struct SendPlan: Sendable {
    struct Target: Sendable {
        let jid: JID
        /// Whether this is a device of our own, which gets the message as a copy.
        let isOwn: Bool
    }

    let draft: Draft
    /// The chat as the stanza names it. All devices are in the same form of address.
    let to: JID
    let recipient: Person
    let account: LinkedAccount
    /// Ourselves in this form of address.
    let own: JID
    var targets: [Target] = []
    /// All devices of both sides, this one too.
    private(set) var devices: [JID] = []

    /// - Returns: `nil` when the chat or we ourselves have no name in any common form of address.
    init?(_ draft: Draft, to recipient: Person, from account: LinkedAccount, _ addressing: Addressing) {
        let ways: [(JID?, JID?)] = [(recipient.lid, account.lid), (recipient.pn, account.jid)]
        let order = addressing == .lid ? ways : ways.reversed()
        guard let (to, own) = order.lazy.compactMap({ way in way.0.flatMap { to in way.1.map { (to, $0) } } }).first
        else { return nil }
        self.draft = draft
        self.to = to
        self.own = own
        self.recipient = recipient
        self.account = account
    }

    var addressing: Addressing { self.to.isLID ? .lid : .pn }
    private var isToOurselves: Bool { self.account.isOwn(self.to) }

    /// The accounts whose devices get the message.
    var accounts: [JID] { self.isToOurselves ? [self.to] : [self.to, self.own.account] }

    /// Whether the recipient has any device at all.
    mutating func setDevices(_ lists: [JID: DeviceList]) -> Bool {
        let theirs = self.isToOurselves ? [] : lists[self.to]?.targets(of: self.to) ?? []
        let ours = lists[self.own.account]?.targets(of: self.own.account) ?? []
        self.devices = theirs + ours
        self.targets =
            theirs.map { Target(jid: $0, isOwn: false) }
            + ours.filter { !self.account.isThisDevice($0) }.map { Target(jid: $0, isOwn: true) }
        return !(self.isToOurselves ? self.targets.isEmpty : theirs.isEmpty)
    }

    /// Whether these devices let the person see the message: the phone, or what a provider holds in its place.
    func reachesPhone(_ participants: [JID]) -> Bool {
        participants.contains { jid in
            jid.account == self.to && (jid.device == 0 || jid.server == .hosted || jid.server == .hostedLID)
        }
    }

    /// Whether the server knows of other devices than we.
    func isStale(_ ack: Node) -> Bool {
        guard let theirs = ack.string("phash"), let ours = try? ParticipantHash.hash(of: self.devices) else {
            return false
        }
        return theirs != ours
    }
}
