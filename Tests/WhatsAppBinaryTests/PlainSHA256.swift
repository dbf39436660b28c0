/// SHA-256 (FIPS 180-4) in its plainest form, for a checksum of public data; this target knows no cryptographic library.
enum PlainSHA256 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        padded += self.bytes(of: UInt64(message.count) * 8)

        let primes = (2...311).filter { number in !(2..<number).contains { number.isMultiple(of: $0) } }
        let constants = primes.map { self.fraction(ofRoot: 3, of: $0) }
        var state = primes.prefix(8).map { self.fraction(ofRoot: 2, of: $0) }
        for start in stride(from: 0, to: padded.count, by: 64) {
            self.compress(padded[start..<start + 64], into: &state, constants)
        }
        return state.flatMap { self.bytes(of: $0) }
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32], _ constants: [UInt32]) {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (first, last) = (words[index - 15], words[index - 2])
            let low = self.rotate(first, 7) ^ self.rotate(first, 18) ^ first >> 3
            let high = self.rotate(last, 17) ^ self.rotate(last, 19) ^ last >> 10
            words.append(words[index - 16] &+ low &+ words[index - 7] &+ high)
        }
        var (a, b, c, d, e, f, g, h) = (
            state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
        )
        for index in 0..<64 {
            let high = self.rotate(e, 6) ^ self.rotate(e, 11) ^ self.rotate(e, 25)
            let one = h &+ high &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
            let low = self.rotate(a, 2) ^ self.rotate(a, 13) ^ self.rotate(a, 22)
            let two = low &+ (a & b ^ a & c ^ b & c)
            (a, b, c, d, e, f, g, h) = (one &+ two, a, b, c, d &+ one, e, f, g)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    /// The first 32 bits behind the point of a square or cube root, which is what the standard's constants are.
    private static func fraction(ofRoot degree: Int, of number: Int) -> UInt32 {
        let target = UInt128(number) << UInt128(32 * degree)
        var root: UInt128 = 0
        for bit in (0..<38).reversed() {
            let candidate = root | 1 << UInt128(bit)
            let power = (1..<degree).reduce(candidate) { power, _ in power * candidate }
            if power <= target { root = candidate }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
