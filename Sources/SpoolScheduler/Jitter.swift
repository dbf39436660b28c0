extension RandomNumberGenerator {
    /// A number of the range, each equally likely; takes exactly one draw, so a fixed generator gives a fixed point.
    mutating func uniform(in range: ClosedRange<Double>) -> Double {
        let point = Double(self.next() >> 11) / 9_007_199_254_740_992
        return range.lowerBound + (range.upperBound - range.lowerBound) * point
    }
}
