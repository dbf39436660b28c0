/// Gathers small writes into pieces of 64 KiB.
struct ResultOutput {
    private let sink: ([UInt8]) throws -> Void
    private var pending: [UInt8] = []

    init(_ sink: @escaping ([UInt8]) throws -> Void) {
        self.sink = sink
        self.pending.reserveCapacity(Self.pieceSize)
    }

    private static let pieceSize = 65536

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        self.pending.append(contentsOf: bytes)
        while self.pending.count >= Self.pieceSize {
            try self.sink(Array(self.pending.prefix(Self.pieceSize)))
            self.pending.removeFirst(Self.pieceSize)
        }
    }

    mutating func write(_ text: String) throws {
        try self.write(text.utf8)
    }

    /// Hands over what is left.
    mutating func finish() throws {
        guard !self.pending.isEmpty else { return }
        try self.sink(self.pending)
        self.pending.removeAll()
    }
}
