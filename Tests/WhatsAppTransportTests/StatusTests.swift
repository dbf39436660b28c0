import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSimulator

@testable import WhatsAppTransport

/// What becomes of a device, end to end. The words for every single end are in `EventMappingTests`.
struct StatusTests {
    static let ann = TransportBench.ann
    static let first = TransportBench.first

    @Test func `a device that is unlinked on the phone stays away, also after a restart`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.unlink(SimulatedDeviceID(number: Self.ann, device: 1))
            let device = try await bench.news.status(.unlinked, of: Self.first)
            #expect(device.detail?.contains("link it again") == true && device.connectedAt == nil)
            #expect(device.number == Self.ann)
            #expect(await bench.send().isSessionLost)
            let transport = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock, registry: bench.registry)
            #expect(await transport.devices().map(\.status) == [.unlinked])
        }
    }

    @Test(arguments: [
        (FaultAction.conflict("replaced", code: nil), DeviceStatus.replaced),
        (.streamError(code: 409, child: nil), .replaced),
        (.conflict("device_removed", code: 401), .unlinked), (.streamError(code: 516, child: nil), .unlinked),
    ])
    func `a device that the server sends away stays away`(fault: FaultAction, status: DeviceStatus) async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([Fault(from: Self.ann, fault)])
            try await bench.news.status(status, of: Self.first)
            bench.clock.advance(by: .seconds(10_000))
            #expect(await bench.transport.devices().map(\.status) == [status])
            #expect(await bench.server.counts.logins == 1)
        }
    }

    @Test func `a ban with an end is waited out`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([
                Fault(on: .login, from: Self.ann, .failure(reason: 402, code: 104, expire: 3600)),
                Fault(from: Self.ann, .streamError(code: 515, child: nil)),
            ])
            let banned = try await bench.news.status(.banned, of: Self.first)
            let end = TransportBench.date(bench.clock).addingTimeInterval(3600).formatted(.iso8601)
            #expect(
                banned.detail
                    == "the account is banned until \(end): the same message to too many people (104)")
            #expect(await bench.send().isSessionLost)
            await bench.pass(.seconds(3600))
            try await bench.news.status(.connected, of: Self.first)
            #expect(await bench.send().isSent)
        }
    }

    @Test(arguments: [
        (400, DeviceStatus.refused), (401, .unlinked), (402, .refused), (403, .refused), (406, .refused),
        (409, .refused), (418, .refused),
    ])
    func `a login that is refused says who has to act`(reason: Int, status: DeviceStatus) async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.addFaults([
                Fault(on: .login, from: Self.ann, .failure(reason: reason, code: nil, expire: nil)),
                Fault(from: Self.ann, .streamError(code: 515, child: nil)),
            ])
            try await bench.news.status(status, of: Self.first)
            bench.clock.advance(by: .seconds(10_000))
            #expect(await bench.transport.devices().map(\.status) == [status])
        }
    }

    @Test func `a client that is too old for one device is so for all, and links none`() async throws {
        try await TransportBench.run(complaints: ["failure 405"]) { bench in
            try await bench.link()
            try await bench.link(TransportBench.second, to: TransportBench.eve)
            let desk = LinkingDesk(bench.transport, DeviceID(rawValue: "third"))
            _ = try await desk.qrCode()
            var scenario = Scenario()
            scenario.settings = SimulationSettings()
            scenario.settings?.minimumVersion = "2.3000.1001"
            await bench.server.apply(scenario)
            await bench.server.addFaults([Fault(from: Self.ann, .streamError(code: 515, child: nil))])
            let device = try await bench.news.status(.outdated, of: Self.first)
            #expect(device.detail?.contains("too old") == true)
            try await bench.news.status(.outdated, of: TransportBench.second)
            guard case .linkingFailed = await desk.failure() else { throw StoreFailed() }
            guard
                case .linkingFailed(let reason) = await LinkingDesk(bench.transport, DeviceID(rawValue: "x")).failure()
            else { throw StoreFailed() }
            #expect(reason.contains("too old"))
            #expect(await bench.send(by: TransportBench.second).isSessionLost)
        }
    }

    @Test func `a connection that breaks comes back, and both are told`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            for _ in 0..<3 {
                await bench.server.addFaults([Fault(from: Self.ann, .streamError(code: 503, child: nil))])
                let device = try await bench.news.status(.disconnected, of: Self.first)
                #expect(device.detail?.contains("the server is not available (503); tries again in") == true)
                await bench.pass(.seconds(10))
                let connected = try await bench.news.status(.connected, of: Self.first)
                #expect(connected.connectedAt == TransportBench.date(bench.clock))
                #expect(await bench.send().isSent)
            }
        }
    }

    @Test func `a device whose store fails says so`() async throws {
        let registry = MemoryDeviceRegistry()
        var generator = SeededGenerator(seed: 3)
        let keys = try DeviceKeys(using: &generator)
        var device = LinkedDevice(keys: keys)
        device.isLoggedOut = true
        _ = try await registry.add(device, named: "lost")
        _ = try await registry.add(LinkedDevice(keys: keys), named: "never linked")
        let unreadable = UnreadableRegistry(base: registry)
        try await TransportBench.run(registry: unreadable) { bench in
            #expect(try await bench.names() == ["lost", "unreadable"])
            let failed = try await bench.news.status(.failed, of: DeviceID(rawValue: "unreadable"))
            #expect(failed.detail?.contains("StoreFailed") == true)
            #expect(await bench.transport.devices().map(\.status) == [.unlinked, .failed])
            #expect(try await bench.transport.remove(DeviceID(rawValue: "lost")))
        }
    }
}

/// A registry with one device more, of which nothing can be read.
struct UnreadableRegistry: DeviceRegistry {
    struct Store: DeviceStore {
        func write<Value: Sendable>(
            _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
        ) async throws -> Value { throw StoreFailed() }

        func read<Value: Sendable>(
            _ body: @escaping @Sendable (any DeviceState) throws -> Value
        ) async throws -> Value { throw StoreFailed() }
    }

    let base: MemoryDeviceRegistry

    func names() async throws(DeviceRegistryError) -> [String] { await self.base.names() + ["unreadable"] }

    func add(_ device: LinkedDevice, named name: String) async throws(DeviceRegistryError) -> any DeviceStore {
        try await self.base.add(device, named: name)
    }

    func store(of name: String) async throws(DeviceRegistryError) -> any DeviceStore {
        name == "unreadable" ? Store() : try await self.base.store(of: name)
    }

    func rename(_ name: String, to newName: String) async throws(DeviceRegistryError) {
        try await self.base.rename(name, to: newName)
    }

    func remove(_ name: String) async throws(DeviceRegistryError) { try await self.base.remove(name) }
}
