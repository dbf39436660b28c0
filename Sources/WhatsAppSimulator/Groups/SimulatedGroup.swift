import Foundation
import WhatsAppBinary

/// A group: who is in it, how its members are named, and which devices hold whose sender key.
struct SimulatedGroup: Sendable {
    let id: JID
    let subject: String
    /// The number of the one who made it.
    let creator: String
    let created: Date
    var naming: GroupNaming
    /// Whether only admins may write.
    var isAnnouncement = false
    /// The numbers of those in it, in the order in which they came.
    private(set) var members: [String]
    /// The numbers of those who were in it.
    private(set) var former: Set<String> = []
    /// The present key of every device that has written here.
    var keys: [SimulatedDeviceID: SenderKeyUse] = [:]

    init(
        id: JID, subject: String, members: [String], naming: GroupNaming, isAnnouncement: Bool = false, created: Date
    ) {
        self.id = id
        self.subject = subject
        self.creator = members.first ?? ""
        self.created = created
        self.naming = naming
        self.isAnnouncement = isAnnouncement
        self.members = members
    }

    func isAdmin(_ number: String) -> Bool { number == self.creator }

    /// - Returns: false when the member is in it already.
    mutating func add(_ number: String) -> Bool {
        guard !self.members.contains(number) else { return false }
        self.members.append(number)
        self.former.remove(number)
        return true
    }

    /// - Returns: false when nobody with this number is in it.
    mutating func remove(_ number: String) -> Bool {
        guard let index = self.members.firstIndex(of: number) else { return false }
        self.members.remove(at: index)
        self.former.insert(number)
        return true
    }

    static func isAddress(_ text: String) -> Bool { text.hasSuffix("@\(JID.Server.group.rawValue)") }
}

/// How the members of a group are named.
public enum GroupNaming: String, Sendable, Hashable, CaseIterable {
    /// By hidden identifier, with the number beside it.
    case lid
    /// By number, with the hidden identifier beside it.
    case pn
    /// The group goes by hidden identifiers, and every second member is listed by number.
    case mixed

    /// What stanzas in the group have to use.
    var addressing: Addressing { self == .pn ? .number : .lid }
}

/// The sender key a device writes to a group with.
struct SenderKeyUse: Sendable {
    let keyID: UInt32
    /// The devices it was given to.
    var holders: Set<SimulatedDeviceID> = []
}

/// A group of a script.
public struct GroupScript: Sendable, Hashable {
    /// Such as `120363000000000001@g.us`; made up when `nil`.
    public var id: String?
    public var subject: String
    /// The numbers of its members; the first one has made it.
    public var members: [String]
    public var naming: GroupNaming
    /// Whether only the first member may write.
    public var isAnnouncement: Bool

    public init(
        id: String? = nil, subject: String, members: [String], naming: GroupNaming = .lid,
        isAnnouncement: Bool = false
    ) {
        self.id = id
        self.subject = subject
        self.members = members
        self.naming = naming
        self.isAnnouncement = isAnnouncement
    }

    init(_ object: ScriptObject) throws(ScenarioError) {
        var object = object
        guard let subject = try object.string("subject"), 1...100 ~= subject.count else {
            throw object.error("subject", "1 to 100 characters are wanted here")
        }
        let members = try object.phoneNumbers("members") ?? []
        guard 1...1024 ~= members.count, Set(members).count == members.count else {
            throw object.error("members", "1 to 1024 different phone numbers are wanted here")
        }
        self.init(
            id: try object.groupID("id"), subject: subject, members: members,
            naming: try object.word("addressing", GroupNaming.self) ?? .lid,
            isAnnouncement: try object.bool("announcement") ?? false)
        try object.finish()
    }
}

extension ScriptObject {
    /// The address of a group.
    mutating func groupID(_ key: String) throws(ScenarioError) -> String? {
        guard let text = try self.string(key) else { return nil }
        guard let jid = try? JID(text), jid.server == .group, 1...64 ~= jid.user.utf8.count else {
            throw self.error(key, "the address of a group is wanted here, such as 120363000000000001@g.us")
        }
        return jid.description
    }

    mutating func numberOrGroup(_ key: String) throws(ScenarioError) -> String? {
        let isGroup = try self.peekString(key).map(SimulatedGroup.isAddress) ?? false
        return isGroup ? try self.groupID(key) : try self.phoneNumber(key)
    }

    mutating func phoneNumbers(_ key: String) throws(ScenarioError) -> [String]? {
        guard let list = try self.list(key) else { return nil }
        var numbers: [String] = []
        for (index, entry) in list.enumerated() {
            guard let number = (entry as? String).flatMap(PhoneNumber.digits) else {
                throw self.error("\(key)[\(index)]", "a phone number is wanted here")
            }
            numbers.append(number)
        }
        return numbers
    }
}
