public import Foundation
public import SpoolCore
import Synchronization

/// A transport whose answers a test writes.
///
/// Every call of `send` is news in `nextSend`. It ends at once as the script says, or, held, when the test answers it.
public final class FakeTransport: MessageTransport {
    /// One call of `send`.
    public struct Send: Equatable, Sendable {
        public let message: OutgoingMessage
        public let id: WireMessageID
        /// When it was called.
        public let at: Date
    }

    public enum Answer: Sendable {
        case acknowledged
        case failed(TransportError)
        /// The call ends when the test calls `answer`.
        case held
    }

    private struct State {
        var lastID = 0
        var sends: [Send] = []
        var held: [QueueID: CheckedContinuation<Answer, Never>] = [:]
        var listeners: [AsyncStream<TransportEvent>.Continuation] = []
    }

    public let isDryRun = false
    public let receiptGrace: Duration
    private let deviceIDs: [DeviceID]
    private let wallClock: any WallClock
    private let script: @Sendable (OutgoingMessage) -> Answer
    private let state = Mutex(State())
    private let news: AsyncStream<Send>
    private let newsEntry: AsyncStream<Send>.Continuation

    /// - Parameter script: What a send comes to.
    public init(
        devices: [DeviceID], receiptGrace: Duration = .zero, wallClock: any WallClock,
        script: @escaping @Sendable (OutgoingMessage) -> Answer = { _ in .acknowledged }
    ) {
        self.deviceIDs = devices
        self.receiptGrace = receiptGrace
        self.wallClock = wallClock
        self.script = script
        (self.news, self.newsEntry) = AsyncStream.makeStream()
    }

    public func devices() async -> [TransportDevice] {
        self.deviceIDs.map {
            TransportDevice(id: $0, number: nil, isConnected: true, connectedAt: self.wallClock.now)
        }
    }

    public func makeMessageID(for device: DeviceID) -> WireMessageID {
        let number = self.state.withLock { state in
            state.lastID += 1
            return String(state.lastID, radix: 16, uppercase: true)
        }
        return WireMessageID(rawValue: "3EB0" + String(repeating: "0", count: 18 - number.count) + number)
    }

    public func send(
        _ message: OutgoingMessage, id: WireMessageID
    ) async throws(TransportError) -> Acknowledgement {
        switch await self.answer(to: Send(message: message, id: id, at: self.wallClock.now)) {
        case .acknowledged: return Acknowledgement(at: self.wallClock.now)
        case .failed(let error): throw error
        case .held: throw .outcomeUnknown(detail: "stopped while waiting for the answer")
        }
    }

    public func events() -> AsyncStream<TransportEvent> {
        let (stream, continuation) = AsyncStream<TransportEvent>.makeStream()
        self.state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    // MARK: The test's side

    /// All calls of `send` so far.
    public var sends: [Send] { self.state.withLock { $0.sends } }

    /// The next call of `send` that was not returned before. For one reader.
    public func nextSend() async throws -> Send {
        try await waiting(for: "a send") { [news] in
            var iterator = news.makeAsyncIterator()
            guard let send = await iterator.next() else { throw CancellationError() }
            return send
        }
    }

    /// Ends a held send. One that is not under way is a mistake of the test.
    public func answer(_ message: QueueID, _ answer: Answer) {
        let held = self.state.withLock { $0.held.removeValue(forKey: message) }
        precondition(held != nil, "no send of message \(message) is held")
        held?.resume(returning: answer)
    }

    /// Tells every listener of `events`.
    public func tell(_ event: TransportEvent) {
        for listener in self.state.withLock({ $0.listeners }) { listener.yield(event) }
    }

    private func answer(to send: Send) async -> Answer {
        let answer = self.script(send.message)
        guard case .held = answer else {
            self.record(send)
            return answer
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.state.withLock { $0.held[send.message.queueID] = continuation }
                self.record(send)
                if Task.isCancelled { self.stop(send.message.queueID) }
            }
        } onCancel: {
            self.stop(send.message.queueID)
        }
    }

    private func record(_ send: Send) {
        self.state.withLock { $0.sends.append(send) }
        self.newsEntry.yield(send)
    }

    private func stop(_ message: QueueID) {
        self.state.withLock { $0.held.removeValue(forKey: message) }?.resume(returning: .held)
    }
}
