/// Makes a picture smaller by averaging, from rows that come one after the other.
struct BoxScaler {
    private let source: ImageSize
    private let target: ImageSize
    private let columns: [Int]
    private var sums: [UInt32]
    private var counts: [UInt32]
    private var current = 0
    private var pixels: [UInt8] = []

    /// - Parameter target: Not larger than `source` in either direction.
    init(_ source: ImageSize, to target: ImageSize) {
        self.source = source
        self.target = target
        self.columns = (0..<source.width).map { $0 * target.width / source.width }
        self.sums = [UInt32](repeating: 0, count: 3 * target.width)
        self.counts = [UInt32](repeating: 0, count: target.width)
        self.pixels.reserveCapacity(3 * target.pixels)
    }

    /// Takes row `y`; rows come in order.
    /// - Parameter step: Bytes of a pixel: 3 (red, green, blue) or 4 (with alpha, which shows white).
    mutating func add(_ row: UnsafeBufferPointer<UInt8>, step: Int, at y: Int) {
        if y * self.target.height / self.source.height > self.current { self.flush() }
        for x in 0..<self.source.width {
            let column = self.columns[x]
            let (from, to) = (x * step, column * 3)
            let alpha = step == 4 ? UInt32(row[from + 3]) : 255
            let white = 255 * (255 - alpha)
            self.sums[to] &+= (UInt32(row[from]) * alpha + white) / 255
            self.sums[to + 1] &+= (UInt32(row[from + 1]) * alpha + white) / 255
            self.sums[to + 2] &+= (UInt32(row[from + 2]) * alpha + white) / 255
            self.counts[column] &+= 1
        }
    }

    /// The picture, after the last row; `nil` when rows were missing.
    mutating func finish() -> Picture? {
        self.flush()
        guard self.pixels.count == 3 * self.target.pixels else { return nil }
        return Picture(size: self.target, pixels: self.pixels)
    }

    private mutating func flush() {
        for column in 0..<self.target.width {
            let count = max(1, self.counts[column])
            for channel in 0..<3 { self.pixels.append(UInt8(self.sums[3 * column + channel] / count)) }
        }
        for index in self.sums.indices { self.sums[index] = 0 }
        for index in self.counts.indices { self.counts[index] = 0 }
        self.current += 1
    }
}
