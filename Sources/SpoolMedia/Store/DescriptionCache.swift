import SpoolCore

/// The latest inspections: a batch usually has one attachment in thousands of rows.
struct DescriptionCache {
    struct Key: Hashable {
        let hash: ContentHash
        let inspection: MediaInspection
    }

    private static let capacity = 256
    private var results: [Key: Result<MediaDescription, MediaError>] = [:]
    private var order: [Key] = []

    func result(for key: Key) -> Result<MediaDescription, MediaError>? { self.results[key] }

    /// Adds a result, and forgets the oldest when there are too many.
    mutating func remember(_ result: Result<MediaDescription, MediaError>, for key: Key) {
        if self.results.updateValue(result, forKey: key) == nil { self.order.append(key) }
        if self.order.count > Self.capacity { self.results[self.order.removeFirst()] = nil }
    }
}
