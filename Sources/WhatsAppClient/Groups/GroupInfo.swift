import CryptoPrimitives
import WhatsAppBinary

/// A group as the server tells it.
struct GroupInfo: Equatable, Sendable {
    let group: JID
    /// By which of their names the members appear in messages.
    var addressing: Addressing
    let members: [Person]
    /// Seconds after which messages disappear, if they do.
    let expiration: UInt32?

    /// More than any group may have.
    private static let memberLimit = 4096

    static func query(_ group: JID) -> Node {
        .iq("get", xmlns: "w:g2", to: group, children: [Node("query", ["request": "interactive"])])
    }

    init(answer iq: Node, _ group: JID) throws(ClientError) {
        guard let node = iq.child("group") else { throw .malformedAnswer("group") }
        self.group = group
        self.addressing = Addressing(mode: node.string("addressing_mode")) ?? .pn
        self.members = node.children("participant").prefix(Self.memberLimit).compactMap { Person(participant: $0) }
        self.expiration = node.child("ephemeral")?.integer("expiration").flatMap { $0 == 0 ? nil : $0 }
    }

    /// Which names belong together.
    var mappings: [LIDMapping] {
        self.members.compactMap { member in member.lid.flatMap { lid in member.pn.flatMap { LIDMapping(lid, $0) } } }
    }
}

extension Addressing {
    /// `nil` for a word that is none.
    init?(mode: String?) {
        switch mode {
        case "lid": self = .lid
        case "pn": self = .pn
        default: return nil
        }
    }
}

extension Person {
    /// A member; which of its names stands in `jid` is not the same in all groups.
    fileprivate init?(participant node: Node) {
        let names = ["jid", "phone_number", "lid"].compactMap { node.jid($0)?.account }
        let (lid, pn) = (names.first(where: \.isLID), names.first(where: \.isPN))
        guard lid != nil || pn != nil else { return nil }
        self.init(lid: lid, pn: pn)
    }

    func name(_ addressing: Addressing) -> JID? { addressing == .lid ? self.lid : self.pn }
}

extension JID {
    var isGroup: Bool { self.server == .group && !self.user.isEmpty }
}
