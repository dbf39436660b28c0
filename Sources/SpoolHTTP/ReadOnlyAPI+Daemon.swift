import HTTPTypes
import SpoolCore

extension ReadOnlyAPI {
    /// All devices; they belong to the installation, so every key sees them.
    func devices() async throws -> APIAnswer {
        self.list("devices", try await self.state.devices().map(\.json), next: nil)
    }

    /// Whether the daemon should get work, with the reasons when not.
    func readiness() async -> APIAnswer {
        let reasons = await self.state.notReady()
        guard !reasons.isEmpty else { return self.success([.init("status", "ready")]) }
        let error = APIError(.internal, "Not ready: " + reasons.joined(separator: "; "))
        return APIAnswer(
            status: .serviceUnavailable,
            body: error.json.adding([.init("reasons", .array(reasons.map { .string($0) }))]))
    }
}
