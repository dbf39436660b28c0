/// Whether a batch's numbers are on WhatsApp: a list that was guessed or is years old shows here first.
public struct BadListWatch: Equatable, Codable, Sendable {
    /// The latest findings, the newest last: whether the number was missing.
    private var missing: [Bool] = []

    public init() {}

    /// A number of the batch was looked up, or the server's answer to a message told.
    /// - Returns: A concern when the share of missing numbers is too high.
    public mutating func record(isOnWhatsApp: Bool, _ policy: BadListPolicy) -> BatchConcern? {
        let window = max(1, min(policy.window, Self.most))
        self.missing.append(!isOnWhatsApp)
        self.missing.removeFirst(max(0, self.missing.count - window))
        guard let share = policy.share, share > 0, self.missing.count >= policy.leastSeen else { return nil }
        let missing = self.missing.count(where: \.self)
        guard Double(missing) > share * Double(self.missing.count) else { return nil }
        return BatchConcern(
            code: .badList,
            words: "\(missing) of the last \(self.missing.count) numbers are not on WhatsApp, more than "
                + "\(Int((share * 100).rounded())) %; release the batch if the list is right",
            holds: true)
    }

    /// A person has released the batch: it is judged by what comes from now on.
    public mutating func release() { self.missing = [] }

    private static let most = 1000
}
