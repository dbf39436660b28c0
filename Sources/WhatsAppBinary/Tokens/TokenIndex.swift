/// Finds a token's number from its bytes without making a `String`: open addressing over a table that never changes,
/// so the longest probe is a fixed small number, whatever text is looked up.
struct TokenIndex {
    private static let slotBits = 13

    private let slots: [UInt16]
    /// All tokens' bytes, and where each one starts; one start more than tokens.
    private let bytes: [UInt8]
    private let starts: [UInt16]
    private let singleCount: Int

    init(single: [String], double: [String]) {
        var slots = [UInt16](repeating: 0, count: 1 << TokenIndex.slotBits)
        var bytes: [UInt8] = []
        var starts: [UInt16] = [0]
        for (number, token) in (single + double).enumerated() {
            bytes.append(contentsOf: token.utf8)
            starts.append(UInt16(bytes.count))
            // Number 0, the empty string, marks a free slot.
            guard number > 0 else { continue }
            var slot = Array(token.utf8).withUnsafeBufferPointer(TokenIndex.slot(of:))
            while slots[slot] != 0 { slot = TokenIndex.next(slot) }
            slots[slot] = UInt16(number)
        }
        self.slots = slots
        self.bytes = bytes
        self.starts = starts
        self.singleCount = single.count
    }

    func code(of text: UnsafeBufferPointer<UInt8>) -> Tokens.Code? {
        guard !text.isEmpty, text.count <= Tokens.maximumLength else { return nil }
        var slot = TokenIndex.slot(of: text)
        while self.slots[slot] != 0 {
            let number = Int(self.slots[slot])
            if self.isToken(number, equalTo: text) { return self.code(ofNumber: number) }
            slot = TokenIndex.next(slot)
        }
        return nil
    }

    private func code(ofNumber number: Int) -> Tokens.Code {
        guard number >= self.singleCount else { return Tokens.Code(first: UInt8(number), second: nil) }
        let (table, index) = (number - self.singleCount).quotientAndRemainder(dividingBy: 256)
        return Tokens.Code(first: Tokens.firstTable + UInt8(table), second: UInt8(index))
    }

    private func isToken(_ number: Int, equalTo text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = Int(self.starts[number])
        guard Int(self.starts[number + 1]) - start == text.count else { return false }
        for offset in 0..<text.count where self.bytes[start + offset] != text[offset] { return false }
        return true
    }

    /// The high bits of a product are well mixed (FNV-1a's prime and step).
    private static func slot(of text: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in text { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int((hash &* 2_654_435_769) >> UInt32(32 - self.slotBits))
    }

    private static func next(_ slot: Int) -> Int { (slot + 1) & (1 << self.slotBits - 1) }
}
