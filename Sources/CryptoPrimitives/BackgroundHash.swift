public import Foundation

/// A hash of many bytes that does not keep the caller waiting: once there is more than a block, a thread of its own
/// works through the blocks. Keeps three blocks at most, so a caller that is faster waits. Where no thread can be had
/// the caller's does the work.
public struct BackgroundHash: ~Copyable {
    /// Bytes handed to the thread at a time.
    static let blockSize = 1 << 17

    private let digest: Digest
    private var block: [UInt8] = []
    private var worker: HashWorker?

    public init(_ digest: Digest) {
        self.digest = digest
    }

    deinit {
        self.worker?.end()
    }

    /// Adds a piece, which is copied.
    public mutating func update(_ bytes: some ContiguousBytes) throws(CryptoError) {
        try withBytes(of: bytes) { (bytes) throws(CryptoError) in
            var rest = bytes
            while !rest.isEmpty {
                let size = min(Self.blockSize - self.block.count, rest.count)
                self.block.append(contentsOf: rest[..<size])
                rest = UnsafeRawBufferPointer(rebasing: rest[size...])
                if self.block.count == Self.blockSize { try self.handOver() }
            }
        }
    }

    private mutating func handOver() throws(CryptoError) {
        let worker: HashWorker
        if let running = self.worker {
            worker = running
        } else {
            worker = HashWorker(self.digest)
            try worker.start()
            self.worker = worker
        }
        self.block = try worker.take(self.block)
        self.block.reserveCapacity(Self.blockSize)
    }

    /// The hash of all pieces; waits for the thread.
    public consuming func finish() throws(CryptoError) -> [UInt8] {
        guard let worker = self.worker else { return try self.digest.hash(self.block) }
        _ = try worker.take(self.block)
        return try worker.result()
    }
}

/// The thread of one hash, and what passes between it and the caller.
private final class HashWorker: @unchecked Sendable {
    private let digest: Digest
    private let condition = NSCondition()
    // Guarded by the condition.
    private var waiting: [[UInt8]] = []
    private var empty: [[UInt8]] = []
    private var isEnding = false
    private var outcome: Result<[UInt8], CryptoError>?
    /// The caller's own, when there is no thread.
    private var direct: HashStream?

    private static let capacity = 2

    init(_ digest: Digest) {
        self.digest = digest
    }

    func start() throws(CryptoError) {
        var thread = pthread_t()
        let worker = Unmanaged.passRetained(self)
        let result = makeThread(&thread, worker.toOpaque())
        guard result == 0 else {
            worker.release()
            self.direct = try HashStream(self.digest)
            return
        }
        pthread_detach(thread)
    }

    /// Takes a block, waits when there are too many, and gives an empty one back.
    func take(_ block: [UInt8]) throws(CryptoError) -> [UInt8] {
        if self.direct != nil {
            try self.direct?.update(block)
            return []
        }
        self.condition.lock()
        defer { self.condition.unlock() }
        while self.waiting.count >= Self.capacity, self.outcome == nil { self.condition.wait() }
        if case .failure(let error) = self.outcome { throw error }
        self.waiting.append(block)
        self.condition.signal()
        return self.empty.popLast() ?? []
    }

    /// Ends the hash and waits for it.
    func result() throws(CryptoError) -> [UInt8] {
        if let direct = self.direct.take() { return try direct.finish() }
        self.end()
        self.condition.lock()
        defer { self.condition.unlock() }
        while true {
            if let outcome = self.outcome { return try outcome.get() }
            self.condition.wait()
        }
    }

    func end() {
        self.condition.lock()
        self.isEnding = true
        self.condition.broadcast()
        self.condition.unlock()
    }

    func run() {
        let outcome = Result { () throws(CryptoError) -> [UInt8] in
            var stream = try HashStream(self.digest)
            while var block = self.nextBlock() {
                try stream.update(block)
                block.removeAll(keepingCapacity: true)
                self.giveBack(block)
            }
            return try stream.finish()
        }
        self.condition.lock()
        self.outcome = outcome
        self.condition.broadcast()
        self.condition.unlock()
    }

    /// Nil when the caller has said that there will be no more.
    private func nextBlock() -> [UInt8]? {
        self.condition.lock()
        defer { self.condition.unlock() }
        while self.waiting.isEmpty, !self.isEnding { self.condition.wait() }
        return self.waiting.isEmpty ? nil : self.waiting.removeFirst()
    }

    private func giveBack(_ block: [UInt8]) {
        self.condition.lock()
        self.empty.append(block)
        self.condition.broadcast()
        self.condition.unlock()
    }
}

private func makeThread(_ thread: inout pthread_t, _ worker: UnsafeMutableRawPointer) -> Int32 {
    pthread_create(
        &thread, nil,
        { worker in
            guard let worker else { return nil }
            Thread.current.name = "hash"
            Unmanaged<HashWorker>.fromOpaque(worker).takeRetainedValue().run()
            return nil
        }, worker)
}
