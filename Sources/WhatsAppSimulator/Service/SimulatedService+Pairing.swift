import CryptoPrimitives
import Foundation
import SignalProtocol
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

// A new device gets six references and shows each as QR code, with its keys and a secret. A phone that has scanned one
// signs the device's key; the device checks, signs in its turn, and is told to connect again as what it now is.
extension SimulatedService {
    /// Seconds a device has to be linked.
    static let pairingTime: Double = 160

    mutating func register(
        _ id: ConnectionID, _ payload: WAClientPayload, _ version: ClientVersion, _ noiseKey: PublicKey
    ) {
        let pool: PreKeyPool
        do {
            pool = try Self.readRegistration(payload, version)
        } catch {
            self.complain(error.reason, by: id.description, answer: "failure 400")
            return self.fail(id, reason: 400)
        }
        var registration = Registration(noiseKey: noiseKey, preKeys: pool)
        registration.references = (0..<6).map { _ in
            "2@" + Data(self.random.bytes(count: 58)).base64EncodedString()
        }
        self.connections[id] = ServiceConnection(stage: .registering(registration))
        let references = registration.references.map { Node("ref", bytes: Array($0.utf8)) }
        self.ask(id, .pairDevice, [Node("pair-device", children: references)])
        self.later.insert(.pairingEnds(id), due: self.now + Self.pairingTime)
    }

    private static func readRegistration(
        _ payload: WAClientPayload, _ version: ClientVersion
    ) throws(StanzaRefusal) -> PreKeyPool {
        let data = payload.devicePairingData
        guard payload.hasPassive, !payload.passive else {
            throw StanzaRefusal(400, "a registration is not passive, and says so")
        }
        guard data.eRegid.count == 4, Array(data.eKeytype) == [5], data.eSkeyID.count == 3 else {
            throw StanzaRefusal(400, "registration id, key type or key id has the wrong size")
        }
        guard let identity = try? PublicKey(data.eIdent), let signed = try? PublicKey(data.eSkeyVal),
            data.eSkeySig.count == XEdDSA.signatureSize
        else { throw StanzaRefusal(400, "a key or signature of the registration has the wrong size") }
        guard (try? XEdDSA.isValid(data.eSkeySig, of: signed.serialized, by: identity)) == true else {
            throw StanzaRefusal(400, "the signed pre-key is not signed by the identity key")
        }
        guard let hash = try? Digest.md5.hash(Array(version.description.utf8)), hash == Array(data.buildHash) else {
            throw StanzaRefusal(400, "the build hash does not belong to version \(version)")
        }
        guard let props = try? WADeviceProps(serializedBytes: data.deviceProps), props.hasOs else {
            throw StanzaRefusal(400, "the device properties are not readable or name no system")
        }
        return PreKeyPool(
            registrationID: UInt32(bigEndian: data.eRegid), identityKey: identity,
            signedPreKey: PreKeyBundle.SignedKey(
                id: UInt32(bigEndian: data.eSkeyID), publicKey: signed, signature: Array(data.eSkeySig)))
    }

    /// Sends an iq of ours, whose answer is waited for.
    mutating func ask(_ id: ConnectionID, _ awaited: ServiceConnection.AwaitedAnswer, _ children: [Node]) {
        let stanza = self.nextStanzaID()
        self.connections[id]?.awaited[stanza] = awaited
        self.send(
            Node(
                "iq",
                [
                    "from": .jid(.service), "type": "set", "id": .string(stanza), "xmlns": "md",
                    "t": .string(self.unixTime),
                ], children: children), to: id)
    }

    /// A person scans a QR code.
    /// - Returns: the connection on which the answer is awaited.
    mutating func scan(_ text: String, number: String) throws(PairingRefusal) -> ConnectionID {
        guard self.account(number) != nil else { throw .unknownNumber }
        let code: PairingQRCode
        do {
            code = try PairingQRCode(text)
        } catch {
            throw .malformedQRCode("\(error)")
        }
        guard let (id, registration) = self.registration(showing: code.reference) else { throw .unknownReference }
        guard code.noiseKey == registration.noiseKey, code.identityKey == registration.preKeys.identityKey else {
            self.complain("the QR text has other keys than the handshake", by: id.description)
            throw .foreignKeys
        }
        guard !registration.retiredSecrets.contains(code.advSecret) else { throw .retiredSecret }
        try self.offer(on: id, registration, number: number, advSecret: code.advSecret)
        return id
    }

    private func registration(showing reference: String) -> (ConnectionID, Registration)? {
        for (id, connection) in self.connections {
            if case .registering(let registration) = connection.stage, registration.offer == nil,
                registration.references.contains(reference)
            {
                return (id, registration)
            }
        }
        return nil
    }

