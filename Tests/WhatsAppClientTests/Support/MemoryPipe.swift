import Synchronization

@testable import WhatsAppClient

/// One direction of a pipe in memory. Holds at most `limit` messages, so a sender feels a reader that does not read.
actor MessageQueue {
    private let limit: Int
    private var messages: [[UInt8]] = []
    private var end: Result<Void, PipeError>?
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(limit: Int = 64) {
        self.limit = limit
    }

    func send(_ message: [UInt8]) async throws(PipeError) {
        while case nil = self.end, self.messages.count >= self.limit { await self.change() }
        switch self.end {
        case .failure(let error): throw error
        case .success: throw .closed(code: 1006)
        case nil: break
        }
        self.messages.append(message)
        self.changed()
    }

    func receive() async throws(PipeError) -> [UInt8]? {
        while self.messages.isEmpty {
            if Task.isCancelled { throw .cancelled }
            switch self.end {
            case .success: return nil
            case .failure(let error): throw error
            case nil: await self.change()
            }
        }
        defer { self.changed() }
        return self.messages.removeFirst()
    }

    func close(_ result: Result<Void, PipeError> = .success(())) {
        guard case nil = self.end else { return }
        self.end = result
        self.changed()
    }

    private func change() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { self.waiters.append($0) }
        } onCancel: {
            Task { await self.changed() }
        }
    }

    private func changed() {
        for waiter in self.waiters { waiter.resume() }
        self.waiters = []
    }
}

/// One end of a pipe in memory.
struct MemoryPipe: BytePipe {
    let outgoing: MessageQueue
    let incoming: MessageQueue

    func send(_ message: [UInt8]) async throws(PipeError) { try await self.outgoing.send(message) }

    func receive() async throws(PipeError) -> [UInt8]? { try await self.incoming.receive() }

    func close() async {
        await self.outgoing.close()
        await self.incoming.close()
    }

    /// Goes away without a word.
    func fail(_ error: PipeError) async {
        await self.outgoing.close(.failure(error))
        await self.incoming.close(.failure(error))
    }
}

/// Hands the other end of every pipe to the test, or refuses as the test wants.
final class MemoryConnector: BytePipeConnector {
    private let refusals = Mutex<[PipeError]>([])
    private let ends: AsyncStream<MemoryPipe>.Continuation
    let serverEnds: AsyncStream<MemoryPipe>
    let attempts = Mutex(0)

    init() {
        (self.serverEnds, self.ends) = AsyncStream.makeStream()
    }

    func refuse(_ errors: [PipeError]) {
        self.refusals.withLock { $0 += errors }
    }

    func withPipe<Value: Sendable>(
        to endpoint: PipeEndpoint, _ body: @escaping @Sendable (any BytePipe) async -> Value
    ) async throws(PipeError) -> Value {
        self.attempts.withLock { $0 += 1 }
        if let error = self.refusals.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        let (up, down) = (MessageQueue(), MessageQueue())
        self.ends.yield(MemoryPipe(outgoing: down, incoming: up))
        let pipe = MemoryPipe(outgoing: up, incoming: down)
        let value = await body(pipe)
        await pipe.close()
        return value
    }
}
