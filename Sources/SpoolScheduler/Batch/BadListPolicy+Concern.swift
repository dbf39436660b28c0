extension BadListPolicy {
    /// A concern when too many of a batch's last numbers are not on WhatsApp.
    public func concern(missing: Int, of seen: Int) -> BatchConcern? {
        guard let share = self.share, share > 0, seen >= max(1, self.leastSeen) else { return nil }
        guard Double(missing) > share * Double(seen) else { return nil }
        return BatchConcern(
            code: .badList,
            words: "\(missing) of the last \(seen) numbers are not on WhatsApp, more than "
                + "\(Int((share * 100).rounded())) %; release the batch if the list is right",
            holds: true)
    }
}
