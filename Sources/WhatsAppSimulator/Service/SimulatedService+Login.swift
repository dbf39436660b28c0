import CryptoPrimitives
import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

// A client has proven its static key in the handshake and says in its payload what it wants: to be linked, or to log in
// as a device that was linked with this key.
extension SimulatedService {
    mutating func connect(_ id: ConnectionID, noiseKey: PublicKey, payload bytes: [UInt8]) {
        self.connections[id] = ServiceConnection(stage: .fresh)
        guard let payload = try? WAClientPayload(serializedBytes: bytes) else {
            return self.refuse(id, 400, "the client payload is not readable")
        }
        let version = ClientVersion(
            payload.userAgent.appVersion.primary, payload.userAgent.appVersion.secondary,
            payload.userAgent.appVersion.tertiary)
        if let minimum = ClientVersion(self.settings.minimumVersion), version < minimum {
            return self.refuse(id, 405, "version \(version) is older than \(minimum)")
        }
        if payload.hasDevicePairingData {
            self.register(id, payload, version, noiseKey)
        } else if payload.hasUsername, payload.hasDevice {
            self.logIn(id, payload, noiseKey)
        } else {
            self.refuse(id, 400, "the client payload is neither a registration nor a login")
        }
    }

    private mutating func refuse(_ id: ConnectionID, _ reason: Int, _ text: String) {
        self.complain(text, by: id.description, answer: "failure \(reason)")
        self.fail(id, reason: reason)
    }

    /// Refuses a connection. `expire` is seconds from now.
    mutating func fail(_ id: ConnectionID, reason: Int, code: Int? = nil, expire: Int? = nil) {
        var node = Node("failure", ["reason": .integer(reason), "location": "sim"])
        node.attributes["code"] = code.map { .integer($0) }
        node.attributes["expire"] = expire.map { .integer($0) }
        self.end(id, with: node)
    }

    private mutating func logIn(_ id: ConnectionID, _ payload: WAClientPayload, _ noiseKey: PublicKey) {
        let number = String(payload.username)
        guard let device = UInt16(exactly: payload.device) else {
            return self.refuse(id, 401, "there is no device with this number")
        }
        let deviceID = SimulatedDeviceID(number: number, device: device)
        guard let companion = self.companions[deviceID] else {
            return self.refuse(id, 401, "\(deviceID) is not linked")
        }
        guard companion.noiseKey == noiseKey else {
            return self.refuse(id, 401, "\(deviceID) was linked with another static key")
        }
        self.checkLogin(payload, deviceID)
        if let old = companion.connection {
            self.end(old, with: Node("stream:error", children: [Node("conflict", ["type": "replaced"])]))
        }
        self.connections[id] = ServiceConnection(stage: .device(deviceID))
        self.connections[id]?.isPassive = payload.passive
        self.companions[deviceID]?.connection = id
        self.counts.logins += 1
        var delay: Double?
        for action in self.takeFaults(on: .login, from: number, to: nil) {
            switch action {
            case .failure(let reason, let code, let expire):
                return self.failLogin(id, deviceID, reason: reason, code: code, expire: expire)
            case .delaySuccess(let seconds): delay = seconds
            case .compress: self.connections[id]?.style.insert(.compressed)
            case .split: self.connections[id]?.style.insert(.split)
            case .join: self.connections[id]?.style.insert(.joined)
            case .silence: self.connections[id]?.isSilent = true
            default: self.happen(action, to: [deviceID], recipient: nil)
            }
        }
        if let delay {
            self.later.insert(.success(id), due: self.now + delay)
        } else {
            self.succeed(id)
        }
    }

    private mutating func failLogin(
        _ id: ConnectionID, _ device: SimulatedDeviceID, reason: Int, code: Int?, expire: Int?
    ) {
        self.companions[device]?.connection = nil
        self.fail(id, reason: reason, code: code, expire: expire)
    }

    /// What a login is expected to say, though the service would take it without.
    private mutating func checkLogin(_ payload: WAClientPayload, _ device: SimulatedDeviceID) {
        var missing: [String] = []
        if payload.userAgent.platform != .web { missing.append("platform WEB") }
        if payload.userAgent.hasPhoneID { missing.append("no phoneID") }
        if !payload.passive { missing.append("passive true") }
        if !payload.pull { missing.append("pull true") }
        if !payload.hasWebInfo { missing.append("webInfo") }
        guard !missing.isEmpty else { return }
        self.complain("a login is expected to have \(missing.joined(separator: ", "))", by: device.description)
    }

    /// Tells a device that it is logged in.
    mutating func succeed(_ id: ConnectionID) {
        guard case .device(let device) = self.connections[id]?.stage else { return }
        let success = Node(
            "success",
            [
                "t": .string(self.unixTime), "props": "27", "location": "sim", "abprops": "10",
                "lid": .jid(self.jid(of: device, .lid)), "creation": .string(self.unixTime),
            ])
        self.send(success, to: id)
        let routing = Node("edge_routing", children: [Node("routing_info", bytes: [0x08, 0x02, 0x08, 0x05])])
        self.send(Node("ib", ["from": .jid(.service)], children: [routing]), to: id)
        if self.connections[id]?.isPassive == false { self.activate(id, device) }
    }

    /// A device leaves passive mode: it gets what has waited, then everything as it comes.
    mutating func activate(_ id: ConnectionID, _ device: SimulatedDeviceID) {
        guard let companion = self.companions[device], !companion.isActive else { return }
        self.companions[device]?.isActive = true
        let waiting = companion.queue.stanzas
        self.send(Self.preview(waiting), to: id)
        for (index, stanza) in waiting.enumerated() {
            var stanza = stanza
            stanza.attributes["offline"] = .integer(index)
            self.send(stanza, to: id)
        }
        let end = Node("offline", ["count": .integer(waiting.count)])
        self.send(Node("ib", ["from": .jid(.service)], children: [end]), to: id)
    }

    private static func preview(_ stanzas: [Node]) -> Node {
        func count(_ tag: String) -> AttributeValue { .integer(stanzas.count { $0.tag == tag }) }
        let preview = Node(
            "offline_preview",
            [
                "count": .integer(stanzas.count), "message": count("message"), "receipt": count("receipt"),
                "notification": count("notification"), "appdata": "0",
            ])
        return Node("ib", ["from": .jid(.service)], children: [preview])
    }
}
