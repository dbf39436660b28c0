import Synchronization

/// The daemon's source of randomness, shared by its services; tests hand in a seeded one.
public final class Chance: Sendable {
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    public init(_ generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.generator = Mutex(generator)
    }

    /// Lets `body` draw as often as it likes, nobody else in between.
    func draw<Value>(_ body: (inout AnyGenerator) -> Value) -> Value {
        self.generator.withLock { generator in
            var drawn = AnyGenerator(generator)
            defer { generator = drawn.generator }
            return body(&drawn)
        }
    }
}

/// A generator of any kind, for calls that want one kind.
struct AnyGenerator: RandomNumberGenerator {
    fileprivate(set) var generator: any RandomNumberGenerator & Sendable

    fileprivate init(_ generator: any RandomNumberGenerator & Sendable) {
        self.generator = generator
    }

    mutating func next() -> UInt64 { self.generator.next() }
}
