import SpoolCore
import SpoolTestSupport
import Synchronization

/// What a transport told, for a test to read one after the other.
final class News: Sendable {
    private struct State {
        var all: [TransportEvent] = []
        var failures = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var calls: [[TransportEvent]] = []
    }

    private let state = Mutex(State())
    private let events: AsyncStream<TransportEvent>
    private let entry: AsyncStream<TransportEvent>.Continuation

    init() {
        (self.events, self.entry) = AsyncStream.makeStream()
    }

    /// All there was, also what was read already.
    var all: [TransportEvent] { self.state.withLock { $0.all } }
    /// The same as it came.
    var calls: [[TransportEvent]] { self.state.withLock { $0.calls } }

    func hear(_ events: [TransportEvent]) async throws {
        let isHeld = self.state.withLock { $0.isHeld }
        if isHeld { await withCheckedContinuation { self.enter($0) } }
        try self.state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw StoreFailed()
            }
            state.all += events
            state.calls.append(events)
        }
        for event in events { self.entry.yield(event) }
    }

    private func enter(_ continuation: CheckedContinuation<Void, Never>) {
        let isHeld = self.state.withLock { state in
            if state.isHeld { state.held.append(continuation) }
            return state.isHeld
        }
        if !isHeld { continuation.resume() }
    }

    /// The next calls fail.
    func failNext(_ count: Int) { self.state.withLock { $0.failures = count } }

    var failuresLeft: Int { self.state.withLock { $0.failures } }

    /// Nothing that is told returns until `release`.
    func hold() { self.state.withLock { $0.isHeld = true } }

    func release() {
        let held = self.state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    var heldCount: Int { self.state.withLock { $0.held.count } }

    /// The next event of which `isWanted` holds; those before it are passed over.
    @discardableResult
    func next(
        _ what: String, where isWanted: @escaping @Sendable (TransportEvent) -> Bool
    ) async throws -> TransportEvent {
        try await waiting(for: what, upTo: .seconds(60)) { [events] in
            for await event in events where isWanted(event) { return event }
            throw CancellationError()
        }
    }

    @discardableResult
    func status(_ status: DeviceStatus, of device: DeviceID) async throws -> TransportDevice {
        let event = try await self.next("\(device) to be \(status)") { event in
            guard case .changed(let changed) = event else { return false }
            return changed.id == device && changed.status == status
        }
        guard case .changed(let changed) = event else { throw StoreFailed() }
        return changed
    }

    func text() async throws -> IncomingText {
        let event = try await self.next("a text") { if case .text = $0 { true } else { false } }
        guard case .text(let text) = event else { throw StoreFailed() }
        return text
    }
}

struct StoreFailed: Error {}
