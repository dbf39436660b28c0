/// Answers questions of chance without chance: always the same point of a range, or points that cover it evenly.
struct EvenChance: RandomNumberGenerator {
    private var value: UInt64
    private let step: UInt64

    /// The golden ratio's part of all numbers: the most even sequence there is.
    private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Points that cover the range evenly.
    init(from seed: Int) {
        self.value = UInt64(bitPattern: Int64(seed)) &* 0xD1B5_4A32_D192_ED03
        self.step = Self.golden
    }

    /// Always the same point, 0 to 1.
    init(at point: Double) {
        self.value = point >= 1 ? .max : UInt64(max(0, point) * 18_446_744_073_709_549_568)
        self.step = 0
    }

    mutating func next() -> UInt64 {
        self.value &+= self.step
        return self.value
    }
}
