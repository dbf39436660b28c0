import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppStoreConformance

@Suite struct MemoryDeviceStoreTests {
    @Test func `the store in memory does what every store does`() async throws {
        try await DeviceStoreConformance.check { MemoryDeviceStore($0) }
    }
}
