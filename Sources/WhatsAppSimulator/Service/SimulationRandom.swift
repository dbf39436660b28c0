/// Chance in a simulation: all of it comes from one seed, so a run can be repeated (SplitMix64). Keys made with it
/// protect nothing; nothing but a simulator may use it for them.
public struct SimulationRandom: RandomNumberGenerator, Sendable {
    private let seed: UInt64
    private var state: UInt64

    public init(seed: UInt64) {
        self.seed = seed
        self.state = seed
    }

    public mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A stream of its own for one purpose: the same for the same seed, whatever was drawn before.
    public func stream(for purpose: String) -> SimulationRandom {
        // FNV-1a, then one round of the generator to spread the bits.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixer = SimulationRandom(seed: self.seed ^ hash)
        return SimulationRandom(seed: mixer.next())
    }
}
