import CryptoPrimitives
import Foundation
import NIOCore
import NoiseProtocol
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppSimulator

struct SimulatedServerTests {
    @Test func `a device pairs by QR code, logs in, uploads keys and sends a text`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 1), to: ServerBench.ann)
            try await bench.logIn(linked) { client, device in
                let upload = try device.upload(ids: 1...20)
                #expect(try await client.query(upload).string("type") == "result")
                let count = try await client.query(device.iq("encrypt", "get", [Node("count")]))
                #expect(count.child("count")?.integer("value") == 20)
                try await ServerBench.send("hello", id: "A1", to: ServerBench.bob, from: &device, over: client)
                #expect(try await client.expect("ack").string("id") == "A1")
                let receipt = try await client.expect("receipt")
                #expect(receipt.string("id") == "A1")
                try await client.send(TestDevice.ack(receipt))
                let inbox = try await bench.server.waitForInbox(of: ServerBench.bob, count: 1)
                #expect(inbox.map(\.text) == ["hello"])
                #expect(inbox.map(\.from) == [ServerBench.ann])
            }
            #expect(await bench.server.complaints == [])
        }
    }

    @Test func `a phone's answer reaches the device, which can read it`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 2), to: ServerBench.ann)
            try await bench.logIn(linked) { client, device in
                _ = try await client.query(device.upload(ids: 1...10))
                let id = await bench.server.send(from: ServerBench.bob, to: ServerBench.ann, text: "STOP")
                let message = try await client.expect("message")
                #expect(message.string("id") == id)
                #expect(try device.decrypt(message) == "STOP")
                try await client.send(
                    Node("receipt", ["id": .string(id ?? ""), "to": message.attributes["from"] ?? ""]))
                let sent = try await bench.server.waitForDelivery(
                    of: id ?? "", from: ServerBench.bob, to: SimulatedDeviceID(number: ServerBench.ann, device: 1))
                #expect(sent.text == "STOP")
                // A person who writes makes the service know it.
                let token = try await client.expect("notification") { $0.string("type") == "privacy_token" }
                #expect(token.child("tokens")?.child("token")?.bytes?.count == 16)
            }
        }
    }

    @Test func `what waits for a device comes with its next login, once`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 3), to: ServerBench.ann)
            await bench.server.send(from: ServerBench.bob, to: ServerBench.ann, text: "while you were away")
            try await bench.connect(linked, payload: linked.login()) { client in
                var device = linked
                _ = try await client.expect("success")
                try await client.send(device.activation())
                let preview = try await client.expect("ib") { $0.child("offline_preview") != nil }
                #expect(preview.child("offline_preview")?.integer("message") == 1)
                let message = try await client.expect("message")
                #expect(message.string("offline") != nil)
                #expect(try device.decrypt(message) == "while you were away")
                _ = try await client.expect("ib") { $0.child("offline") != nil }
                try await client.send(TestDevice.ack(message))
                try await client.send(TestDevice.ack(try await client.expect("notification")))
                _ = try await client.query(device.iq("w:p", "get"))
            }
            try await bench.logIn(linked) { client, _ in
                let preview = try await client.expect("ib") { $0.child("offline_preview") != nil }
                #expect(preview.child("offline_preview")?.integer("count") == 0)
            }
        }
    }

    @Test func `a second connection of a device takes the first one's place`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 4), to: ServerBench.ann)
            try await bench.logIn(linked) { first, _ in
                try await bench.logIn(linked) { second, device in
                    let error = try await first.expect("stream:error")
                    #expect(error.child("conflict")?.string("type") == "replaced")
                    #expect(await first.isClosed())
                    #expect(try await second.query(device.iq("w:p", "get")).integer("t", as: Int.self) != nil)
                }
            }
        }
    }

    @Test func `split, joined and compressed frames say the same`() async throws {
        for word in ["split", "join", "compress"] {
            try await ServerBench.run { bench in
                let linked = try await bench.link(try TestDevice(seed: 5), to: ServerBench.ann)
                await bench.server.addFaults([
                    try require(
                        Scenario(json: Array(#"{"on": "login", "times": 0, "do": "\#(word)"}"#.utf8)).faults.first)
                ])
                await bench.server.addAccount(AccountScript(number: ServerBench.bob))
                for number in 1...5 {
                    await bench.server.send(from: ServerBench.bob, to: ServerBench.ann, text: "text \(number)")
                }
                try await bench.logIn(linked) { client, device in
                    var texts: [String] = []
                    for _ in 1...5 { texts.append(try device.decrypt(try await client.expect("message"))) }
                    #expect(texts == (1...5).map { "text \($0)" }, "\(word)")
                    _ = try await client.expect("ib") { $0.child("offline") != nil }
                    switch word {
                    case "split": #expect(client.messages > 4)
                    case "join": #expect(client.messages < client.frames)
                    default: #expect(client.compressedFrames == client.frames)
                    }
                }
            }
        }
    }

    @Test func `a request that is no client's is refused and noted`() async throws {
        try await ServerBench.run { bench in
            await #expect(throws: (any Error).self) {
                try await RawClient.open(port: bench.endpoint.port, origin: nil) { _ in }
            }
            await #expect(throws: (any Error).self) {
                try await RawClient.open(port: bench.endpoint.port, path: "/other") { _ in }
            }
            let complaints = try await bench.server.wait { service in
                service.complaints.total >= 2 ? service.complaints.entries.map(\.reason) : nil
            }
            #expect(Set(complaints) == ["the Origin is not https://web.whatsapp.com", "the path is not /ws/chat"])
        }
    }

    @Test(arguments: [
        ("no header", [UInt8]("GET / HTTP/1.1".utf8)), ("another version", [0x57, 0x41, 6, 2, 0, 0, 0]),
        ("a hello that is no protobuf", [0x57, 0x41, 6, 3, 0, 0, 2, 0xFF, 0xFF]),
        ("a frame far too long", [0x57, 0x41, 6, 3, 0xFF, 0xFF, 0xFF]),
    ])
    func `a client that sends garbage is closed and noted`(name: String, bytes: [UInt8]) async throws {
        try await ServerBench.run { bench in
            try await RawClient.open(port: bench.endpoint.port) { client in
                try await client.write(bytes)
                #expect(await client.isClosed(), "\(name)")
            }
            let reason = try await bench.server.wait { $0.complaints.entries.first?.reason }
            #expect(reason.hasPrefix("the stream cannot be followed"))
        }
    }

    @Test func `a client that never shakes hands is closed`() async throws {
        let clock = TestClock()
        try await ServerBench.run(clock: clock) { bench in
            try await RawClient.open(port: bench.endpoint.port) { client in
                await clock.sleepers(atLeast: 1)
                clock.advance(by: SimulatedConnection.handshakeTime)
                #expect(await client.isClosed())
            }
        }
    }

    @Test func `a frame that is no stanza ends the stream, an altered one the connection`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 6), to: ServerBench.ann)
            try await bench.logIn(linked) { client, _ in
                try await client.send(payload: [0, 0xF8, 0xFF])
                #expect(try await client.expect("stream:error").child("xml-not-well-formed") != nil)
                #expect(await client.isClosed())
            }
            try await bench.logIn(linked) { client, _ in
                try await client.write(FrameCodec.encode([UInt8](repeating: 7, count: 40)))
                #expect(await client.isClosed())
            }
            let reasons = await bench.server.complaints.map(\.reason)
            #expect(reasons.contains { $0.hasPrefix("a frame is no stanza") })
            #expect(reasons.contains { $0.hasPrefix("the stream cannot be followed") })
        }
    }

    @Test(arguments: ["expiredCertificate", "wrongRoot", "wrongLeaf", "corruptHandshake"])
    func `a client notices a wrong server`(word: String) async throws {
        try await ServerBench.run { bench in
            await bench.server.addFaults(
                try Scenario(json: Array(#"{"on": "connection", "do": "\#(word)"}"#.utf8)).faults)
            let device = try TestDevice(seed: 7)
            await #expect(throws: NoiseError.self) {
                _ = try await bench.connect(device, payload: device.registration()) { _ in 1 }
            }
            // It was for one connection only.
            try await bench.connect(device, payload: device.registration()) { client in
                _ = try await ServerBench.takeReference(client)
            }
        }
    }

    @Test func `an altered frame cannot be decrypted`() async throws {
        try await ServerBench.run { bench in
            await bench.server.addFaults([Fault(on: .connection, .corruptFrame)])
            let device = try TestDevice(seed: 8)
            _ = try await bench.connect(device, payload: device.registration()) { client in
                await #expect(throws: NoiseError.frameNotAuthentic(number: 0)) { _ = try await client.next("iq") }
            }
        }
    }

    @Test func `a client that is gone without a word is nothing to complain about`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 10), to: ServerBench.ann)
            try await bench.logIn(linked) { _, _ in }
            try await bench.server.wait { $0.companions.values.first?.connection == nil ? () : nil }
            #expect(await bench.server.complaints == [])
        }
    }

    @Test func `a dropped connection ends without goodbye, and what was sent before arrives`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 11), to: ServerBench.ann)
            await bench.server.addFaults([Fault(on: .message, .disconnectAfterAck)])
            try await bench.logIn(linked) { client, device in
                try await ServerBench.send("hello", id: "A1", to: ServerBench.bob, from: &device, over: client)
                #expect(try await client.expect("ack").string("id") == "A1")
                #expect(await client.isClosed())
                #expect(!client.hasGoodbye)
            }
        }
    }

    @Test func `a server whose user fails ends with it`() async throws {
        struct Failed: Error {}
        await #expect(throws: Failed.self) {
            try await ServerBench.run({ $0.controlPort = 0 }) { bench in
                try await RawClient.open(port: bench.endpoint.port) { _ in throw Failed() }
            }
        }
    }

    @Test func `the same seed gives the same root key`() throws {
        let first = try SimulatedServer(.init(seed: 3), now: { Date(timeIntervalSince1970: 0) })
        let second = try SimulatedServer(.init(seed: 3), now: { Date(timeIntervalSince1970: 1) })
        #expect(first.rootKeyHex == second.rootKeyHex)
        #expect(first.rootKeyHex == first.rootKey.bytes.hex)
    }

    @Test func `stopping ends what waits and every connection`() async throws {
        try await ServerBench.run { bench in
            let linked = try await bench.link(try TestDevice(seed: 9), to: ServerBench.ann)
            let waiting = Task { try await bench.server.waitForInbox(of: ServerBench.bob, count: 1) }
            try await bench.logIn(linked) { client, _ in
                await bench.server.stop()
                #expect(await client.isClosed())
                #expect(client.hasGoodbye)
            }
            await #expect(throws: SimulatorStopped.self) { try await waiting.value }
        }
    }
}
