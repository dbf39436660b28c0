import Foundation
import WhatsAppBinary

// What the server says.
extension ConnectionStateMachine {
    /// A frame came, whatever is in it.
    mutating func frameReceived() {
        self.keepAlive?.received()
    }

    /// Something went out that has an answer.
    mutating func asked(_ now: Moment) {
        self.keepAlive?.asked(now: now.uptime)
    }

    /// A stanza that answers no request.
    mutating func received(_ stanza: Node, _ now: Moment) -> [Action] {
        switch self.state {
        case .awaitingSuccess, .pairing, .linked, .preparing, .activating, .online: break
        case .idle, .connecting, .handshaking, .ending, .closing, .waiting, .finished: return []
        }
        switch stanza.tag {
        case "success": return self.succeeded(stanza, now)
        case "failure": return self.refused(stanza, now)
        case "stream:error": return self.streamError(stanza, now)
        case "xmlstreamend": return self.end(self.isLinked ? .restart(.closedByServer) : .retry(.closedByServer), now)
        case "iq": return self.request(stanza, now)
        case "ib": return self.informed(stanza, now)
        case "message", "receipt", "notification", "call", "presence", "chatstate", "ack":
            return self.deliver(stanza, now)
        default: return []
        }
    }

    private var isLinked: Bool {
        if case .linked = self.state { true } else { false }
    }

    private var isPairing: Bool {
        if case .pairing = self.state { true } else { false }
    }

    /// The first one only: on a connection to be linked it means nothing, and a second one changes nothing.
    private mutating func succeeded(_ stanza: Node, _ now: Moment) -> [Action] {
        guard case .awaitingSuccess = self.state, case .login(let storedLID, _) = self.mode else { return [] }
        self.state = .preparing
        self.upSince = now.uptime
        if let seconds = stanza.integer("t", as: UInt32.self) {
            self.clockOffset = .seconds(Double(seconds) - now.date.timeIntervalSince1970)
        }
        var actions: [Action] = [.phase(.loggedIn)]
        if let lid = stanza.jid("lid"), lid.server == .lid, !lid.isServer, lid != storedLID {
            actions.insert(.saveLID(lid), at: 0)
        }
        return actions
    }

    private mutating func request(_ iq: Node, _ now: Moment) -> [Action] {
        guard iq.isFromService else { return [] }
        switch iq.string("type") {
        case "get" where iq.string("xmlns") == "urn:xmpp:ping" || iq.child("ping") != nil:
            var answer = Node("iq", ["type": "result", "to": .jid(.service)])
            answer.attributes["id"] = iq.attributes["id"]
            return [.send(answer)]
        case "set" where self.isPairing:
            if iq.child("pair-device") != nil { self.state = .pairing(until: nil) }
            return [.pairing(iq)]
        default: return []
        }
    }

    private mutating func informed(_ ib: Node, _ now: Moment) -> [Action] {
        if let bytes = ib.child("edge_routing")?.child("routing_info")?.bytes {
            return 1...ConnectionHeader.maximumRoutingInfoLength ~= bytes.count ? [.saveRoutingInfo(bytes)] : []
        }
        if let expiration = ib.child("client_expiration") {
            guard let seconds = expiration.integer("t", as: UInt32.self) else { return [] }
            return [.event(.versionExpires(at: Date(timeIntervalSince1970: Double(seconds))))]
        }
        if let preview = ib.child("offline_preview") {
            return self.actions(for: self.drain.announced(count: preview.integer("count") ?? 0, now.uptime))
        }
        if ib.child("offline") != nil { return self.actions(for: self.drain.ended()) }
        return self.deliver(ib, now)
    }

    private mutating func deliver(_ stanza: Node, _ now: Moment) -> [Action] {
        switch self.state {
        case .pairing, .linked: return [.pairing(stanza)]
        case .preparing, .activating, .online:
            guard stanza.attributes["offline"] != nil else { return [.deliver(stanza)] }
            return [.deliver(stanza)] + self.actions(for: self.drain.received(now.uptime))
        case .idle, .connecting, .handshaking, .awaitingSuccess, .ending, .closing, .waiting, .finished: return []
        }
    }
}
