/// When one text goes to many strangers: the service bans for it by name (104).
public struct SameTextPolicy: Equatable, Sendable {
    /// The most strangers that get the same text from one device in any hour; `nil` for any number.
    public var most: Int?
    /// Whether a batch above it is held, or a person only warned.
    public var holds: Bool

    public init(most: Int? = 20, holds: Bool = false) {
        self.most = most
        self.holds = holds
    }
}
