import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppSimulator

/// Stanzas of a connection come in one go, and what they bring for phones waits.
struct SimulatedServiceMailTests {
    @Test func `a device that asks for the first time for ever gets a message again five times`() throws {
        var bench = ServiceBench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: ServiceBench.ann)
        bench.put(.person(.send(from: ServiceBench.bob, to: ServiceBench.ann, text: "hello", id: "B1")))
        let message = try bench.next("message", on: id)
        var retry = Node("receipt", ["id": "B1", "type": "retry"])
        retry.attributes["to"] = message.attributes["from"]
        retry.content = .nodes([
            Node("retry", ["count": "1", "id": "B1", "t": "1", "v": "1"]), Node("registration", bytes: [0, 0, 0, 1]),
        ])
        for _ in 0..<8 { bench.put(.stanza(id, retry)) }
        #expect((bench.sent[id] ?? []).count { $0.tag == "message" } == 5)
    }

    private typealias Bench = ServiceBench

    /// A device that knows its recipient's devices, and texts of it that were not sent yet.
    private static func burst(_ count: Int) throws -> (Bench, ConnectionID, [(id: ConnectionID, stanza: Node)]) {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        try bench.send("first", id: "A0", to: Bench.bob, from: &device, on: id)
        let devices = try bench.devices(of: [Bench.bob, Bench.ann], for: &device, on: id)
        let chat = try bench.lid(of: Bench.bob)
        bench.sent = [:]
        let stanzas = try (1...count).map { number in
            (id: id, stanza: try device.message("text \(number)", id: "A\(number)", to: chat, devices: devices))
        }
        return (bench, id, stanzas)
    }

    @Test func `acknowledgements come before any phone reads, and phones read in portions`() throws {
        var (bench, id, stanzas) = try Self.burst(3)
        bench.take(bench.service.receive(stanzas, now: bench.now))
        #expect(bench.sent[id]?.map(\.tag) == ["ack", "ack", "ack"])
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first"])
        #expect(bench.service.mailCount == 6, "the recipient's phone and the own one")
        bench.take(bench.service.deliverMail(upTo: 2, now: bench.now))
        #expect(bench.service.mailCount == 4)
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first", "text 1"])
        bench.take(bench.service.deliverMail(upTo: 100, now: bench.now))
        #expect(!bench.service.hasMail)
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first", "text 1", "text 2", "text 3"])
        #expect(bench.sent[id]?.count { $0.tag == "receipt" } == 6)
        #expect(bench.complaints == [])
    }

    @Test func `what happens to a phone finds all read that came before`() throws {
        var (bench, _, stanzas) = try Self.burst(2)
        try bench.fault(#"{"on": "message", "nth": 2, "to": "\#(Bench.bob)", "do": "phoneOffline"}"#)
        bench.take(bench.service.receive(stanzas, now: bench.now))
        bench.take(bench.service.deliverMail(upTo: 100, now: bench.now))
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first", "text 1"])
        try bench.fault(#"{"do": "phoneOnline", "to": "\#(Bench.bob)"}"#)
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first", "text 1", "text 2"])
    }

    @Test func `what a phone is to do about a message is not done about one before it`() throws {
        var (bench, _, stanzas) = try Self.burst(2)
        try bench.fault(#"{"on": "message", "nth": 2, "do": "read", "seconds": 0}"#)
        bench.take(bench.service.receive(stanzas, now: bench.now))
        bench.take(bench.service.finish())
        #expect(bench.inbox(Bench.bob).map(\.isRead) == [false, false, true])
    }

    @Test func `what is due happens beside a burst`() throws {
        var (bench, id, stanzas) = try Self.burst(1)
        try bench.fault(#"{"after": 5, "do": "serverPing"}"#)
        bench.now += 5
        bench.take(bench.service.receive(stanzas, now: bench.now))
        #expect(bench.sent[id]?.contains { $0.tag == "iq" } == true)
        #expect(bench.inbox(Bench.bob).map(\.text) == ["first", "text 1"])
    }
}
