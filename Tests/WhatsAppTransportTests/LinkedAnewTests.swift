import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
@testable import WhatsAppClient
import WhatsAppSimulator

@testable import WhatsAppTransport

/// Devices that are there already, and devices that are there although somebody has stopped.
struct LinkedAnewTests {
    static let first = TransportBench.first

    @Test func `a name is linked anew to its own number only, for what was sent under it may be sent again`()
        async throws
    {
        try await TransportBench.run { bench in
            try await bench.link()
            await bench.server.unlink(SimulatedDeviceID(number: TransportBench.ann, device: 1))
            try await bench.news.status(.unlinked, of: Self.first)
            let before = try await bench.registry.store(of: "first").read { try $0.loadDevice() }

            let desk = LinkingDesk(bench.transport, Self.first)
            let text = try await desk.qrCode()
            await #expect(throws: PairingRefusal.refusedByDevice(code: "500", text: "internal-error")) {
                try await bench.server.scan(text, as: TransportBench.eve)
            }
            #expect(
                await desk.failure()
                    == .linkingFailed(
                        "device first belongs to +…1111; remove it first, or scan with that phone"))
            #expect(await bench.companions(of: TransportBench.eve).isEmpty)
            #expect(await bench.transport.devices().map(\.status) == [.unlinked])
            #expect(await bench.transport.devices().map(\.number) == [TransportBench.ann])
            #expect(try await bench.registry.store(of: "first").read { try $0.loadDevice() } == before)

            try await bench.link()
            #expect(await bench.send().isSent)
            #expect(try await bench.transport.remove(Self.first))
            try await bench.link(to: TransportBench.eve)
        }
    }

    @Test(arguments: [false, true])
    func `a linking that is stopped while its keys are being stored is told as what it is`(
        isCancelled: Bool
    ) async throws {
        let registry = FragileRegistry()
        await registry.holdAdds()
        try await TransportBench.run(registry: registry) { bench in
            let transport = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock, registry: registry, seed: 9)
            let run = Task { await transport.run { _ in } }
            let desk = LinkingDesk(transport, Self.first)
            let text = try await desk.qrCode()
            let phone = Task { try? await bench.server.scan(text, as: TransportBench.ann) }
            try await eventually("the keys to be stored") { await registry.isHolding }
            if isCancelled { desk.cancel() }
            let device = try #require(await transport.pool.linking[Self.first])
            run.cancel()
            try await eventually("the stop") { await device.stopCondition != nil }
            let session = try #require(await device.live?.session)
            try await eventually("the end of the connection") { await session.connection == nil }
            await registry.releaseAdds()
            await run.value
            _ = await phone.value
            #expect(try await desk.result().number == TransportBench.ann)
            #expect(try await bench.names() == ["first"])
        }
    }

    @Test func `a session that ends before it could say that its device is kept has linked it`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            let device = try await bench.registry.store(of: "first").read { try $0.loadDevice() }
            let account = try #require(device.account)
            let store = LinkingStore(device.keys) { device, _ in MemoryDeviceStore(device) }
            let time = await bench.transport.pool.time
            let (steps, entry) = AsyncStream.makeStream(of: LinkingStep.self)
            let linking = Linking(store, phone: nil, time: time, logger: .silent) { entry.yield($0) }
            try await store.saveLinkedAccount(account)
            #expect(await !linking.ended(.stopped))
            #expect(await linking.result() == .success(TransportBench.ann))
            entry.finish()
            #expect(await steps.reduce(into: []) { $0.append($1) } == [.linked(number: TransportBench.ann)])
        }
    }

    @Test func `a linking whose device is stopped before it began ends at once`() async throws {
        try await TransportBench.run { bench in
            var generator = SeededGenerator(seed: 3)
            let store = LinkingStore(try DeviceKeys(using: &generator)) { device, _ in MemoryDeviceStore(device) }
            let surroundings = await bench.transport.pool.surroundings
            let linking = Linking(store, phone: nil, time: surroundings.time, logger: .silent) { _ in }
            let device = LinkedDeviceSession(Self.first, linking, surroundings)
            await device.stop()
            await device.start()
            await device.stop()
            await linking.giveUp(.failed("it has not ended"))
            #expect(await linking.result() == .failure(.linkingFailed("linking was given up")))
        }
    }
}
