import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

struct LoginTests {
    static let ann = LoopbackBench.ann

    @Test func `a linked device logs in again after a restart, with what was stored`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            for logins in 2...3 {
                try await bench.online(credentials) { device in
                    #expect(await bench.server.counts.logins == logins)
                    #expect(await bench.server.state.companions.map(\.isActive) == [true])
                }
            }
        }
    }

    @Test func `the account's name is made known, and the routing information sent back`() async throws {
        try await LoopbackBench.run { bench in
            var credentials = try await bench.linked()
            #expect(credentials.routingInfo != nil)
            credentials.pushName = "Ann's Spool"
            try await bench.device(MemoryCredentials(credentials), sendsRoutingInfo: true).run { device in
                try await device.expect(.connected, .drained)
                try await device.settle()
                #expect(await bench.server.state.accounts.map(\.name) == ["Ann's Spool"])
            }
        }
    }

    @Test func `a device the server does not know is logged out, and does not connect again`() async throws {
        try await LoopbackBench.run(complaints: ["failure 401"]) { bench in
            var credentials = try await bench.linked()
            credentials.jid = try JID("\(Self.ann):9@s.whatsapp.net")
            try await Self.expectLoggedOut(credentials, bench)
        }
    }

    @Test func `a device with another static key is logged out`() async throws {
        try await LoopbackBench.run(complaints: ["failure 401"]) { bench in
            var credentials = try await bench.linked()
            var generator = SeededGenerator(seed: 7)
            credentials.keys.noiseKey = try KeyPair(using: &generator)
            try await Self.expectLoggedOut(credentials, bench)
        }
    }

    @Test func `a device that was unlinked while it was offline is logged out`() async throws {
        try await LoopbackBench.run(complaints: ["failure 401"]) { bench in
            let credentials = try await bench.linked()
            await bench.server.unlink(SimulatedDeviceID(number: Self.ann, device: 1))
            try await Self.expectLoggedOut(credentials, bench)
        }
    }

    private static func expectLoggedOut(_ credentials: Credentials, _ bench: LoopbackBench) async throws {
        let reason = LogoutReason.failure(ConnectFailure(reason: 401))
        let device = try bench.device(MemoryCredentials(credentials))
        let end = try await device.run { try await $0.expect(.ended(.loggedOut(reason))) }
        #expect(end == .loggedOut(reason))
        #expect(await device.store.logout == reason)
        #expect(await device.session.run() == .notLinkedAnyMore)
        #expect(await bench.server.counts.logins == 1)
    }

    @Test func `a version that is too old is refused, linked or not`() async throws {
        try await LoopbackBench.run(complaints: ["failure 405", "failure 405"]) { bench in
            let credentials = try await bench.linked()
            var scenario = Scenario()
            scenario.settings = SimulationSettings()
            scenario.settings?.minimumVersion = "2.3000.1001"
            await bench.server.apply(scenario)
            for store in [MemoryCredentials(credentials), try MemoryCredentials(seed: 300)] {
                let device = try bench.device(store)
                let end = try await device.run { try await $0.expect(.ended(.versionTooOld)) }
                #expect(end == .versionTooOld)
                #expect(await store.logout == nil)
            }
            let newer = AppVersion(2, 3000, 1_001)
            try await bench.device(MemoryCredentials(credentials), version: newer).run { device in
                try await device.expect(.connected, .drained)
            }
        }
    }

    @Test func `another connection of the same device takes the place of the first, which does not come back`()
        async throws
    {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            let store = MemoryCredentials(credentials)
            let end = try await bench.device(store).run { first in
                try await first.expect(.connected, .drained)
                try await bench.online(credentials) { second in
                    try await first.expect(.ended(.replaced))
                    #expect(await second.session.isOnline)
                }
            }
            #expect(end == .replaced)
            #expect(await store.logout == nil)
            #expect(await bench.server.counts.logins == 3)
        }
    }

    @Test func `logging out removes the device at the server, and its keys are not used again`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            let device = try bench.device(MemoryCredentials(credentials))
            let end = try await device.run { device in
                try await device.expect(.connected, .drained)
                try await device.session.logout()
            }
            #expect(end == .loggedOut(.requested))
            #expect(await device.store.logout == .requested)
            #expect(await bench.devices() == [0])
            #expect(await bench.server.state.companions.isEmpty)
            #expect(await device.session.run() == .notLinkedAnyMore)
        }
    }
}
