import SpoolTestSupport
import Testing

@testable import WhatsAppClient

@Suite struct FIFOTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `elements leave as they came`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = FIFO<Int>()
        var model: [Int] = []
        for number in 0..<3000 {
            if Int.random(in: 0..<5, using: &generator) < 3 - number / 1500 * 2 {
                queue.append(number)
                model.append(number)
            } else {
                #expect(queue.removeFirst() == (model.isEmpty ? nil : model.removeFirst()), "seed \(seed)")
            }
            if number % 500 == 0 {
                queue.removeAll { $0.isMultiple(of: 3) }
                model.removeAll { $0.isMultiple(of: 3) }
            }
            #expect(queue.count == model.count && queue.first == model.first, "seed \(seed)")
        }
    }
}
