import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

struct KeepAliveTests {
    static let ann = LoopbackBench.ann

    @Test func `a server that answers pings keeps its connection`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            try await bench.online(credentials) { device in
                for _ in 0..<20 {
                    // A ping goes out at least every 30 s; when a later question is answered, so is the ping.
                    await device.pass(.seconds(30))
                    await device.clock.sleepers(atLeast: 1)
                    try await device.settle()
                }
                await device.session.stop()
                try await device.expect(.ended(.stopped))
            }
            #expect(await bench.server.counts.logins == 2)
        }
    }

    @Test func `a server that answers no ping is left after a minute of silence`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            await bench.server.addFaults([Fault(on: .login, from: Self.ann, .silence)])
            try await bench.online(credentials) { device in
                await device.pass(.seconds(30))
                await device.pass(.seconds(10))
                try await device.expect(.pingMissed(inARow: 1))
                await device.pass(.seconds(50))
                try await device.expectRetry(.silence(.deadSocket))
            }
            #expect(await bench.server.counts.logins == 3)
        }
    }

    @Test func `a server that says other things but answers no ping is left after three minutes`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            await bench.server.addFaults([Fault(on: .login, from: Self.ann, .silence)])
            try await bench.online(credentials) { device in
                var missed = 0
                for _ in 0..<17 {
                    await device.pass(.seconds(10))
                    // So that the clock stands at 10 s more when something comes.
                    await device.clock.sleepers(atLeast: 1)
                    await bench.server.addFaults([
                        Fault(from: Self.ann, .timeLock(seconds: 0, enforcement: "DEFAULT", quiet: false))
                    ])
                    #expect(try await device.nextStanza().tag == "notification")
                }
                await device.pass(.seconds(10))
                while true {
                    let event = try await device.nextEvent()
                    guard case .pingMissed(let inARow) = event else {
                        guard case .disconnected(.silence(.keepAlive), _) = event else {
                            throw UnexpectedEvent(event: event)
                        }
                        break
                    }
                    missed += 1
                    #expect(inARow == missed)
                }
                #expect(5...8 ~= missed)
            }
        }
    }

    @Test func `the answers to the server's own pings please it, with an id and without`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            try await bench.online(credentials) { device in
                await bench.server.addFaults([
                    Fault(from: Self.ann, .serverPing(withoutID: false)),
                    Fault(from: Self.ann, .serverPing(withoutID: true)),
                ])
                // An answer the server does not like would be complained of.
                try await device.settle()
                try await device.settle()
            }
        }
    }
}
