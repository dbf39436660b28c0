public import SpoolCore
import Synchronization

/// What every transport promises, checked on one from outside. Each check throws `BrokenPromise` when it is not kept.
public struct MessageTransportConformance: Sendable {
    /// What a transport under test has to have.
    public struct Scenery: Sendable {
        /// A connected device.
        public var device: DeviceID
        /// Recipients who take messages, two at least.
        public var takers: [Recipient]
        /// A recipient whose messages fail for good.
        public var refuser: Recipient
        /// Makes the transport tell `expected`, after it has been running.
        public var provoke: @Sendable () async throws -> Void
        public var expected: @Sendable (TransportEvent) -> Bool
        /// Lets what waits for time go on; called again and again while a check waits.
        public var letTimePass: @Sendable () async throws -> Void

        public init(
            device: DeviceID, takers: [Recipient], refuser: Recipient,
            provoke: @escaping @Sendable () async throws -> Void,
            expected: @escaping @Sendable (TransportEvent) -> Bool,
            letTimePass: @escaping @Sendable () async throws -> Void
        ) {
            self.device = device
            self.takers = takers
            self.refuser = refuser
            self.provoke = provoke
            self.expected = expected
            self.letTimePass = letTimePass
        }
    }

    /// A promise that was not kept.
    public struct BrokenPromise: Error, CustomStringConvertible {
        public let description: String
    }

    private let transport: any MessageTransport
    private let scenery: Scenery

    public init(_ transport: any MessageTransport, _ scenery: Scenery) {
        self.transport = transport
        self.scenery = scenery
    }

    /// All checks but that of `run`, which can be had only once: see `checkRun`.
    public func checkSends() async throws {
        try self.checkIDs()
        try await self.checkDevices()
        try await self.checkEmptyCall()
        try await self.checkOrderOfResults()
    }

    /// Ids have the form of the network's own and never come twice, whoever asks.
    public func checkIDs() throws {
        let ids = (0..<1000).map { _ in self.transport.makeMessageID(for: self.scenery.device).rawValue }
        try self.keep(Set(ids).count == ids.count, "an id came twice")
        let digits = Set("0123456789ABCDEF")
        let isWellFormed = ids.allSatisfy { $0.hasPrefix("3EB0") && $0.count == 22 && $0.allSatisfy(digits.contains) }
        try self.keep(isWellFormed, "an id is not 3EB0 and 18 hexadecimal digits in upper case")
    }

    /// The device that the scenery names is there once, and connected.
    public func checkDevices() async throws {
        let devices = await self.transport.devices()
        try self.keep(Set(devices.map(\.id)).count == devices.count, "a device is listed twice")
        let device = devices.first { $0.id == self.scenery.device }
        try self.keep(device?.isConnected == true, "\(self.scenery.device) is not connected")
        try self.keep(device?.detail == nil, "a connected device says why it is not")
    }

    /// A call without messages has no results and waits for nothing.
    public func checkEmptyCall() async throws {
        let results = await self.transport.send([])
        try self.keep(results.isEmpty, "a call without messages has \(results.count) results")
    }

    /// Every message of a call gets its own result, in the order of the messages, whatever became of its neighbours.
    public func checkOrderOfResults() async throws {
        let takers = self.scenery.takers
        let refuser = self.scenery.refuser
        for recipients in [[takers[0]], [refuser, takers[0]], [takers[0], refuser, takers[1], takers[0], refuser]] {
            let results = try await self.send(to: recipients)
            try self.keep(
                results.count == recipients.count, "\(recipients.count) messages have \(results.count) results")
            for (recipient, result) in zip(recipients, results) {
                switch result {
                case .success: try self.keep(recipient != refuser, "a message that must fail was acknowledged")
                case .failure(.permanent):
                    try self.keep(recipient == refuser, "a message that must be acknowledged failed for good")
                case .failure(let error): throw BrokenPromise(description: "a message came to \(error)")
                }
            }
        }
    }

    /// While it runs, a transport tells what happens; when its task is cancelled, it ends and tells nothing more.
    public func checkRun() async throws {
        let heard = Heard()
        let transport = self.transport
        let run = Task { await transport.run { events in heard.add(events) } }
        defer { run.cancel() }
        try await self.scenery.provoke()
        try await self.passing("the news of what was provoked") { heard.events.contains(where: self.scenery.expected) }
        run.cancel()
        let hasEnded = Flag()
        let end = Task {
            await run.value
            hasEnded.raise()
        }
        try await self.passing("the end of a cancelled run") { hasEnded.isRaised }
        await end.value
        let count = heard.events.count
        try await self.scenery.letTimePass()
        try self.keep(heard.events.count == count, "a transport that has ended tells news")
    }

    private func send(to recipients: [Recipient]) async throws -> [SendResult] {
        let messages = recipients.enumerated().map { index, recipient in
            OutgoingMessage(
                queueID: QueueID(rawValue: Int64(index + 1)),
                wireID: self.transport.makeMessageID(for: self.scenery.device), device: self.scenery.device,
                recipient: recipient, text: "Text \(index)", attempt: 1)
        }
        let transport = self.transport
        let hasEnded = Flag()
        let call = Task {
            defer { hasEnded.raise() }
            return await transport.send(messages)
        }
        try await self.passing("the results of a call") { hasEnded.isRaised }
        return await call.value
    }

    /// Lets time pass until the condition holds.
    private func passing(_ what: String, until condition: @escaping @Sendable () -> Bool) async throws {
        let letTimePass = self.scenery.letTimePass
        try await eventually(what) {
            if condition() { return true }
            try await letTimePass()
            return condition()
        }
    }

    private func keep(_ isKept: Bool, _ complaint: @autoclosure () -> String) throws {
        guard isKept else { throw BrokenPromise(description: complaint()) }
    }
}

private final class Heard: Sendable {
    private let all = Mutex<[TransportEvent]>([])

    var events: [TransportEvent] { self.all.withLock { $0 } }

    func add(_ events: [TransportEvent]) { self.all.withLock { $0 += events } }
}

private final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { self.state.withLock { $0 } }

    func raise() { self.state.withLock { $0 = true } }
}
