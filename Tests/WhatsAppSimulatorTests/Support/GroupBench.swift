import SpoolTestSupport
import WhatsAppBinary

@testable import WhatsAppSimulator

/// A linked device in a group, which remembers who has its key.
struct GroupBench {
    var bench = ServiceBench()
    var device: TestDevice
    let connection: ConnectionID
    let group: JID
    private var holders: Set<JID> = []

    init(members: [String], naming: GroupNaming = .lid) throws {
        var device = try TestDevice(seed: 1)
        self.connection = try self.bench.link(&device, to: ServiceBench.ann)
        self.device = device
        self.bench.service.now = self.bench.now
        let script = GroupScript(subject: "Staff", members: [ServiceBench.ann] + members, naming: naming)
        self.group = try JID(try require(self.bench.service.makeGroup(script)))
        self.bench.take(self.bench.service.finish())
    }

    /// Asks who is in the group and which devices they have, the own one left out.
    mutating func everybody() throws -> [JID] {
        let answer = try self.bench.query(self.device.groupQuery(self.group), on: self.connection)
        let info = try require(answer.child("group"))
        let isByNumber = info.string("addressing_mode") == "pn"
        let users = info.children("participant").compactMap { participant -> JID? in
            let jids = ["jid", "lid", "phone_number"].compactMap { participant.jid($0) }
            return jids.first { $0.server == (isByNumber ? .user : .lid) }
        }
        let own = isByNumber ? self.device.pn : self.device.lid
        var devices: [JID] = []
        for start in stride(from: 0, to: users.count, by: Self.usersPerQuery) {
            let some = Array(users[start..<min(start + Self.usersPerQuery, users.count)])
            let lists = try self.bench.query(self.device.deviceQuery(some), on: self.connection)
            for user in lists.child("usync")?.child("list")?.children ?? [] {
                for entry in user.child("devices")?.child("device-list")?.children ?? [] {
                    devices.append(try require(user.jid("jid")).withDevice(try require(entry.integer("id"))))
                }
            }
        }
        return devices.filter { $0 != own }
    }

    /// The service wants no longer lists.
    private static let usersPerQuery = 50

    /// Sends a text to all devices there are now, with the key for those that have not got it.
    mutating func send(_ text: String, id: String) throws {
        try self.send(.text(text), id: id, to: self.everybody())
    }

    mutating func send(_ content: TestContent, id: String, to everybody: [JID]) throws {
        let newcomers = everybody.filter { !self.holders.contains($0) }
        let missing = newcomers.filter { !self.device.hasSession(with: $0) }
        if !missing.isEmpty {
            try self.device.startSessions(
                try self.bench.query(self.device.bundleQuery(missing), on: self.connection))
        }
        self.holders.formUnion(newcomers)
        try self.put(
            self.device.groupMessage(
                content, id: id, to: self.group, newcomers: newcomers, everybody: everybody))
    }

    mutating func put(_ node: Node) throws { self.bench.put(.stanza(self.connection, node)) }

    mutating func rotate() throws {
        self.holders = []
        try self.device.rotateSenderKey(self.group)
    }

    /// Acknowledges all notifications that came.
    mutating func acknowledgeNotifications() {
        for node in self.bench.sent[self.connection] ?? [] where node.tag == "notification" {
            self.bench.put(.stanza(self.connection, TestDevice.ack(node)))
        }
        self.bench.sent[self.connection]?.removeAll { $0.tag == "notification" }
    }

    func texts(_ number: String, device: UInt16 = 0) -> [String] {
        self.bench.inbox(number, device: device).filter { $0.chat == self.group.description }.map(\.text)
    }

    mutating func change(_ body: (inout SimulatedService) -> Void) {
        self.bench.service.now = self.bench.now
        body(&self.bench.service)
        self.bench.take(self.bench.service.finish())
    }

    mutating func ack() throws -> Node { try self.bench.next("ack", on: self.connection) }
}
