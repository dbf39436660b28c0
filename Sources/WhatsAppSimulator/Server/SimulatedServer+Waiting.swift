/// The server was stopped before what was waited for happened.
public struct SimulatorStopped: Error, Sendable {
    public init() {}
}

extension SimulatedServer {
    /// Somebody who waits for the service to come into some state.
    struct Waiter {
        /// Whether the wait is over.
        let isSatisfied: (SimulatedService) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// Waits until the condition gives a value.
    func wait<Value: Sendable>(
        for value: @escaping @Sendable (SimulatedService) -> Value?
    ) async throws -> Value {
        self.catchUp()
        while true {
            if let value = value(self.service) { return value }
            try await self.waitOnce { value($0) != nil }
        }
    }

    private func waitOnce(_ condition: @escaping @Sendable (SimulatedService) -> Bool) async throws {
        if let failure = self.failure { throw failure }
        self.lastWaiter += 1
        let number = self.lastWaiter
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    self.waiters[number] = Waiter(isSatisfied: condition, continuation: continuation)
                }
            }
        } onCancel: {
            Task { await self.giveUp(number) }
        }
    }

    private func giveUp(_ number: Int) {
        self.waiters.removeValue(forKey: number)?.continuation.resume(throwing: CancellationError())
    }

    func resumeWaiters() {
        for (number, waiter) in self.waiters where waiter.isSatisfied(self.service) {
            self.waiters[number] = nil
            waiter.continuation.resume()
        }
    }

    /// Nobody needs to wait any longer.
    func failWaiters(_ error: any Error) {
        self.failure = error
        for waiter in self.waiters.values { waiter.continuation.resume(throwing: error) }
        self.waiters = [:]
    }

    /// Waits until the server listens, or has failed to.
    func waitForEndpoint() async throws {
        try await self.waitOnce { _ in false }
    }

    /// Those who wait look again.
    func resumeStarters() {
        let waiters = self.waiters.values
        self.waiters = [:]
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Waits until a phone has shown so many messages, its owner's own not counted, and gives all of its messages.
    public func waitForInbox(of number: String, count: Int) async throws -> [InboxMessage] {
        try await self.wait { service in
            guard let inbox = service.phones[SimulatedDeviceID(number: number)]?.inbox else { return nil }
            return inbox.receivedCount >= count ? inbox.messages : nil
        }
    }

    /// Waits until the counts of the run are as wanted.
    @discardableResult
    public func waitForCounts(
        _ condition: @escaping @Sendable (SimulationCounts) -> Bool
    ) async throws -> SimulationCounts {
        try await self.wait { condition($0.counts) ? $0.counts : nil }
    }

    /// Waits until a linked device is logged in and no longer passive.
    public func waitUntilActive(_ device: SimulatedDeviceID) async throws {
        try await self.wait { $0.companions[device]?.isActive == true ? () : nil }
    }

    /// Waits until a device has said that it has got a message of a phone, and gives that message.
    public func waitForDelivery(
        of id: String, from number: String, to device: SimulatedDeviceID
    ) async throws -> SentMessage {
        try await self.wait { service in
            let sent = service.phones[SimulatedDeviceID(number: number)]?.sent[id]
            return sent?.deliveredTo.contains(device) == true ? sent : nil
        }
    }

    /// Waits until a number is known to wait for a pairing code.
    public func waitForCodeWanted(of number: String) async throws {
        try await self.wait { $0.wantsCode(of: number) ? () : nil }
    }
}
