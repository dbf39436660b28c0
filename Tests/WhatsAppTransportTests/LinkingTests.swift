import CryptoPrimitives
import Foundation
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

@testable import WhatsAppTransport

struct LinkingTests {
    static let ann = TransportBench.ann
    static let first = TransportBench.first

    @Test func `a scanned QR code links a device, which then comes online`() async throws {
        try await TransportBench.run { bench in
            #expect(await bench.transport.devices().isEmpty)
            let desk = LinkingDesk(bench.transport, Self.first)
            guard case .qrCode(let text, .seconds(60)) = try await desk.next() else { throw StoreFailed() }
            #expect(try await bench.names().isEmpty)
            _ = try await bench.server.scan(text, as: Self.ann)
            #expect(try await desk.next() == .linked(number: Self.ann))
            let device = try await desk.result()
            #expect(device.id == Self.first && device.number == Self.ann)
            #expect(try await bench.names() == ["first"])
            let connected = try await bench.news.status(.connected, of: Self.first)
            #expect(connected.number == Self.ann && connected.detail == nil && connected.connectedAt != nil)
            #expect(await bench.transport.devices() == [connected])
            #expect(try await desk.next() == nil)
        }
    }

    @Test func `a code that is typed into the phone links a device too`() async throws {
        try await TransportBench.run { bench in
            let desk = LinkingDesk(bench.transport, Self.first, phone: "+1 (555) 000-1111")
            _ = try await desk.qrCode()
            _ = try await bench.server.enterCode(desk.pairingCode(), number: Self.ann)
            #expect(try await desk.next() == .linked(number: Self.ann))
            #expect(try await desk.result().number == Self.ann)
            try await bench.news.status(.connected, of: Self.first)
        }
    }

