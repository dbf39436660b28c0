import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

/// What comes over the stream, in whatever pieces.
struct StreamTests {
    static let ann = LoopbackBench.ann
    static let bob = LoopbackBench.bob

    @Test(arguments: [[FaultAction.split], [.compress], [.join], [.split, .compress], [.join, .compress]])
    func `what waited and what comes live arrive whole and in order`(styles: [FaultAction]) async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            await bench.server.addFaults(styles.map { Fault(on: .login, from: Self.ann, times: nil, $0) })
            let waiting = try await Self.sendTexts(bench)
            try await bench.device(MemoryCredentials(credentials)).run { device in
                try await device.expect(.connected)
                #expect(try await Self.messages(device, waiting.count) == waiting)
                try await device.expect(.drained)
                let live = try await Self.sendTexts(bench)
                #expect(try await Self.messages(device, live.count) == live)
                try await device.settle()
                #expect(await bench.server.state.companions.map(\.waitingStanzas) == [0])
            }
        }
    }

    /// A person writes texts of very different lengths; their ids.
    private static func sendTexts(_ bench: LoopbackBench) async throws -> [String] {
        var ids: [String] = []
        for length in [1, 5000, 20, 0x8000, 3] {
            let text = String(repeating: "x", count: length)
            ids.append(try #require(await bench.server.send(from: Self.bob, to: Self.ann, text: text)))
        }
        return ids
    }

    private static func messages(_ device: TestDevice, _ count: Int) async throws -> [String] {
        var ids: [String] = []
        while ids.count < count {
            let stanza = try await device.nextStanza()
            guard stanza.tag == "message" else { continue }
            #expect(stanza.child("enc")?.bytes?.isEmpty == false)
            ids.append(stanza.string("id") ?? "")
        }
        return ids
    }

    @Test func `what was not acknowledged comes again after a cut`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            try await bench.online(credentials) { device in
                // The message is lost on the way, and the connection with it.
                await bench.server.addFaults([Fault(on: .delivery, to: Self.ann, .drop)])
                let id = try #require(await bench.server.send(from: Self.bob, to: Self.ann, text: "once"))
                await bench.server.addFaults([Fault(from: Self.ann, .disconnect)])
                try await device.expectRetry(.pipe(.closed(code: 1006)))
                #expect(try await Self.messages(device, 1) == [id])
            }
        }
    }

    @Test func `a limit of the account is told, and its notification acknowledged`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            try await bench.online(credentials) { device in
                await bench.server.addFaults([
                    Fault(from: Self.ann, .timeLock(seconds: 3600, enforcement: "WEB_COMPANION_ONLY", quiet: false)),
                    Fault(from: Self.ann, .capping(status: "CAPPED", total: 10, used: 10, seconds: 3600)),
                ])
                let updates = [try await device.nextStanza(), try await device.nextStanza()]
                    .compactMap { $0.string("type") == "mex" ? $0.child("update")?.string("op_name") : nil }
                #expect(updates == ["NotificationUserReachoutTimelockUpdate", "MessageCappingInfoNotification"])
                try await device.settle()
                #expect(await bench.server.state.companions.map(\.waitingStanzas) == [0])
            }
        }
    }

    @Test func `a delayed success is waited for`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            await bench.server.addFaults([Fault(on: .login, from: Self.ann, .delaySuccess(seconds: 50))])
            try await bench.device(MemoryCredentials(credentials)).run { device in
                try await bench.server.waitForCounts { $0.logins == 2 }
                await bench.clock.sleepers(atLeast: 1)
                bench.clock.advance(by: .seconds(50))
                try await device.expect(.connected, .drained)
            }
        }
    }

    @Test func `a login nobody answers is given up after 60 s`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            await bench.server.addFaults([Fault(on: .login, from: Self.ann, .delaySuccess(seconds: 3600))])
            try await bench.device(MemoryCredentials(credentials)).run { device in
                try await bench.server.waitForCounts { $0.logins == 2 }
                await device.pass(.seconds(60))
                try await device.expectRetry(.silence(.login))
            }
        }
    }
}
