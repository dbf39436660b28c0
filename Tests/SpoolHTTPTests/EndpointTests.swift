@testable import SpoolHTTP
import Testing

struct EndpointTests {
    @Test(arguments: [
        ("/api/queue", Endpoint.queue), ("/api/history", .history), ("/api/messages/12", .message("12")),
        ("/api/messages/x", .message("x")), ("/api/batches", .batches), ("/api/batches/7", .batch("7")),
        ("/api/devices", .devices), ("/api/stats", .statistics), ("/healthz", .liveness), ("/readyz", .readiness),
    ])
    func `each path of the contract names one thing`(path: String, endpoint: Endpoint) {
        #expect(Endpoint(path: path) == endpoint)
    }

    @Test(arguments: [
        "/", "", "/api", "/api/", "/api/queue/", "//api/queue", "/API/queue", "/api/messages", "/api/messages/",
        "/api/messages/1/2", "/api/batches/", "/api/settings", "/metrics", "/openapi.json", "/healthz/", "/api/%71ueue",
        "/control/status",
    ])
    func `other paths name nothing`(path: String) {
        #expect(Endpoint(path: path) == nil)
    }

    @Test func `only health is open to all`() {
        #expect(Endpoint.liveness.isOpen && Endpoint.readiness.isOpen)
        let others: [Endpoint] = [.queue, .history, .message("1"), .batches, .batch("1"), .devices, .statistics]
        #expect(others.allSatisfy { !$0.isOpen })
    }
}
