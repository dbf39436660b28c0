import Testing

/// Gives out byte strings that a vector prescribes, each as one draw of as many bytes, and zeros when it has no more.
struct ScriptedGenerator: RandomNumberGenerator {
    private var numbers: [UInt64]

    init(_ draws: [UInt8]...) {
        self.numbers = []
        for draw in draws {
            for start in stride(from: 0, to: draw.count, by: 8) {
                let bytes = draw[start..<min(start + 8, draw.count)]
                self.numbers.append(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
        }
        self.numbers.reverse()
    }

    mutating func next() -> UInt64 { self.numbers.popLast() ?? 0 }

    /// Whether everything was drawn.
    var isUsedUp: Bool { self.numbers.isEmpty }
}
