import Logging
import SpoolCore
import Synchronization
import WhatsAppClient

/// Brings the news of all devices to whoever stores them, one call at a time: what comes meanwhile goes together in the
/// next one, so that many devices share a commit.
///
/// Those who tell news wait until they are stored, so there is never more than a few of each device. A device's status is
/// not waited for; of each device only the latest is kept.
actor EventFunnel {
    fileprivate enum Item {
        /// Nobody brings it again, so it is kept until it was handed over.
        case status(TransportEvent, of: DeviceID)
        case news([TransportEvent], CheckedContinuation<Void, any Error>)
    }

    /// After a failure of whoever stores.
    private static let pause = Duration.seconds(1)

    private let time: SessionTime
    private let logger: Logger
    private let lastTurn = Atomic<UInt64>(0)
    private var items: [Item] = []
    /// Of each device, when the latest was said that was posted.
    private var turns: [DeviceID: UInt64] = [:]
    private var isOver = false
    private var worker: CheckedContinuation<Void, Never>?
    private var rest: Task<Void, Never>?

    init(time: SessionTime, logger: Logger) {
        self.time = time
        self.logger = logger
    }

    /// Stands for now, to be drawn where a status is found out: on the way here one may be overtaken by another.
    nonisolated func nextTurn() -> UInt64 { self.lastTurn.add(1, ordering: .relaxed).newValue }

    /// Tells a device's status when there is time, unless a later one was posted.
    /// - Parameter turn: when it was so; otherwise it is so now.
    func post(_ event: TransportEvent, of device: DeviceID, turn: UInt64? = nil) {
        let turn = turn ?? self.nextTurn()
        guard !self.isOver, turn > self.turns[device] ?? 0 else { return }
        self.turns[device] = turn
        self.items.removeAll { if case .status(_, device) = $0 { true } else { false } }
        self.append(.status(event, of: device))
    }

    /// Tells news and returns when they are stored.
    /// - Throws: what the handler throws; `CancellationError` when the funnel is closed.
    func tell(_ events: [TransportEvent]) async throws {
        guard !events.isEmpty else { return }
        guard !self.isOver else { throw CancellationError() }
        try await withCheckedThrowingContinuation { self.append(.news(events, $0)) }
    }

    /// How many wait for the call under way to end.
    var waitingCount: Int { self.items.count }

    private func append(_ item: Item) {
        self.items.append(item)
        self.wake()
    }

    private func wake() {
        self.worker?.resume()
        self.worker = nil
    }

    /// Hands over until the funnel is closed.
    func run(_ handle: TransportEventHandler) async {
        while !self.isOver {
            if self.items.isEmpty {
                await withCheckedContinuation { self.worker = $0 }
            } else {
                await self.handOver(handle)
            }
        }
    }

    private func handOver(_ handle: TransportEventHandler) async {
        let items = self.items
        self.items = []
        do {
            try await handle(items.flatMap(\.events))
            for item in items { item.settle(.success(())) }
        } catch {
            self.logger.error("news could not be stored", metadata: ["error": "\(error)"])
            for item in items { item.settle(.failure(error)) }
            self.items = items.filter { self.isLatestStatus($0) } + self.items
            await self.rest()
        }
    }

    private func rest() async {
        guard !self.isOver else { return }
        let (time, end) = (self.time, self.time.uptime() + Self.pause)
        // Throws only when it is cancelled, and then the rest is over.
        let rest = Task { _ = try? await time.sleep(until: end) }
        self.rest = rest
        await rest.value
        self.rest = nil
    }

    private func isLatestStatus(_ item: Item) -> Bool {
        guard case .status(_, let device) = item else { return false }
        return !self.items.contains { if case .status(_, device) = $0 { true } else { false } }
    }

    /// Takes no more; what waits is not handed over.
    func close() {
        self.isOver = true
        for item in self.items { item.settle(.failure(CancellationError())) }
        self.items = []
        self.rest?.cancel()
        self.wake()
    }
}

extension EventFunnel.Item {
    var events: [TransportEvent] {
        switch self {
        case .status(let event, _): [event]
        case .news(let events, _): events
        }
    }

    func settle(_ result: Result<Void, any Error>) {
        if case .news(_, let continuation) = self { continuation.resume(with: result) }
    }
}
