import CryptoPrimitives
import Foundation
import WhatsAppBinary

/// Requests about users, many at a time, and how their answers are read. Users are matched by name, not by position.
enum USync {
    /// Which devices the accounts have.
    static func devicesQuery(of accounts: [JID], sid: String) -> Node {
        self.query(
            sid: sid, context: "message", protocols: [Node("devices", ["version": "2"])],
            users: accounts.map { Node("user", ["jid": .jid($0)]) })
    }

    /// Which accounts belong to phone numbers, given as digits.
    static func contactsQuery(of numbers: [String], sid: String) -> Node {
        self.query(
            sid: sid, context: "interactive", protocols: [Node("contact", ["addressing_mode": "lid"])],
            users: numbers.map { number in
                Node("user", children: [Node("contact", bytes: Array("+\(number)@c.us".utf8))])
            })
    }

    /// Which hidden ids belong to accounts by phone number.
    static func lidsQuery(of accounts: [JID], sid: String) -> Node {
        self.query(
            sid: sid, mode: "full", context: "background",
            protocols: [Node("devices", ["version": "2"]), Node("lid")],
            users: accounts.map { Node("user", ["jid": .jid($0)]) })
    }

    private static func query(
        sid: String, mode: String = "query", context: String, protocols: [Node], users: [Node]
    ) -> Node {
        let usync = Node(
            "usync",
            ["sid": .string(sid), "mode": .string(mode), "last": "true", "index": "0", "context": .string(context)],
            children: [Node("query", children: protocols), Node("list", children: users)])
        return .iq("get", xmlns: "usync", children: [usync])
    }

    /// What an answer says of the users asked for.
    struct Answer: Equatable {
        var deviceLists: [JID: DeviceList] = [:]
        /// By digits as they were asked for.
        var numbers: [String: NumberLookup] = [:]
        var mappings: [LIDMapping] = []
    }

    /// - Throws: `refused` when the server did not answer the part in question: then nothing is known of anybody.
    static func answer(_ iq: Node, about tag: String, now: Date) throws(ClientError) -> Answer {
        guard let usync = iq.child("usync"), let list = usync.child("list") else { throw .malformedAnswer("usync") }
        if let part = usync.child("result")?.child(tag), part.child("error") != nil {
            throw .refused(IQError(answer: part))
        }
        var answer = Answer()
        for user in list.children("user") { answer.read(user, now) }
        return answer
    }
}

extension USync.Answer {
    fileprivate mutating func read(_ user: Node, _ now: Date) {
        let jid = user.jid("jid")?.account
        if let jid {
            let names = [user.jid("pn_jid"), user.child("lid")?.jid("val")].compactMap { $0?.account }
            self.mappings += names.compactMap { LIDMapping(jid, $0) }
            if let list = user.child("devices")?.child("device-list") {
                self.deviceLists[jid] = DeviceList(list, fetchedAt: now)
            }
        }
        if let contact = user.child("contact"), contact.child("error") == nil { self.read(contact, of: user, jid, now) }
    }

    private mutating func read(_ contact: Node, of user: Node, _ jid: JID?, _ now: Date) {
        guard let type = contact.string("type"), let number = contact.text.flatMap(Self.digits) else { return }
        var lookup = NumberLookup(account: nil, askedAt: now)
        switch type {
        case "in":
            let pn = user.jid("pn_jid")?.account
            lookup.account = [jid, pn].compactMap(\.self).first(where: \.isPerson)
            if lookup.account?.isLID == true { lookup.pn = pn }
        case "out", "invalid": break
        default: return
        }
        self.numbers[number] = lookup
    }

    /// The digits in `+digits@c.us` or `+digits`.
    private static func digits(_ text: String) -> String? {
        let digits = text.drop { $0 == "+" }.prefix { $0 != "@" }
        return digits.isEmpty ? nil : String(digits)
    }
}

extension DeviceList {
    /// From a `<device-list>`. Numbers that are none are passed over.
    init(_ node: Node, fetchedAt: Date) {
        let devices = node.children("device").prefix(Self.limit).compactMap { node -> Device? in
            guard let id = node.integer("id", as: UInt16.self) else { return nil }
            let isHosted = node.string("is_hosted") == "true" || id == Self.hostedID
            return Device(id: id, keyIndex: node.integer("key-index"), isHosted: isHosted)
        }
        self.init(devices: devices, fetchedAt: fetchedAt)
    }

    /// More than anybody may have.
    private static let limit = 256
    private static let hostedID: UInt16 = 99

    /// The devices that messages to the account go to. A companion that is in no key list would have the whole message
    /// refused.
    func targets(of account: JID) -> [JID] {
        self.devices.compactMap { device in
            guard device.id == 0 || device.keyIndex != nil || device.isHosted else { return nil }
            guard device.isHosted, device.id != 0 else { return try? account.withDevice(device.id) }
            let server: JID.Server = account.isLID ? .hostedLID : .hosted
            return try? JID(user: account.user, server: server, device: device.id)
        }
    }
}
