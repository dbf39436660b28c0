/// How well a recipient knows a device.
public enum Lane: Int, CaseIterable, Codable, Sendable {
    /// Wrote to this device in the last 24 hours.
    case reply = 0
    /// Ever answered this device, or read a message of it; groups too.
    case known = 1
    /// A stranger: neither.
    case cold = 2

    /// The word in reasons, plans and statistics.
    public var name: String {
        switch self {
        case .reply: "reply"
        case .known: "known"
        case .cold: "cold"
        }
    }
}
