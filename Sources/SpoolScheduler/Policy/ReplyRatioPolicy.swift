/// How many of the strangers that a device writes to must answer. Part of the careful profile.
public struct ReplyRatioPolicy: Equatable, Sendable {
    /// Over how many of the last cold messages it is counted; fewer say nothing.
    public var over: Int
    /// Below this share a person is warned; `nil` never. A twentieth: a list that asked for the messages answers more.
    public var warnBelow: Double?
    /// Below this share strangers are not written to; `nil` never. A hundredth: nobody wants the messages.
    public var holdBelow: Double?

    public init(over: Int = 100, warnBelow: Double? = 0.05, holdBelow: Double? = 0.01) {
        self.over = over
        self.warnBelow = warnBelow
        self.holdBelow = holdBelow
    }

    public static let off = ReplyRatioPolicy(warnBelow: nil, holdBelow: nil)
}
