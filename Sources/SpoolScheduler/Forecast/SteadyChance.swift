/// Answers every question of chance with the same point of its range.
struct SteadyChance: RandomNumberGenerator {
    private let value: UInt64

    /// - Parameter point: 0 to 1.
    init(at point: Double) {
        self.value = point >= 1 ? .max : UInt64(max(0, point) * 18_446_744_073_709_549_568)
    }

    mutating func next() -> UInt64 { self.value }
}
