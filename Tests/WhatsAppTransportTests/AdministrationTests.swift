import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSimulator
import WhatsAppStore

@testable import WhatsAppTransport

struct AdministrationTests {
    static let first = TransportBench.first
    static let second = TransportBench.second

    @Test func `a renamed device goes on under its new name, on the same connection`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            try await bench.transport.rename(Self.first, to: Self.second)
            try await bench.news.next("the end of the old name") { $0 == .removed(Self.first) }
            try await bench.news.status(.connected, of: Self.second)
            #expect(try await bench.names() == ["second"])
            #expect(await bench.transport.devices().map(\.id) == [Self.second])
            #expect(await bench.send(by: Self.first).isSessionLost)
            #expect(await bench.send(by: Self.second).isSent)
            await bench.server.send(from: TransportBench.bob, to: TransportBench.ann, text: "hello")
            #expect(try await bench.news.text().device == Self.second)
            #expect(await bench.server.counts.logins == 1)
        }
    }

    @Test func `renaming needs a device and a name that is free, and waits for sends under way`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            try await bench.link(Self.second, to: TransportBench.eve)
            await #expect(throws: DeviceAdministrationError.exists(Self.second)) {
                try await bench.transport.rename(Self.first, to: Self.second)
            }
            let other = DeviceID(rawValue: "other")
            await #expect(throws: DeviceAdministrationError.unknown(other)) {
                try await bench.transport.rename(other, to: Self.first)
            }
            try await bench.transport.rename(Self.first, to: Self.first)

            await bench.server.addFaults([Fault(on: .message, .delayAck(seconds: 10))])
            async let result = bench.send()
            try await bench.server.waitForCounts { $0.acceptedMessages == 1 }
            async let renaming: Void = bench.transport.rename(Self.first, to: other)
            try await eventually("the renaming to begin") { await bench.transport.pool.busy.contains(other) }
            #expect(await bench.send().isSessionLost)
            #expect(try await bench.names() == ["first", "second"])
            await bench.serverClock.sleepers(atLeast: 1)
            bench.serverClock.advance(by: .seconds(10))
            #expect(await result.isSent)
            try await renaming
            #expect(try await bench.names() == ["other", "second"])
        }
    }

    @Test func `a removed device is unlinked at the service, and its keys are gone`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            #expect(try await bench.transport.remove(Self.first))
            try await bench.news.next("the end of the device") { $0 == .removed(Self.first) }
            #expect(await bench.companions().isEmpty)
            #expect(try await bench.names().isEmpty)
            #expect(await bench.transport.devices().isEmpty)
            await #expect(throws: DeviceAdministrationError.unknown(Self.first)) {
                try await bench.transport.remove(Self.first)
            }
            try await bench.link(Self.first)
        }
    }

    @Test func `a device is removed when the registry has removed it, whatever it says`() async throws {
        let registry = FragileRegistry()
        try await TransportBench.run(registry: registry) { bench in
            try await bench.link()
            await registry.failNextRemoval(isDone: false)
            await #expect(throws: DeviceAdministrationError.failed("disk full")) {
                try await bench.transport.remove(Self.first)
            }
            #expect(await bench.transport.devices().map(\.id) == [Self.first])
            await registry.failNextRemoval(isDone: true)
            #expect(try await bench.transport.remove(Self.first))
            try await bench.news.next("the end of the device") { $0 == .removed(Self.first) }
            #expect(await bench.transport.devices().isEmpty)
            try await bench.link()
        }
    }

    @Test func `a device that is offline is removed here only, and that is said`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(from: TransportBench.ann, .disconnect)])
            try await bench.news.status(.disconnected, of: Self.first)
            #expect(try await !bench.transport.remove(Self.first))
            #expect(await bench.companions() == [1])
            #expect(try await bench.names().isEmpty)
            try await bench.news.next("the end of the device") { $0 == .removed(Self.first) }
        }
    }

    @Test func `a transport ends in time although whoever stores its news does not`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            let transport = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock, registry: bench.registry,
                seed: 9)
            let (calls, entry) = AsyncStream.makeStream(of: Void.self)
            let run = Task {
                await transport.run { events in
                    guard events.contains(where: { if case .text = $0 { true } else { false } }) else { return }
                    entry.yield()
                    try await Task.sleep(for: .seconds(3600))
                }
            }
            try await bench.news.status(.replaced, of: Self.first)
            await bench.server.send(from: TransportBench.bob, to: TransportBench.ann, text: "hello")
            for await _ in calls { break }
            run.cancel()
            try await waiting(for: "the end of the transport") {
                let mover = Task {
                    while !Task.isCancelled {
                        bench.clock.advance(by: .milliseconds(100))
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                defer { mover.cancel() }
                await run.value
            }
        }
    }

    @Test func `devices in a database are linked, send, and are there after a restart`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("state/devices.db")
        let database = try DeviceDatabase(path: path)
        try await TransportBench.run(registry: database) { bench in
            try await bench.link()
            try await bench.link(Self.second, to: TransportBench.eve)
            #expect(await bench.send().isSent)
            try await bench.transport.rename(Self.second, to: DeviceID(rawValue: "third"))
            #expect(await bench.send(to: TransportBench.bob, "b", by: DeviceID(rawValue: "third")).isSent)
            #expect(try await bench.server.waitForInbox(of: TransportBench.bob, count: 2).count == 2)
            #expect(try await bench.transport.remove(DeviceID(rawValue: "third")))
            #expect(try await database.deviceNames() == ["first"])

            let desk = LinkingDesk(bench.transport, Self.second)
            _ = try await desk.qrCode()
            desk.cancel()
            #expect(await desk.failure() != nil)
            #expect(try await database.deviceNames() == ["first"])

            await bench.server.unlink(SimulatedDeviceID(number: TransportBench.ann, device: 1))
            try await bench.news.status(.unlinked, of: Self.first)
            try await bench.link()
            #expect(await bench.send(to: TransportBench.bob, "c").isSent)
            let restarted = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock, registry: database)
            #expect(await restarted.devices().map(\.number) == [TransportBench.ann])
        }
        try database.close()
    }
}