    /// The phone signs the device's key and sends it a pair-success.
    mutating func offer(
        on id: ConnectionID, _ registration: Registration, number: String, advSecret: SecretBytes
    ) throws(PairingRefusal) {
        var registration = registration
        let faults = self.takeFaults(on: .pairing, from: nil, to: number) { $0 != .refreshCode }
        if faults.contains(.refresh) {
            registration.retiredSecrets.append(advSecret)
            self.connections[id]?.stage = .registering(registration)
            self.sendPairing("companion_reg_refresh", Node("companion_reg_refresh"), to: id)
            throw .refreshed
        }
        if faults.contains(.passkey) {
            self.sendPairing(
                "passkey_prologue_request", Node("passkey_request_options", bytes: Array("{}".utf8)), to: id)
            throw .passkeyWanted
        }
        guard let keyIndex = self.accounts[number]?.upcomingKeyIndex, let phone = self.primary(of: number) else {
            throw .unknownNumber
        }
        let primary = PrimaryIdentity(
            key: phone.identityKeyPair, rawID: phone.rawID, isHosted: faults.contains(.hosted))
        do {
            let link = try primary.link(
                registration.preKeys.identityKey, keyIndex: keyIndex, now: self.now, using: &self.random)
            let container = try Self.spoil(link.container(advSecret: advSecret), faults, advSecret)
            registration.offer = Registration.Offer(number: number, keyIndex: keyIndex, link: link)
            registration.ending = faults
            self.connections[id]?.stage = .registering(registration)
            self.ask(id, .pairSuccess, [self.pairSuccess(container, number: number, faults)])
        } catch {
            throw .badReply("\(error)")
        }
        if faults.contains(.straySuccess) { self.send(Node("success", ["t": .string(self.unixTime)]), to: id) }
    }

    /// The number the next linked device of an account will have stands in its pair-success.
    private func pairSuccess(_ container: [UInt8], number: String, _ faults: [FaultAction]) -> Node {
        let next = self.accounts[number]?.upcomingDevice ?? 0
        let device = SimulatedDeviceID(number: number, device: next)
        var attributes: Attributes = ["jid": .jid(self.jid(of: device, .number))]
        if !faults.contains(.withoutLID) { attributes["lid"] = .jid(self.jid(of: device, .lid)) }
        var children = [Node("device-identity", bytes: container), Node("device", attributes)]
        if !faults.contains(.bare) {
            children += [Node("platform", ["name": "android"]), Node("biz", ["name": "Simulated"])]
        }
        return Node("pair-success", children: children)
    }

    /// Makes the container wrong in the way a fault asks for.
    private static func spoil(
        _ container: [UInt8], _ faults: [FaultAction], _ advSecret: SecretBytes
    ) throws -> [UInt8] {
        if faults.contains(.garbageContainer) { return [0xFF, 0xFF, 0xFF] }
        var message = try WAADVSignedDeviceIdentityHMAC(serializedBytes: container)
        if faults.contains(.wrongAccountSignature) {
            var identity = try WAADVSignedDeviceIdentity(serializedBytes: message.details)
            identity.accountSignature[0] ^= 1
            message.details = try identity.serializedData()
            message.hmac = Data(try HMAC.sha256(key: advSecret, message.details))
        }
        if faults.contains(.wrongHMAC) { message.hmac[0] ^= 1 }
        return try message.serializedBytes()
    }

    mutating func sendPairing(_ type: String, _ child: Node, to id: ConnectionID) {
        self.send(
            Node(
                "notification",
                [
                    "type": .string(type), "from": .jid(.service), "id": .string(self.nextStanzaID()),
                    "t": .string(self.unixTime),
                ], children: [child]), to: id)
    }

    /// The device's answer to the pair-success.
    mutating func receivePairReply(_ iq: Node, on id: ConnectionID, _ registration: Registration) {
        guard let offer = registration.offer else { return }
        if iq.string("type") == "error" {
            let error = iq.child("error")
            self.pairings[id] = .refused(code: error?.string("code") ?? "", text: error?.string("text") ?? "")
            return self.end(id)
        }
        let identity = iq.child("pair-device-sign")?.child("device-identity")
        do {
            guard let bytes = identity?.bytes else { throw StanzaRefusal(400, "the pairing reply has no identity") }
            guard identity?.integer("key-index", as: UInt32.self) == offer.keyIndex else {
                throw StanzaRefusal(400, "the pairing reply has another key index")
            }
            let accepted = try offer.link.accept(bytes)
            guard self.accounts[offer.number]?.upcomingKeyIndex == offer.keyIndex,
                let linked = self.accounts[offer.number]?.link()
            else { throw StanzaRefusal(400, "another device was linked meanwhile") }
            let device = SimulatedDeviceID(number: offer.number, device: linked.device)
            self.companions[device] = CompanionDevice(
                id: device, noiseKey: registration.noiseKey, identity: accepted, keyIndex: linked.keyIndex,
                preKeys: registration.preKeys)
            self.announceDevices(of: offer.number, added: device)
            self.pairings[id] = .linked(device)
            self.restart(id, registration.ending)
        } catch {
            let reason = (error as? StanzaRefusal)?.reason ?? "\(error)"
            self.complain(reason, about: iq, by: id.description, answer: "closed")
            self.pairings[id] = .badReply(reason)
            self.end(id)
        }
    }

    private mutating func restart(_ id: ConnectionID, _ faults: [FaultAction]) {
        let restart = Node("stream:error", ["code": "515"])
        for case .delayRestart(let seconds) in faults {
            self.later.insert(.endPairing(id, restart), due: self.now + seconds)
            return
        }
        self.end(id, with: faults.contains(.closeInsteadOfRestart) ? nil : restart)
    }

    mutating func endPairing(_ id: ConnectionID, outcome: PairingOutcome) {
        guard case .registering = self.connections[id]?.stage else { return }
        self.pairings[id] = self.pairings[id] ?? outcome
        self.end(id)
    }
}

extension UInt32 {
    /// The number that up to four bytes are, the highest first.
    init(bigEndian bytes: some Collection<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The lowest `count` bytes, the highest first.
    func bytes(_ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) }
    }
}
