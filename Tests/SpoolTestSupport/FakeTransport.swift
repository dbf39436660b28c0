public import Foundation
public import SpoolCore
import Synchronization

/// A transport whose answers a test writes.
///
/// Messages of one call go one after the other. Each is news in `nextSend`; it ends at once as the script says, or,
/// held, when the test answers it. Once one has lost the session, the rest of its call has, too.
public final class FakeTransport: MessageTransport {
    /// One message that was handed over.
    public struct Send: Equatable, Sendable {
        public let message: OutgoingMessage
        /// When its turn came.
        public let at: Date
        /// The number of the call of `send`, from 1.
        public let call: Int

        public var id: WireMessageID { self.message.wireID }
    }

    /// What a device showed of itself, and when.
    public struct Shown: Equatable, Sendable {
        public let activity: ChatActivity
        public let device: DeviceID
        public let at: Date
    }

    public enum Answer: Sendable {
        case acknowledged
        case failed(TransportError)
        /// The message ends when the test calls `answer`.
        case held
    }

    private struct State {
        var devices: [TransportDevice]
        var lastID = 0
        var calls = 0
        var sends: [Send] = []
        var held: [QueueID: CheckedContinuation<Answer, Never>] = [:]
        var onMessageID: @Sendable () -> Void = {}
        var shown: [Shown] = []
        var timeLock = TimeLockKnowledge.unknown
        var timeLockQuestions: [DeviceID] = []
    }

    public let isDryRun = false
    public let receiptGrace: Duration
    private let wallClock: any WallClock
    private let script: @Sendable (OutgoingMessage) -> Answer
    private let state: Mutex<State>
    private let news: AsyncStream<Send>
    private let newsEntry: AsyncStream<Send>.Continuation
    private let running: AsyncStream<TransportEventHandler>
    private let runningEntry: AsyncStream<TransportEventHandler>.Continuation
    private let handler = Mutex<TransportEventHandler?>(nil)

    /// - Parameter script: What a send comes to.
    public init(
        devices: [DeviceID], receiptGrace: Duration = .zero, wallClock: any WallClock,
        script: @escaping @Sendable (OutgoingMessage) -> Answer = { _ in .acknowledged }
    ) {
        let now = wallClock.now
        self.state = Mutex(
            State(devices: devices.map { .init(id: $0, number: nil, status: .connected, connectedAt: now) }))
        self.receiptGrace = receiptGrace
        self.wallClock = wallClock
        self.script = script
        (self.news, self.newsEntry) = AsyncStream.makeStream()
        (self.running, self.runningEntry) = AsyncStream.makeStream()
    }

    public func devices() async -> [TransportDevice] { self.state.withLock { $0.devices } }

    public func makeMessageID(for device: DeviceID) -> WireMessageID {
        self.state.withLock({ $0.onMessageID })()
        let number = self.state.withLock { state in
            state.lastID += 1
            return String(state.lastID, radix: 16, uppercase: true)
        }
        return WireMessageID(rawValue: "3EB0" + String(repeating: "0", count: 18 - number.count) + number)
    }

    public func send(_ messages: [OutgoingMessage]) async -> [SendResult] {
        let call = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        var results: [SendResult] = []
        var lost: TransportError?
        for message in messages {
            if let lost {
                results.append(.failure(lost))
                continue
            }
            let result = await self.result(of: Send(message: message, at: self.wallClock.now, call: call))
            if case .failure(.sessionLost(let detail)) = result { lost = .sessionLost(detail: detail) }
            results.append(result)
        }
        return results
    }

    public func show(_ activity: ChatActivity, by device: DeviceID) async {
        let shown = Shown(activity: activity, device: device, at: self.wallClock.now)
        self.state.withLock { $0.shown.append(shown) }
    }

    public func askTimeLock(of device: DeviceID) async -> TimeLockKnowledge {
        self.state.withLock { state in
            state.timeLockQuestions.append(device)
            return state.timeLock
        }
    }

    public func run(_ handle: @escaping TransportEventHandler) async {
        self.runningEntry.yield(handle)
        let (never, entry) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        withExtendedLifetime(entry) {}
        self.handler.withLock { $0 = nil }
    }

    // MARK: The test's side

    /// Sets what is done when somebody asks for an id, which is in the middle of a claim.
    public func setOnMessageID(_ body: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.onMessageID = body }
    }

    /// What devices have shown so far.
    public var shown: [Shown] { self.state.withLock { $0.shown } }

    /// The devices that were asked about their time lock so far.
    public var timeLockQuestions: [DeviceID] { self.state.withLock { $0.timeLockQuestions } }

    /// What such a question is answered with from now on.
    public func setTimeLock(_ knowledge: TimeLockKnowledge) {
        self.state.withLock { $0.timeLock = knowledge }
    }

    /// All messages handed over so far.
    public var sends: [Send] { self.state.withLock { $0.sends } }

    /// The next message handed over that was not returned before. For one reader.
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

    /// Tells news as soon as the transport runs; returns when it was taken, or throws what its taker threw. For one
    /// caller at a time.
    public func tell(_ events: TransportEvent...) async throws {
        for event in events { self.note(event) }
        try await self.handlerInUse()(events)
    }

    /// Tells that a device has another status, with a detail unless it is connected.
    public func change(_ device: DeviceID, to status: DeviceStatus, _ detail: String? = nil) async throws {
        let connectedAt = status == .connected ? self.wallClock.now : nil
        let known = self.state.withLock { $0.devices.first { $0.id == device } }
        try await self.tell(
            .changed(
                TransportDevice(
                    id: device, number: known?.number, status: status, detail: detail, connectedAt: connectedAt)))
    }

    /// Changes what `devices` answers, as an act on the devices does whose news is still to come.
    public func setDevices(_ change: @Sendable (inout [TransportDevice]) -> Void) {
        self.state.withLock { change(&$0.devices) }
    }

    private func handlerInUse() async throws -> TransportEventHandler {
        if let handler = self.handler.withLock({ $0 }) { return handler }
        return try await waiting(for: "the transport to run") { [running] in
            var iterator = running.makeAsyncIterator()
            guard let handler = await iterator.next() else { throw CancellationError() }
            self.handler.withLock { $0 = handler }
            return handler
        }
    }

    private func note(_ event: TransportEvent) {
        self.state.withLock { state in
            switch event {
            case .delivered, .read, .text, .signal: return
            case .changed(let device):
                if let index = state.devices.firstIndex(where: { $0.id == device.id }) {
                    state.devices[index] = device
                } else {
                    state.devices.append(device)
                }
            case .removed(let id): state.devices.removeAll { $0.id == id }
            }
        }
    }

    private func result(of send: Send) async -> SendResult {
        switch await self.answer(to: send) {
        case .acknowledged: .success(Acknowledgement(at: self.wallClock.now))
        case .failed(let error): .failure(error)
        case .held: .failure(.outcomeUnknown(detail: "stopped while waiting for the answer"))
        }
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
