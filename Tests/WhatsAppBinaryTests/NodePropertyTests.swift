import SpoolTestSupport
import Testing
import WhatsAppBinary

@Suite struct NodePropertyTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random nodes come back as they were, plain and compressed`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let node = try RandomNode.node(using: &generator)
            #expect(try NodeDecoder.decode(NodeEncoder.encode(node)) == node, "seed \(seed)")
            #expect(try NodeDecoder.decode(NodeEncoder.encodeCompressed(node)) == node, "seed \(seed)")
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `every payload cut short is an error`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let encoded = try NodeEncoder.encode(RandomNode.node(depth: 2, using: &generator))
        for count in encoded.indices {
            #expect(throws: BinaryError.self, "seed \(seed), \(count) bytes") {
                try NodeDecoder.decode(Array(encoded[..<count]))
            }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `mutated payloads give an error or a node that encodes`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var (decoded, refused) = (0, 0)
        for _ in 0..<20 {
            let encoded = try NodeEncoder.encode(RandomNode.node(depth: 3, using: &generator))
            for _ in 0..<20 {
                let mutated = generator.mutated(encoded)
                switch Self.decode(mutated) {
                case .failure: refused += 1
                case .success(let node):
                    decoded += 1
                    let again = try NodeDecoder.decode(NodeEncoder.encode(node))
                    let third = try NodeDecoder.decode(NodeEncoder.encode(again))
                    #expect(third == again, "seed \(seed): \(mutated.hex)")
                }
            }
        }
        #expect(decoded > 20 && refused > 20, "seed \(seed): \(decoded) decoded, \(refused) refused")
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random bytes never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var bytes = generator.bytes(upTo: 60)
            // Half of them look like a node at least.
            if Bool.random(using: &generator) { bytes = [0, 0xF8, UInt8.random(in: 1...6, using: &generator)] + bytes }
            _ = Self.decode(bytes)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `mutated compressed payloads never trap`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<100 {
            let encoded = try NodeEncoder.encodeCompressed(RandomNode.node(depth: 2, using: &generator))
            if case .failure = Self.decode(generator.mutated(encoded)) { refused += 1 }
        }
        #expect(refused > 20, "seed \(seed)")
    }

    private static func decode(_ bytes: [UInt8]) -> Result<Node, BinaryError> {
        Result { () throws(BinaryError) in try NodeDecoder.decode(bytes) }
    }
}
