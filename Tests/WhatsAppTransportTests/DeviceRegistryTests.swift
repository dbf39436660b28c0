import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppStore

/// What every registry promises.
struct DeviceRegistryTests {
    @Test func `devices in memory`() async throws {
        try await Self.check(MemoryDeviceRegistry())
    }

    @Test func `devices in a database`() async throws {
        let directory = try TemporaryDirectory()
        let database = try DeviceDatabase(path: directory.path("devices.db"))
        try await Self.check(database)
        try database.close()
        await #expect(throws: DeviceRegistryError.self) { try await database.names() }
    }

    private static func check(_ registry: some DeviceRegistry) async throws {
        var generator = SeededGenerator(seed: 5)
        let one = LinkedDevice(keys: try DeviceKeys(using: &generator))
        let two = LinkedDevice(keys: try DeviceKeys(using: &generator))
        #expect(try await registry.names().isEmpty)
        let store = try await registry.add(one, named: "b")
        _ = try await registry.add(two, named: "a")
        #expect(try await registry.names() == ["b", "a"])
        await #expect(throws: DeviceRegistryError.exists("a")) { _ = try await registry.add(one, named: "a") }

        try await registry.rename("b", to: "c")
        try await registry.rename("c", to: "c")
        await #expect(throws: DeviceRegistryError.exists("a")) { try await registry.rename("c", to: "a") }
        await #expect(throws: DeviceRegistryError.unknown("b")) { try await registry.rename("b", to: "d") }
        await #expect(throws: DeviceRegistryError.unknown("b")) { _ = try await registry.store(of: "b") }
        #expect(try await registry.names() == ["c", "a"])
        try await store.write { state in
            var device = try state.loadDevice()
            device.pushName = "Spool"
            try state.saveDevice(device)
        }
        #expect(try await registry.store(of: "c").read { try $0.loadDevice() }.pushName == "Spool")
        #expect(try await registry.store(of: "a").read { try $0.loadDevice() } == two)

        try await registry.remove("c")
        await #expect(throws: DeviceRegistryError.unknown("c")) { try await registry.remove("c") }
        #expect(try await registry.names() == ["a"])
    }
}