    @Test func `the phone can ask for another code, which follows by itself`() async throws {
        try await TransportBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, .refreshCode)])
            let desk = LinkingDesk(bench.transport, Self.first, phone: Self.ann)
            let void = try await desk.pairingCode()
            await #expect(throws: PairingRefusal.refreshed) {
                try await bench.server.enterCode(void, number: Self.ann)
            }
            #expect(try await desk.next() == .pairingCodeExpired)
            let code = try await desk.pairingCode()
            #expect(code != void)
            _ = try await bench.server.enterCode(code, number: Self.ann)
            #expect(try await desk.result().number == Self.ann)
        }
    }

    @Test func `with a phone, codes follow one another when all QR codes were shown, and end after 10 minutes`()
        async throws
    {
        try await TransportBench.run { bench in
            let desk = LinkingDesk(bench.transport, Self.first, phone: Self.ann)
            for round in 0..<4 {
                guard case .qrCode(_, .seconds(60)) = try await desk.next() else { throw StoreFailed() }
                guard case .pairingCode = try await desk.next() else { throw StoreFailed() }
                // Three rounds make 540 s.
                if round == 3 { break }
                try await Self.exhaust(desk, bench)
                #expect(try await desk.next() == .qrCodesExhausted)
                try await bench.settle()
                await bench.pass(.seconds(20))
                #expect(try await desk.next() == .pairingCodeExpired)
            }
            try await bench.settle()
            await bench.pass(.seconds(60))
            guard case .linkingFailed(let reason) = await desk.failure() else { throw StoreFailed() }
            #expect(reason.contains("10 minutes"))
            #expect(try await bench.names().isEmpty)
        }
    }

    /// Lets all QR codes but the first, which was shown, come and go: 160 s in all.
    private static func exhaust(_ desk: LinkingDesk, _ bench: TransportBench) async throws {
        try await bench.settle()
        await bench.pass(.seconds(60))
        for _ in 0..<5 {
            guard case .qrCode(_, .seconds(20)) = try await desk.next() else { throw StoreFailed() }
            try await bench.settle()
            await bench.pass(.seconds(20))
        }
    }

    @Test func `when nobody scans a QR code, linking fails and nothing is left`() async throws {
        try await TransportBench.run { bench in
            let desk = LinkingDesk(bench.transport, Self.first)
            _ = try await desk.qrCode()
            try await Self.exhaust(desk, bench)
            #expect(await desk.failure() == .linkingFailed("nobody scanned a QR code in time"))
            #expect(try await desk.next() == nil)
            try await Self.expectNothing(bench)
        }
    }

    private static func expectNothing(
        _ bench: TransportBench, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await bench.names().isEmpty, sourceLocation: sourceLocation)
        #expect(await bench.transport.devices().isEmpty, sourceLocation: sourceLocation)
        #expect(bench.news.all.isEmpty, sourceLocation: sourceLocation)
        #expect(await bench.companions().isEmpty, sourceLocation: sourceLocation)
        // The name is free again.
        try await bench.link(Self.first)
    }

    @Test func `a linking that is cancelled leaves nothing`() async throws {
        try await TransportBench.run { bench in
            let desk = LinkingDesk(bench.transport, Self.first, phone: Self.ann)
            _ = try await desk.pairingCode()
            desk.cancel()
            #expect(await desk.failure() == .linkingFailed("linking was given up"))
            try await Self.expectNothing(bench)
        }
    }

    @Test func `a linking that was cancelled before it began leaves nothing`() async throws {
        try await TransportBench.run { bench in
            let desk = LinkingDesk(bench.transport, Self.first)
            desk.cancel()
            #expect(await desk.failure() == .linkingFailed("linking was given up"))
            try await Self.expectNothing(bench)
        }
    }

    @Test(arguments: [
        (FaultAction.wrongHMAC, "401", "hmac-mismatch"), (.wrongAccountSignature, "401", "signature-mismatch"),
        (.garbageContainer, "500", "internal-error"),
    ])
    func `an answer of the phone that was tampered with ends the linking and leaves nothing`(
        fault: FaultAction, code: String, text: String
    ) async throws {
        try await TransportBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, fault)])
            let desk = LinkingDesk(bench.transport, Self.first)
            let qrCode = try await desk.qrCode()
            await #expect(throws: PairingRefusal.refusedByDevice(code: code, text: text)) {
                try await bench.server.scan(qrCode, as: Self.ann)
            }
            guard case .linkingFailed = await desk.failure() else { throw StoreFailed() }
            try await Self.expectNothing(bench)
        }
    }

    @Test func `a device that cannot be stored is refused to the phone, and nothing is left`() async throws {
        let registry = FragileRegistry()
        await registry.failNextAdd()
        try await TransportBench.run(registry: registry) { bench in
            let desk = LinkingDesk(bench.transport, Self.first)
            let qrCode = try await desk.qrCode()
            await #expect(throws: PairingRefusal.refusedByDevice(code: "500", text: "internal-error")) {
                try await bench.server.scan(qrCode, as: Self.ann)
            }
            #expect(await desk.failure() == .linkingFailed("the device could not be stored"))
            try await Self.expectNothing(bench)
        }
    }

    @Test func `a number without account gets no code`() async throws {
        var scenario = Scenario()
        scenario.notOnWhatsApp = [TransportBench.bob]
        try await TransportBench.run(scenario) { bench in
            let desk = LinkingDesk(bench.transport, Self.first, phone: TransportBench.bob)
            guard case .linkingFailed(let reason) = await desk.failure() else { throw StoreFailed() }
            #expect(reason.contains("no code for this number (400"))
            try await Self.expectNothing(bench)
        }
    }

    @Test func `names that are taken and numbers that are none are refused before anything is shown`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            #expect(await LinkingDesk(bench.transport, Self.first).failure() == .exists(Self.first))
            let desk = LinkingDesk(bench.transport, TransportBench.second)
            _ = try await desk.qrCode()
            #expect(
                await LinkingDesk(bench.transport, TransportBench.second).failure() == .busy(TransportBench.second))
            await #expect(throws: DeviceAdministrationError.busy(TransportBench.second)) {
                try await bench.transport.rename(Self.first, to: TransportBench.second)
            }
            for phone in ["", "123", "0155500011", "call me", "1555000111122223333"] {
                let failure = await LinkingDesk(bench.transport, DeviceID(rawValue: "third"), phone: phone).failure()
                guard case .invalidPhone = failure else { throw StoreFailed() }
            }
            desk.cancel()
            #expect(await desk.failure() != nil)
        }
    }

    @Test func `without a server, linking soon says so`() async throws {
        let clock = TestClock()
        var generator = SeededGenerator(seed: 1)
        let transport = try await TransportBench.transport(
            to: "ws://127.0.0.1:1/ws/chat", root: DeviceKeys(using: &generator).noiseKey.publicKey, clock: clock,
            registry: MemoryDeviceRegistry())
        // A linking waits for the transport to run, but can be given up before.
        let early = LinkingDesk(transport, TransportBench.second)
        let desk = LinkingDesk(transport, Self.first)
        try await eventually("both to wait") { await transport.pool.busy.count == 2 }
        early.cancel()
        #expect(await early.failure() != nil)
        let run = Task { await transport.run { _ in } }
        for _ in 0..<2 {
            // One of the sleepers is the limit of the linking.
            await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(5))
        }
        guard case .linkingFailed(let reason) = await desk.failure() else { throw StoreFailed() }
        #expect(reason.contains("no connection to the server"))
        run.cancel()
        await run.value
    }

    @Test func `a device that was unlinked is linked anew under its name, with fresh keys`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            #expect(await bench.send().isSent)
            let keys = try await bench.registry.store(of: "first").read { try $0.loadDevice().keys }
            await bench.server.unlink(SimulatedDeviceID(number: Self.ann, device: 1))
            try await bench.news.status(.unlinked, of: Self.first)

            // An attempt that fails leaves it as it is.
            let desk = LinkingDesk(bench.transport, Self.first)
            _ = try await desk.qrCode()
            desk.cancel()
            #expect(await desk.failure() != nil)
            #expect(await bench.transport.devices().map(\.status) == [.unlinked])
            let device = try await bench.registry.store(of: "first").read { try $0.loadDevice() }
            #expect(device.isLoggedOut && device.keys == keys)

            try await bench.link()
            #expect(await bench.transport.devices().map(\.number) == [Self.ann])
            let fresh = try await bench.registry.store(of: "first").read { try $0.loadDevice() }
            #expect(!fresh.isLoggedOut && fresh.keys != keys)
            #expect(await bench.send(to: TransportBench.bob, "again").isSent)
            let inbox = try await bench.server.waitForInbox(of: TransportBench.bob, count: 2)
            #expect(inbox.map(\.text) == ["hello", "again"])
        }
    }

    @Test func `a linking ends with the transport`() async throws {
        try await TransportBench.run { bench in
            let transport = try await TransportBench.transport(
                to: bench.endpoint.url, root: bench.server.rootKey, clock: bench.clock, registry: bench.registry,
                seed: 9)
            let run = Task { await transport.run { _ in } }
            let desk = LinkingDesk(transport, Self.first)
            _ = try await desk.qrCode()
            run.cancel()
            await run.value
            #expect(await desk.failure() == .linkingFailed("linking was given up"))
            #expect(
                await LinkingDesk(transport, Self.first).failure()
                    == .failed("the daemon is stopping; try again when it is back"))
            #expect(try await bench.names().isEmpty)
        }
    }

    @Test func `a device that is stopped as soon as it was started ends`() async throws {
        try await TransportBench.run { bench in
            try await bench.link()
            let store = try await bench.registry.store(of: "first")
            let stored = try await store.read { try $0.loadDevice() }
            for round in 0..<30 {
                let device = LinkedDeviceSession(
                    Self.first, store: store, stored, await bench.transport.pool.surroundings)
                await device.start()
                for _ in 0..<round { await Task.yield() }
                await device.stop()
                #expect(await device.live == nil)
            }
        }
    }

    @Test func `who gives up while the keys are being stored is too late`() async throws {
        let registry = FragileRegistry()
        await registry.holdAdds()
        try await TransportBench.run(registry: registry) { bench in
            let desk = LinkingDesk(bench.transport, Self.first)
            let text = try await desk.qrCode()
            async let phone = bench.server.scan(text, as: Self.ann)
            try await eventually("the keys to be stored") { await registry.isHolding }
            desk.cancel()
            for _ in 0..<1000 { await Task.yield() }
            await registry.releaseAdds()
            _ = try await phone
            #expect(try await desk.result().number == Self.ann)
            try await bench.news.status(.connected, of: Self.first)
        }
    }

    @Test func `a phone that says yes while the linking is cancelled has linked the device, or is told no`()
        async throws
    {
        try await TransportBench.run { bench in
            for round in 0..<6 {
                let name = DeviceID(rawValue: "race\(round)")
                let desk = LinkingDesk(bench.transport, name)
                let text = try await desk.qrCode()
                let number = "1555000200\(round)"
                async let scanned = bench.server.scan(text, as: number)
                for _ in 0..<round * 20 { await Task.yield() }
                desk.cancel()
                let failure = await desk.failure()
                let phone = try? await scanned
                let isKept = try await bench.names().contains(name.rawValue)
                #expect(isKept == (failure == nil), "round \(round)")
                if failure != nil { #expect(phone == nil, "round \(round)") }
            }
        }
    }
}

