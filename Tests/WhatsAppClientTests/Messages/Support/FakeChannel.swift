import Foundation
import SignalProtocol
import WhatsAppBinary

@testable import WhatsAppClient

/// A server at the other end of a channel: it knows people and their devices, answers what is asked, and takes
/// messages.
actor FakeChannel: StanzaChannel {
    private var peers: [TestPeer] = []
    private var pns: [String: String] = [:]

    private(set) var sent: [Node] = []
    private(set) var queries: [Node] = []
    private(set) var messages: [Node] = []
    private(set) var preKeyCount = 0
    private var groups: [JID: Node] = [:]
    private var passCount = 0
    private var mediaHosts = ["one.example", "two.example"]

    /// What the next requests of a kind end in.
    private var refusals: [String: [ClientError]] = [:]
    /// What the next messages end in, instead of an acknowledgement.
    private var acks: [Result<Node, ClientError>] = []
    var isConnected = true

    func add(_ peer: TestPeer) { self.peers.append(peer) }
    func map(lid: String, pn: String) { self.pns[lid] = pn }
    func remove(_ jid: JID) { self.peers.removeAll { $0.jid == jid } }
    func setPreKeyCount(_ count: Int) { self.preKeyCount = count }
    func refuse(_ kind: String, _ errors: ClientError...) { self.refusals[kind, default: []] += errors }
    func answer(_ results: Result<Node, ClientError>...) { self.acks += results }
    func setGroup(_ group: JID, _ node: Node?) { self.groups[group] = node }
    func setMediaHosts(_ hosts: String...) { self.mediaHosts = hosts }
    func disconnect() { self.isConnected = false }
    func forget() { (self.sent, self.queries, self.messages) = ([], [], []) }

    func with<Value: Sendable>(_ jid: JID, _ body: @Sendable (inout TestPeer) throws -> Value) throws -> Value {
        guard let index = self.peers.firstIndex(where: { $0.jid == jid }) else { throw Unexpected("no \(jid)") }
        return try body(&self.peers[index])
    }

    func queries(_ xmlns: String) -> [Node] { self.queries.filter { $0.string("xmlns") == xmlns } }

    // MARK: StanzaChannel

    func query(_ iq: Node) async throws(ClientError) -> Node {
        guard self.isConnected else { throw .notConnected }
        self.queries.append(iq)
        let kind = Self.kind(of: iq)
        if self.refusals[kind]?.isEmpty == false, let error = self.refusals[kind]?.removeFirst() { throw error }
        var answer = Node("iq", ["type": "result", "from": .jid(.service)])
        switch kind {
        case "devices", "contact", "lid": answer.content = .nodes([self.usync(iq)])
        case "key": answer.content = .nodes([try self.bundles(iq)])
        case "count":
            answer.content = .nodes([Node("count", ["value": .integer(self.preKeyCount)])])
        case "upload": self.preKeyCount += iq.child("list")?.children.count ?? 0
        case "w:g2":
            guard let group = iq.jid("to").flatMap({ self.groups[$0] }) else {
                throw .refused(IQError(code: 404, text: "item-not-found"))
            }
            answer.content = .nodes([group])
        case "w:m": answer.content = .nodes([self.mediaConnection()])
        default: break
        }
        return answer
    }

    func send(_ node: Node) async throws(ClientError) {
        guard self.isConnected else { throw .notConnected }
        self.sent.append(node)
    }

    func sendMessage(_ node: Node, id: String) async throws(ClientError) -> Node {
        guard self.isConnected else { throw .notConnected }
        self.messages.append(node)
        guard self.acks.isEmpty else { return try self.acks.removeFirst().get() }
        return Self.ack(node)
    }

    static func ack(_ message: Node, error: Int? = nil) -> Node {
        var ack = Node("ack", ["class": "message", "t": "1700000001"])
        ack.attributes["id"] = message.attributes["id"]
        ack.attributes["from"] = message.attributes["to"]
        ack.attributes["error"] = error.map { .integer($0) }
        return ack
    }

    static func error(_ code: Int) -> Result<Node, ClientError> {
        .success(Node("ack", ["class": "message", "error": .integer(code)]))
    }

    // MARK: The server's side

    private static func kind(of iq: Node) -> String {
        switch iq.string("xmlns") {
        case "usync":
            let parts = iq.child("usync")?.child("query")?.children.map(\.tag) ?? []
            return parts.contains("lid") ? "lid" : parts.first ?? "usync"
        case "encrypt": return iq.child("list") != nil ? "upload" : iq.children.first?.tag ?? "encrypt"
        case let other: return other ?? ""
        }
    }

    /// With another pass every time.
    private func mediaConnection() -> Node {
        self.passCount += 1
        return Node(
            "media_conn", ["auth": .string("pass \(self.passCount)"), "ttl": "300", "auth_ttl": "21600"],
            children: self.mediaHosts.map { Node("host", ["hostname": .string($0), "type": "primary"]) })
    }

    private func usync(_ iq: Node) -> Node {
        let kind = Self.kind(of: iq)
        let users = iq.child("usync")?.child("list")?.children ?? []
        let answers = users.map { kind == "contact" ? self.contact($0) : self.user($0, kind) }
        return Node("usync", ["sid": "1"], children: [Node("result"), Node("list", children: answers)])
    }

    private func contact(_ user: Node) -> Node {
        let text = user.child("contact")?.text ?? ""
        let number = String(text.dropFirst().prefix { $0 != "@" })
        guard let lid = self.pns.first(where: { $0.value == number })?.key else {
            return Node("user", children: [Node("contact", ["type": "out"], bytes: Array(text.utf8))])
        }
        return Node(
            "user", ["jid": .jid(jid("\(lid)@lid")), "pn_jid": .jid(jid("\(number)@s.whatsapp.net"))],
            children: [Node("contact", ["type": "in"], bytes: Array(text.utf8))])
    }

    private func user(_ user: Node, _ kind: String) -> Node {
        guard let asked = user.jid("jid") else { return user }
        var children: [Node] = []
        let lid = asked.isLID ? asked.user : self.pns.first { $0.value == asked.user }?.key
        if kind == "lid" {
            if let lid { children.append(Node("lid", ["val": .jid(jid("\(lid)@lid"))])) }
        } else {
            let devices = self.peers.filter { $0.jid.user == (lid ?? asked.user) }.map { peer -> Node in
                var node = Node("device", ["id": .integer(peer.jid.device)])
                if peer.jid.device != 0 { node.attributes["key-index"] = "2" }
                return node
            }
            if !devices.isEmpty {
                children.append(Node("devices", children: [Node("device-list", children: devices)]))
            }
        }
        return Node("user", ["jid": .jid(asked)], children: children)
    }

    private func bundles(_ iq: Node) throws(ClientError) -> Node {
        let asked = iq.child("key")?.children.compactMap { $0.jid("jid") } ?? []
        var users: [Node] = []
        for jid in asked {
            let user = jid.isLID ? jid.user : self.pns.first { $0.value == jid.user }?.key ?? jid.user
            let index = self.peers.firstIndex { $0.jid.user == user && $0.jid.device == jid.device }
            guard let index, let node = try? self.peers[index].bundleNode(as: jid) else {
                users.append(Node("user", ["jid": .jid(jid)], children: [Node("error", ["code": "404"])]))
                continue
            }
            users.append(node)
        }
        return Node("list", children: users)
    }
}
