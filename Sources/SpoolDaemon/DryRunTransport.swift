import Foundation
public import SpoolCore
import Synchronization

/// A transport that sends nothing: every message is acknowledged, but for the numbers told to answer with an error.
///
/// Like a mail server's discard transport: pacing, states and results are those of real sending, and everything says
/// "dry run".
public final class DryRunTransport: MessageTransport {
    /// What some recipients answer.
    public struct Answer: Sendable {
        var matches: @Sendable (Recipient) -> Bool
        var error: TransportError
        /// Only this many first attempts of a message; `nil` for all.
        var times: Int?

        public init(error: TransportError, times: Int?, matches: @escaping @Sendable (Recipient) -> Bool) {
            self.matches = matches
            self.error = error
            self.times = times
        }
    }

    private let deviceIDs: [DeviceID]
    private let answers: [Answer]
    private let latency: Duration
    private let clock: any Clock<Duration>
    private let wallClock: any WallClock
    private let chance: Chance
    private let startedAt: Date
    /// Devices without a session, and why.
    private let away = Mutex<[DeviceID: String]>([:])
    private let news: AsyncStream<TransportEvent>
    private let newsEntry: AsyncStream<TransportEvent>.Continuation
    /// How long a device stays away after an answer that loses its session.
    private static let absence = Duration.seconds(5)

    /// - Parameters:
    ///   - answers: The first that matches a recipient counts.
    ///   - latency: How long the answers to messages take that are sent together.
    public init(
        devices: [DeviceID], answers: [Answer], latency: Duration, clock: any Clock<Duration>, wallClock: any WallClock,
        chance: Chance
    ) {
        self.deviceIDs = devices
        self.answers = answers
        self.latency = latency
        self.clock = clock
        self.wallClock = wallClock
        self.chance = chance
        self.startedAt = wallClock.now
        (self.news, self.newsEntry) = AsyncStream.makeStream()
    }

    public var isDryRun: Bool { true }

    /// No receipt ever comes.
    public var receiptGrace: Duration { .zero }

    public func devices() async -> [TransportDevice] { self.deviceIDs.map(self.device) }

    /// `3EB0` and 18 upper-case hexadecimal digits, the form of web-type clients (protocol: message id).
    public func makeMessageID(for device: DeviceID) -> WireMessageID {
        let digits = self.chance.draw { generator in
            (0..<18).map { _ in String(Int(generator.next() >> 60), radix: 16, uppercase: true) }.joined()
        }
        return WireMessageID(rawValue: "3EB0" + digits)
    }

    public func send(_ messages: [OutgoingMessage]) async -> [SendResult] {
        if self.latency > .zero, !messages.isEmpty {
            do {
                try await self.clock.sleep(for: self.latency)
            } catch {
                let error = TransportError.outcomeUnknown(detail: "dry run: stopped while waiting for the answer")
                return messages.map { _ in .failure(error) }
            }
        }
        return messages.map(self.answer)
    }

    /// Nobody is there to see it.
    public func show(_ activity: ChatActivity, by device: DeviceID) async {}

    public func askTimeLock(of device: DeviceID) async -> TimeLockKnowledge { .inactive }

    public func run(_ handle: @escaping TransportEventHandler) async {
        for await event in self.news { await self.tell(event, handle) }
    }

    private func device(_ id: DeviceID) -> TransportDevice {
        guard let detail = self.away.withLock({ $0[id] }) else {
            return TransportDevice(id: id, number: nil, status: .connected, connectedAt: self.startedAt)
        }
        return TransportDevice(id: id, number: nil, status: .disconnected, detail: detail)
    }

    private func answer(to message: OutgoingMessage) -> SendResult {
        if let detail = self.away.withLock({ $0[message.device] }) { return .failure(.sessionLost(detail: detail)) }
        let answer = self.answers.first { $0.matches(message.recipient) && message.attempt <= $0.times ?? .max }
        guard let answer else { return .success(Acknowledgement(at: self.wallClock.now)) }
        if case .sessionLost(let detail) = answer.error { self.lose(message.device, detail) }
        return .failure(answer.error)
    }

    private func lose(_ id: DeviceID, _ detail: String) {
        self.away.withLock { $0[id] = detail }
        self.newsEntry.yield(.changed(self.device(id)))
        Task {
            // A cancelled sleep brings the device back early, which harms nobody.
            try? await self.clock.sleep(for: Self.absence)
            self.away.withLock { $0[id] = nil }
            self.newsEntry.yield(.changed(self.device(id)))
        }
    }

    /// There is no network to bring it again, so it is told until it has been taken.
    private func tell(_ event: TransportEvent, _ handle: TransportEventHandler) async {
        while !Task.isCancelled {
            do {
                return try await handle([event])
            } catch {
                // The handler says what is wrong; a cancelled sleep ends the loop.
                try? await self.clock.sleep(for: .seconds(1))
            }
        }
    }
}