/// A registry that fails when a test wants.
actor FragileRegistry: DeviceRegistry {
    private let base = MemoryDeviceRegistry()
    private var isAddFailing = false

    func failNextAdd() { self.isAddFailing = true }

    private var isAddHeld = false
    private var held: CheckedContinuation<Void, Never>?

    /// Devices are not stored before `releaseAdds`.
    func holdAdds() { self.isAddHeld = true }

    var isHolding: Bool { self.held != nil }

    func releaseAdds() {
        self.isAddHeld = false
        self.held?.resume()
        self.held = nil
    }

    func names() async throws(DeviceRegistryError) -> [String] { await self.base.names() }

    func add(_ device: LinkedDevice, named name: String) async throws(DeviceRegistryError) -> any DeviceStore {
        if self.isAddFailing {
            self.isAddFailing = false
            throw .failed("disk full")
        }
        if self.isAddHeld { await withCheckedContinuation { self.held = $0 } }
        return try await self.base.add(device, named: name)
    }

    func store(of name: String) async throws(DeviceRegistryError) -> any DeviceStore {
        try await self.base.store(of: name)
    }

    func rename(_ name: String, to newName: String) async throws(DeviceRegistryError) {
        try await self.base.rename(name, to: newName)
    }

    private var removals: [(isDone: Bool, error: DeviceRegistryError)] = []

    /// The next removal fails, before or after it was done.
    func failNextRemoval(isDone: Bool) { self.removals.append((isDone, .failed("disk full"))) }

    func remove(_ name: String) async throws(DeviceRegistryError) {
        guard !self.removals.isEmpty else { return try await self.base.remove(name) }
        let removal = self.removals.removeFirst()
        if removal.isDone { try await self.base.remove(name) }
        throw removal.error
    }
}
