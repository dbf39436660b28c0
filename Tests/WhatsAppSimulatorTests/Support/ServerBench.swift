import CryptoPrimitives
import Foundation
import Logging
import SpoolTestSupport
import WhatsAppBinary

@testable import WhatsAppSimulator

/// A server that listens, and devices that really connect to it.
struct ServerBench {
    static let ann = ServiceBench.ann
    static let bob = ServiceBench.bob

    let server: SimulatedServer
    let endpoint: SimulatedServer.Endpoint

    static func run<Value: Sendable>(
        seed: UInt64 = 1, _ configure: (inout SimulatedServer.Configuration) -> Void = { _ in },
        clock: any Clock<Duration> = ContinuousClock(), _ body: (ServerBench) async throws -> Value
    ) async throws -> Value {
        var configuration = SimulatedServer.Configuration(seed: seed)
        configuration.everyNumberHasAccount = true
        configure(&configuration)
        var logger = Logger(label: "simulator")
        logger.logLevel = .critical
        let server = try SimulatedServer(configuration, now: { Date() }, clock: clock, logger: logger)
        return try await SimulatedServer.withServer(server) { server, endpoint in
            try await body(ServerBench(server: server, endpoint: endpoint))
        }
    }

    func connect<Value: Sendable>(
        _ device: TestDevice, payload: [UInt8], _ body: (RawClient) async throws -> Value
    ) async throws -> Value {
        try await RawClient.connect(
            self.endpoint.port, root: self.server.rootKey, device, payload: payload, body)
    }

    /// Links a device by QR code.
    func link(_ device: TestDevice, to number: String) async throws -> TestDevice {
        try await self.connect(device, payload: device.registration()) { client in
            var device = device
            let reference = try await Self.takeReference(client)
            let text = device.qr(reference)
            async let linked = self.server.scan(text, as: number)
            let success = try await client.expect("iq") { $0.child("pair-success") != nil }
            try await client.send(device.answer(pairSuccess: success))
            _ = try await client.expect("stream:error")
            let id = try await linked
            guard id.description == "\(number):\(device.pn?.device ?? 0)" else { throw Missing(line: #line) }
            return device
        }
    }

    /// Answers the offer of references and gives the first one.
    static func takeReference(_ client: RawClient) async throws -> String {
        let offer = try await client.expect("iq") { $0.child("pair-device") != nil }
        try await client.send(
            Node("iq", ["to": .jid(.service), "id": offer.attributes["id"] ?? "", "type": "result"]))
        return try require(offer.child("pair-device")?.children.first?.text)
    }

    /// Logs a linked device in and leaves passive mode.
    func logIn<Value: Sendable>(
        _ device: TestDevice, _ body: (RawClient, inout TestDevice) async throws -> Value
    ) async throws -> Value {
        try await self.connect(device, payload: device.login()) { client in
            var device = device
            _ = try await client.expect("success")
            _ = try await client.query(device.activation())
            return try await body(client, &device)
        }
    }

    /// Sends a text the whole way.
    static func send(
        _ text: String, id: String, to number: String, from device: inout TestDevice, over client: RawClient
    ) async throws {
        try await self.send(.text(text), id: id, to: number, from: &device, over: client)
    }

    static func send(
        _ content: TestContent, id: String, to number: String, from device: inout TestDevice, over client: RawClient
    ) async throws {
        let found = try await client.query(device.contactQuery([number]))
        let list = try require(found.child("usync")?.child("list"))
        let chat = try require(list.children.first?.jid("jid"))
        let own = try require(device.lid).withoutDevice
        let answer = try await client.query(device.deviceQuery([chat, own]))
        var devices: [JID] = []
        for user in answer.child("usync")?.child("list")?.children ?? [] {
            for entry in user.child("devices")?.child("device-list")?.children ?? [] {
                devices.append(try require(user.jid("jid")).withDevice(try require(entry.integer("id"))))
            }
        }
        devices.removeAll { $0 == device.lid }
        let missing = devices.filter { !device.hasSession(with: $0) }
        if !missing.isEmpty { try device.startSessions(try await client.query(device.bundleQuery(missing))) }
        try await client.send(device.message(content, id: id, to: chat, devices: devices))
    }
}
