/// Pixels across and down.
struct ImageSize: Hashable, Sendable {
    var width: Int
    var height: Int

    var pixels: Int { self.width * self.height }

    /// Refuses what no camera makes: a small file of so many pixels is meant to exhaust whoever shows it.
    func check() throws(MediaError) {
        guard self.pixels <= Self.mostPixels else { throw .tooManyPixels(width: self.width, height: self.height) }
    }

    private static let mostPixels = 250_000_000

    /// The most bytes of memory that decoding one image may take; beyond it there is no thumbnail.
    static let memoryBudget = 48 << 20

    /// The same proportions with neither side longer than `side`; never enlarged, never 0.
    func fitting(_ side: Int) -> ImageSize {
        let longest = max(self.width, self.height)
        guard longest > side else { return self }
        return ImageSize(
            width: max(1, self.width * side / longest), height: max(1, self.height * side / longest))
    }

    var turned: ImageSize { ImageSize(width: self.height, height: self.width) }
}
