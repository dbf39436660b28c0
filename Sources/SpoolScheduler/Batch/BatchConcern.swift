/// Something about a batch that a person has to look at.
public struct BatchConcern: Equatable, Sendable {
    public enum Code: String, Sendable {
        /// Too many of its numbers are not on WhatsApp.
        case badList = "BAD_LIST"
        /// Its text goes to too many strangers.
        case sameText = "SAME_TEXT"
    }

    public var code: Code
    /// For the reason of the hold and for the alarm.
    public var words: String
    /// Whether the batch stands still until a person releases it, or a person is only warned.
    public var holds: Bool
}
