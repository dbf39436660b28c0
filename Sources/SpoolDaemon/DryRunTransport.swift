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

    private struct State {
        var lostDevices: Set<DeviceID> = []
        var listeners: [AsyncStream<TransportEvent>.Continuation] = []
    }

    private let deviceIDs: [DeviceID]
    private let answers: [Answer]
    private let latency: Duration
    private let clock: any Clock<Duration>
    private let wallClock: any WallClock
    private let chance: Chance
    private let startedAt: Date
    private let state = Mutex(State())
    /// How long a device stays away after an answer that loses its session.
    private static let absence = Duration.seconds(5)

    /// - Parameters:
    ///   - answers: The first that matches a recipient counts.
    ///   - latency: How long each answer takes.
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
    }

    public var isDryRun: Bool { true }

    /// No receipt ever comes.
    public var receiptGrace: Duration { .zero }

    public func devices() async -> [TransportDevice] {
        let lost = self.state.withLock { $0.lostDevices }
        return self.deviceIDs.map { id in
            TransportDevice(
                id: id, number: nil, isConnected: !lost.contains(id),
                connectedAt: lost.contains(id) ? nil : self.startedAt)
        }
    }

    /// `3EB0` and 18 upper-case hexadecimal digits, the form of web-type clients (protocol: message id).
    public func makeMessageID(for device: DeviceID) -> WireMessageID {
        let digits = self.chance.draw { generator in
            (0..<18).map { _ in String(Int(generator.next() >> 60), radix: 16, uppercase: true) }.joined()
        }
        return WireMessageID(rawValue: "3EB0" + digits)
    }

    public func send(
        _ message: OutgoingMessage, id: WireMessageID
    ) async throws(TransportError) -> Acknowledgement {
        if self.latency > .zero {
            do {
                try await self.clock.sleep(for: self.latency)
            } catch {
                throw .outcomeUnknown(detail: "dry run: stopped while waiting for the answer")
            }
        }
        let answer = self.answers.first { $0.matches(message.recipient) && message.attempt <= $0.times ?? .max }
        guard let answer else { return Acknowledgement(at: self.wallClock.now) }
        if case .sessionLost(let detail) = answer.error { self.lose(message.device, detail) }
        throw answer.error
    }

    public func events() -> AsyncStream<TransportEvent> {
        let (stream, continuation) = AsyncStream<TransportEvent>.makeStream()
        self.state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    private func lose(_ device: DeviceID, _ detail: String) {
        let isNew = self.state.withLock { $0.lostDevices.insert(device).inserted }
        guard isNew else { return }
        self.tell(.lost(device, detail: detail))
        Task {
            // A cancelled sleep brings the device back early, which harms nobody.
            try? await self.clock.sleep(for: Self.absence)
            self.state.withLock { _ = $0.lostDevices.remove(device) }
            self.tell(.drained(device))
        }
    }

    private func tell(_ event: TransportEvent) {
        for listener in self.state.withLock({ $0.listeners }) { listener.yield(event) }
    }
}
