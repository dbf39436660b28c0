/// What a path of the API names; numbers are still as they were written.
enum Endpoint: Equatable {
    case queue
    case history
    case message(String)
    case batches
    case batch(String)
    case devices
    case statistics
    case liveness
    case readiness

    /// `nil` for every path that is not in the contract, one with a slash at its end included.
    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        switch (parts.count, parts.first, parts.dropFirst().first) {
        case (1, "healthz", _): self = .liveness
        case (1, "readyz", _): self = .readiness
        case (2, "api", "queue"): self = .queue
        case (2, "api", "history"): self = .history
        case (2, "api", "batches"): self = .batches
        case (2, "api", "devices"): self = .devices
        case (2, "api", "stats"): self = .statistics
        case (3, "api", "messages") where !parts[2].isEmpty: self = .message(parts[2])
        case (3, "api", "batches") where !parts[2].isEmpty: self = .batch(parts[2])
        default: return nil
        }
    }

    /// Whether it answers without a key.
    var isOpen: Bool {
        switch self {
        case .liveness, .readiness: true
        case .queue, .history, .message, .batches, .batch, .devices, .statistics: false
        }
    }

    /// The parameters it takes.
    var parameters: [String] {
        switch self {
        case .queue: ["status", "device", "batch", "limit", "cursor"]
        case .history:
            ["startDate", "endDate", "status", "device", "batch", "number", "ref", "limit", "cursor"]
        case .batches: ["limit", "cursor"]
        case .statistics: ["startDate", "endDate"]
        case .message, .batch, .devices, .liveness, .readiness: []
        }
    }
}
