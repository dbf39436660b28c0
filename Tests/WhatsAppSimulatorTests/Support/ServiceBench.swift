import CryptoPrimitives
import Foundation
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppSimulator

/// The service alone, with its time in the test's hand: inputs go in, what it sends is kept by connection.
struct ServiceBench {
    static let ann = "15550001111"
    static let bob = "15550002222"
    static let eve = "15550003333"

    var service: SimulatedService
    var now = Date(timeIntervalSince1970: 1_700_000_000)
    /// What was sent and not yet taken by the test.
    var sent: [ConnectionID: [Node]] = [:]
    var styles: [ConnectionID: FrameStyle] = [:]
    var closed: Set<ConnectionID> = []
    /// Those of them that ended without a goodbye.
    var broken: Set<ConnectionID> = []
    var wake: Date?
    /// What phones want to fetch, until the test says what became of it.
    var fetches: [(number: Int, order: MediaOrder)] = []
    private var lastConnection = 0

    init(seed: UInt64 = 1, everyNumberHasAccount: Bool = true) {
        self.service = SimulatedService(.init(seed: seed, everyNumberHasAccount: everyNumberHasAccount))
        self.service.now = self.now
    }

    var complaints: [String] { self.service.complaints.entries.map(\.reason) }

    @discardableResult
    mutating func put(_ input: ServiceInput) -> [ServiceOutput] {
        let outputs = self.service.handle(input, now: self.now)
        self.take(outputs)
        return outputs
    }

    mutating func take(_ outputs: [ServiceOutput]) {
        for output in outputs {
            switch output {
            case .send(let node, let id, let style):
                self.sent[id, default: []].append(node)
                self.styles[id] = style
            case .close(let id, let abruptly):
                self.closed.insert(id)
                if abruptly { self.broken.insert(id) }
            case .wake(let date): self.wake = date
            case .fetch(let number, let order): self.fetches.append((number, order))
            case .discard: break
            }
        }
    }

    /// Lets time pass.
    mutating func pass(_ seconds: Double) {
        self.now += seconds
        self.put(.timer)
    }

    mutating func fault(_ json: String) throws {
        let scenario = try Scenario(json: Array(json.utf8))
        self.service.now = self.now
        self.service.apply(scenario)
        self.take(self.service.finish())
    }

    /// Takes the first stanza with this tag that was sent on a connection.
    mutating func next(_ tag: String, on id: ConnectionID) throws -> Node {
        let index = self.sent[id]?.firstIndex { $0.tag == tag }
        guard let index else { throw NothingSent(tag: tag, others: (self.sent[id] ?? []).map(\.description)) }
        return try require(self.sent[id]?.remove(at: index))
    }

    mutating func newConnection() -> ConnectionID {
        self.lastConnection += 1
        return ConnectionID(number: self.lastConnection)
    }

    mutating func connect(_ device: TestDevice, _ payload: [UInt8]) -> ConnectionID {
        let id = self.newConnection()
        self.put(.connected(id, noiseKey: device.noise.publicKey, payload: payload))
        return id
    }

    /// Links a device by QR code and logs it in.
    mutating func link(_ device: inout TestDevice, to number: String) throws -> ConnectionID {
        let id = try self.scan(&device, number)
        let success = try self.next("iq", on: id)
        self.put(.stanza(id, try device.answer(pairSuccess: success)))
        _ = try self.next("stream:error", on: id)
        self.put(.disconnected(id))
        return try self.logIn(&device)
    }

    /// Registers a device and lets a phone scan its first code.
    mutating func scan(_ device: inout TestDevice, _ number: String) throws -> ConnectionID {
        let id = self.connect(device, try device.registration())
        let offer = try self.next("iq", on: id)
        self.put(.stanza(id, Node("iq", ["type": "result", "id": offer.attributes["id"] ?? "", "to": .jid(.service)])))
        let reference = try require(offer.child("pair-device")?.children.first?.text)
        self.service.now = self.now
        _ = try self.service.scan(device.qr(reference), number: number)
        self.take(self.service.finish())
        return id
    }

    mutating func logIn(_ device: inout TestDevice, activates: Bool = true) throws -> ConnectionID {
        let id = self.connect(device, try device.login())
        guard activates else { return id }
        _ = try self.next("success", on: id)
        _ = try self.query(device.activation(), on: id)
        return id
    }

    /// Sends an iq and gives the answer to it.
    mutating func query(_ iq: Node, on id: ConnectionID) throws -> Node {
        self.put(.stanza(id, iq))
        let index = self.sent[id]?.firstIndex { $0.tag == "iq" && $0.string("id") == iq.string("id") }
        guard let index else { throw NothingSent(tag: "iq", others: (self.sent[id] ?? []).map(\.description)) }
        return try require(self.sent[id]?.remove(at: index))
    }

    /// All devices of people, by hidden identifier, but for the one that asks.
    mutating func devices(of numbers: [String], for device: inout TestDevice, on id: ConnectionID) throws -> [JID] {
        var users: [JID] = []
        for number in numbers { users.append(try self.lid(of: number)) }
        let answer = try self.query(device.deviceQuery(users), on: id)
        var devices: [JID] = []
        for user in answer.child("usync")?.child("list")?.children ?? [] {
            for entry in user.child("devices")?.child("device-list")?.children ?? [] {
                devices.append(try require(user.jid("jid")).withDevice(try require(entry.integer("id"))))
            }
        }
        return devices.filter { $0 != device.lid }
    }

    mutating func lid(of number: String) throws -> JID { try require(self.service.account(number)).lid }

    /// Sends a text the whole way: devices, bundles for those without session, message.
    mutating func send(
        _ text: String, id stanza: String, to number: String, from device: inout TestDevice, on id: ConnectionID
    ) throws {
        let own = try require(device.pn).user
        let devices = try self.devices(of: [number, own], for: &device, on: id)
        let missing = devices.filter { !device.hasSession(with: $0) }
        if !missing.isEmpty { try device.startSessions(try self.query(device.bundleQuery(missing), on: id)) }
        let chat = try self.lid(of: number)
        self.put(.stanza(id, try device.message(text, id: stanza, to: chat, devices: devices)))
    }

    /// Says what became of the first file that a phone wants.
    mutating func finishFetch(_ result: SimulatedPhone.DownloadResult) throws {
        guard !self.fetches.isEmpty else { throw Missing(line: #line) }
        self.put(.fetched(self.fetches.removeFirst().number, result))
    }

    /// Sends a content the whole way, as `send` does a text.
    mutating func send(
        _ content: TestContent, id stanza: String, to number: String, from device: inout TestDevice,
        on id: ConnectionID
    ) throws {
        let own = try require(device.pn).user
        let devices = try self.devices(of: [number, own], for: &device, on: id)
        let missing = devices.filter { !device.hasSession(with: $0) }
        if !missing.isEmpty { try device.startSessions(try self.query(device.bundleQuery(missing), on: id)) }
        let chat = try self.lid(of: number)
        self.put(.stanza(id, try device.message(content, id: stanza, to: chat, devices: devices)))
    }

    func inbox(_ number: String, device: UInt16 = 0) -> [InboxMessage] {
        self.service.phones[SimulatedDeviceID(number: number, device: device)]?.inbox.messages ?? []
    }
}

struct NothingSent: Error, CustomStringConvertible {
    let tag: String
    let others: [String]
    var description: String { "no <\(self.tag)> among \(self.others)" }
}
