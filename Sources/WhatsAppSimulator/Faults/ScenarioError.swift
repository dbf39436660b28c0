/// What is wrong in a scenario file, and where.
public struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Such as `faults[2].code`; empty for the file as a whole.
    public let path: String
    /// One sentence without full stop.
    public let message: String

    public var description: String { self.path.isEmpty ? self.message : "\(self.path): \(self.message)" }
}
