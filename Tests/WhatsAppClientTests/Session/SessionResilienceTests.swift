import CryptoPrimitives
import Foundation
import NoiseProtocol
import SpoolTestSupport
import Synchronization
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

/// What servers and networks do to a session, and how it comes through.
@Suite struct SessionResilienceTests {
    @Test func `a connection that breaks is followed by another`() async throws {
        try await SessionBench().run { bench in
            for _ in 0..<3 {
                let server = try await bench.acceptLogin()
                await server.pipe.fail(.network(reason: "cable"))
                let told = try await bench.nextTold()
                #expect(told == .phase(.disconnected))
                guard case .event(.disconnected(.pipe(.network), let delay)) = try await bench.nextTold() else {
                    Issue.record("not told")
                    return
                }
                await bench.pass(delay)
            }
            _ = try await bench.acceptLogin()
        }
    }

    @Test func `a connection that breaks while the device becomes active is told with its own reason`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.accept()
            try await server.send(Node("success"))
            _ = try await server.receive("iq") { $0.string("xmlns") == "passive" }
            await server.pipe.fail(.network(reason: "cable"))
            guard case .disconnected(.pipe(.network), _) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
        }
    }

    @Test func `a server that cannot be reached is tried again and again`() async throws {
        try await SessionBench().run { bench in
            bench.connector.refuse([.timedOut, .refused(status: 503), .network(reason: "no route")])
            for error in [PipeError.timedOut, .refused(status: 503), .network(reason: "no route")] {
                guard case .disconnected(.pipe(error), let delay) = try await bench.nextEvent() else {
                    Issue.record("not told: \(error)")
                    return
                }
                await bench.pass(delay)
            }
            _ = try await bench.acceptLogin()
        }
    }

    @Test func `another login with the same device ends the session, which stays ended`() async throws {
        let bench = try SessionBench()
        let end = try await bench.run { bench in
            let server = try await bench.acceptLogin()
            try await server.send(
                Node("stream:error", children: [Node("conflict", ["type": "replaced"])]))
            try await bench.expect(.event(.ended(.replaced)))
        }
        #expect(end == .replaced)
        #expect(bench.connector.attempts.withLock { $0 } == 1)
    }

    @Test func `an unlinked device sets its keys aside before it says so`() async throws {
        let bench = try SessionBench()
        let end = try await bench.run { bench in
            let server = try await bench.accept()
            try await server.send(Node("failure", ["reason": "401", "location": "sim"]))
            try await bench.expect(.event(.ended(.loggedOut(.failure(ConnectFailure(reason: 401))))))
            #expect(await bench.store.logout == .failure(ConnectFailure(reason: 401)))
        }
        #expect(end == .loggedOut(.failure(ConnectFailure(reason: 401))))
    }

    @Test func `a store that cannot be read ends the session`() async throws {
        let bench = try SessionBench()
        await bench.store.failFromNowOn()
        #expect(await bench.session.run() == .storeFailed("disk full"))
    }

    @Test func `a hidden id that cannot be stored does not keep the device offline`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.accept()
            await bench.store.failFromNowOn()
            try await server.send(Node("success", ["lid": "77:7@lid"]))
            try await server.answer(try await server.receive("iq") { $0.string("xmlns") == "passive" })
            try await bench.expect(.event(.connected))
        }
    }

    // MARK: Who is there

    @Test func `a root of one's own is refused for the real service, before anything is sent`() async throws {
        for host in ["web.whatsapp.com", "WEB.WHATSAPP.COM.", "whatsapp.net", "g.whatsapp.net"] {
            let bench = try SessionBench(url: "wss://\(host)/ws/chat")
            #expect(await bench.session.run() == .misconfigured(.foreignRoot))
            #expect(bench.connector.attempts.withLock { $0 } == 0)
        }
    }

    @Test func `a server with another root's certificate is told apart from every other trouble`() async throws {
        try await SessionBench().run { bench in
            var generator = SeededGenerator(seed: 99)
            let foreign = try ServerKeys(using: &generator)
            let pipe = try await bench.nextPipe()
            await #expect(throws: Unexpected.self) {
                _ = try await ServerConnection(pipe, keys: foreign, using: SeededGenerator(seed: 5))
            }
            guard case .disconnected(let reason, _) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
            #expect(reason == .noise(.certificateRefused(.wrongSignature(.intermediate))))
            #expect(reason.isCertificateRefused)
        }
    }

    @Test(arguments: [[0, 0, 0], [0, 0, 2, 8, 1], [0, 0, 3, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF]])
    func `garbage instead of the handshake's answer costs one connection`(garbage: [Int]) async throws {
        try await SessionBench().run { bench in
            let pipe = try await bench.nextPipe()
            try await pipe.send(garbage.map(UInt8.init))
            guard case .disconnected(_, let delay) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
            await bench.pass(delay)
            _ = try await bench.acceptLogin()
        }
    }

    @Test func `a server that says nothing is left after 20 seconds`() async throws {
        try await SessionBench().run { bench in
            let pipe = try await bench.nextPipe()
            _ = try await pipe.receive()
            await bench.pass(.seconds(20))
            guard case .disconnected(.silence(.handshake), _) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
        }
    }

    @Test(arguments: [false, true])
    func `routing information is stored, and sent at the next connection when that is wanted`(
        isWanted: Bool
    ) async throws {
        try await SessionBench(sendsRoutingInfo: isWanted).run { bench in
            let server = try await bench.acceptLogin()
            let info = Node("routing_info", bytes: [8, 2, 8, 18])
            try await server.send(
                Node("ib", ["from": .jid(.service)], children: [Node("edge_routing", children: [info])]))
            try await server.send(Node("stream:error", ["code": "515"]))
            let next = try await bench.accept()
            #expect(await bench.store.credentials.routingInfo == [8, 2, 8, 18])
            #expect(next.header.routingInfo == (isWanted ? [8, 2, 8, 18] : nil))
        }
    }

    // MARK: The stream

    @Test(arguments: [1, 2, 3, 7, 100_000])
    func `frames may be cut and joined anywhere`(size: Int) async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let stanzas = (0..<20).map {
                Node("message", ["id": .integer($0)], bytes: [UInt8](repeating: 1, count: $0))
            }
            async let sent: Void = server.send(stanzas, inPiecesOf: size)
            for stanza in stanzas { #expect(try await bench.nextTold().stanzaID == stanza.string("id")) }
            try await sent
        }
    }

    @Test func `compressed stanzas are read, and unreadable ones are left out`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            for payload: [UInt8] in [[0], [0, 0xF8], [2, 1, 2, 3], [0, 1, 2, 3, 4], [0, 240]] {
                try await server.send(payload: payload)
            }
            let stanza = Node("message", ["id": "1"])
            try await server.send(payload: try NodeEncoder.encodeCompressed(stanza))
            #expect(try await bench.nextTold() == .stanza(stanza))
            #expect(await bench.session.isOnline)
        }
    }

    @Test func `a frame that is not authentic costs the connection`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            try await server.pipe.send(FrameCodec.encode([UInt8](repeating: 7, count: 40)))
            try await bench.expect(.phase(.disconnected))
            guard case .disconnected(.noise(.frameNotAuthentic), _) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
        }
    }

    @Test func `hostile stanzas do not end a session`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let stanzas = [
                Node("iq"), Node("iq", ["type": "result"]), Node("iq", ["type": "error", "id": "x"]),
                Node("ack"), Node("ack", ["id": ""]), Node("success"), Node("ib"),
                Node("ib", children: [Node("offline_preview", ["count": "-5"])]),
                Node("ib", children: [Node("offline_preview", ["count": "99999999999999999999"])]),
                Node("ib", children: [Node("edge_routing")]), Node("ib", children: [Node("client_expiration")]),
                Node("iq", ["from": .jid(.service), "type": "set", "id": "1"], children: [Node("pair-success")]),
                Node("notification", ["type": "companion_reg_refresh"]), Node("s"), Node("handshake"),
            ]
            for stanza in stanzas { try await server.send(stanza) }
            let last = Node("message", ["id": "last"])
            try await server.send(last)
            try await bench.expect(.stanza(last))
            #expect(await bench.session.isOnline)
        }
    }

    // MARK: Handlers

    @Test func `the device becomes active only when the handler has prepared it, with requests of its own`()
        async throws
    {
        let bench = try SessionBench()
        bench.handler.whenTold { told in
            guard told == .phase(.loggedIn) else { return }
            _ = try? await bench.session.query(.iq("get", xmlns: "encrypt", children: [Node("count")]))
        }
        try await bench.run { bench in
            let server = try await bench.accept()
            try await server.send(Node("success"))
            let count = try await server.receive("iq")
            #expect(count.string("xmlns") == "encrypt")
            try await server.answer(count, [Node("count", ["value": "0"])])
            #expect(try await server.receive("iq").string("xmlns") == "passive")
        }
    }

    @Test func `a handler may wait for an answer that comes behind a thousand stanzas`() async throws {
        let bench = try SessionBench()
        bench.handler.whenTold { told in
            guard told.stanzaID == "0" else { return }
            _ = try? await bench.session.query(.iq("get", xmlns: "usync"))
        }
        try await bench.run { bench in
            let server = try await bench.acceptLogin()
            try await server.send(Node("message", ["id": "0"]))
            let iq = try await server.receive("iq") { $0.string("xmlns") == "usync" }
            for number in 1...1000 { try await server.send(Node("message", ["id": .integer(number)])) }
            try await server.answer(iq)
            for number in 0...1000 { #expect(try await bench.nextTold().stanzaID == String(number)) }
        }
    }

    @Test func `a handler that is slow makes the server wait`() async throws {
        let bench = try SessionBench()
        let (gate, open) = AsyncStream<Void>.makeStream()
        bench.handler.whenTold { told in
            guard told.stanzaID == "0" else { return }
            for await _ in gate { return }
        }
        try await bench.run { bench in
            let server = try await bench.acceptLogin()
            let sent = Mutex(0)
            let sending = Task {
                for number in 0..<600 {
                    try await server.send(Node("message", ["id": .integer(number)]))
                    sent.withLock { $0 += 1 }
                }
            }
            try await eventually("the session to stop reading") {
                await bench.session.connection?.reader != nil
            }
            #expect(sent.withLock { $0 } < 600)
            open.yield()
            try await sending.value
            for number in 0..<600 { #expect(try await bench.nextTold().stanzaID == String(number)) }
        }
    }

    @Test func `more than can be kept costs the connection, not the memory`() async throws {
        let bench = try SessionBench()
        let (gate, open) = AsyncStream<Void>.makeStream()
        bench.handler.whenTold { told in
            guard told.stanzaID == "0" else { return }
            for await _ in gate { return }
        }
        try await bench.run { bench in
            let server = try await bench.acceptLogin()
            // Somebody waits for an answer, so the session goes on reading.
            let query = Task { try await bench.session.query(.iq("get", xmlns: "usync")) }
            _ = try await server.receive("iq") { $0.string("xmlns") == "usync" }
            let big = [UInt8](repeating: 1, count: 4 << 20)
            await #expect(throws: PipeError.self) {
                while true { try await server.send(Node("message", ["id": "0"], bytes: big)) }
            }
            await #expect(throws: ClientError.connectionLost(mayHaveLeft: true)) { try await query.value }
            open.yield()
            try await bench.expect(.phase(.disconnected))
            guard case .disconnected(.overloaded, _) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
        }
    }

    @Test func `stanzas of a connection that is gone are not handled`() async throws {
        let bench = try SessionBench()
        let (gate, open) = AsyncStream<Void>.makeStream()
        bench.handler.whenTold { told in
            guard told.stanzaID == "0" else { return }
            for await _ in gate { return }
        }
        try await bench.run { bench in
            let server = try await bench.acceptLogin()
            for number in 0..<5 { try await server.send(Node("message", ["id": .integer(number)])) }
            #expect(try await bench.nextTold().stanzaID == "0")
            await server.pipe.close()
            try await eventually("the end of the connection") { await bench.session.connection == nil }
            open.yield()
            #expect(try await bench.nextTold() == .phase(.disconnected))
        }
    }

    @Test func `24 hours online pass in a moment`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            try await server.send(Node("ib", children: [Node("offline", ["count": "0"])]))
            try await bench.expect(.event(.drained))
            let end = bench.clock.now.advanced(by: .seconds(86_400))
            var pings = 0
            while bench.clock.now < end {
                await bench.pass(.seconds(30))
                // In thirty seconds there is always one ping, and perhaps a second one later on.
                let ping = try await server.receive("iq")
                #expect(ping.string("xmlns") == "w:p")
                pings += 1
                try await server.answer(ping)
                // What comes behind the answer shows that it was read before the clock goes on.
                try await server.send(Node("presence", ["id": .integer(pings)]))
                #expect(try await bench.nextTold().stanzaID == String(pings))
            }
            #expect(pings == 2880)
            #expect(await bench.session.isOnline)
        }
    }
}

extension Told {
    var stanzaID: String? {
        if case .stanza(let stanza) = self { stanza.string("id") } else { nil }
    }
}
