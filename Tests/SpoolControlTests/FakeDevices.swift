import SpoolControl
import SpoolCore
import Synchronization

/// Devices that do what a test says, and note what they were asked for.
final class FakeDevices: DeviceActions {
    private let steps: [LinkingStep]
    private let failure: DeviceAdministrationError?
    private let comesOnline: Bool
    private let waitsBetweenSteps: Bool
    private let noted = Mutex<[String]>([])
    private let goes: AsyncStream<Void>
    private let goesEntry: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - steps: What linking shows before it ends, or fails as `failure` says.
    ///   - waitsBetweenSteps: Whether it waits for `goOn` after each step, and before its end.
    init(
        steps: [LinkingStep] = [], failure: DeviceAdministrationError? = nil, comesOnline: Bool = true,
        waitsBetweenSteps: Bool = false
    ) {
        self.steps = steps
        self.failure = failure
        self.comesOnline = comesOnline
        self.waitsBetweenSteps = waitsBetweenSteps
        (self.goes, self.goesEntry) = AsyncStream.makeStream()
    }

    var acts: [String] { self.noted.withLock { $0 } }

    func note(_ act: String) { self.noted.withLock { $0.append(act) } }

    func goOn() { self.goesEntry.yield() }

    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws -> TransportDevice {
        self.note("link \(device) \(phone ?? "-")")
        for step in self.steps {
            await onStep(step)
            try await self.pause()
        }
        if self.steps.isEmpty { try await self.pause() }
        if let failure = self.failure { throw failure }
        return TransportDevice(id: device, number: "15550199", status: .disconnected)
    }

    func connection(of device: DeviceID) async -> TransportDevice? {
        self.note("wait \(device)")
        return self.comesOnline ? TransportDevice(id: device, number: nil, status: .connected) : nil
    }

    func rename(_ device: DeviceID, to name: DeviceID) async throws {
        self.note("rename \(device) \(name)")
        if let failure = self.failure { throw failure }
    }

    func remove(_ device: DeviceID) async throws -> DeviceRemoval {
        self.note("remove \(device)")
        if let failure = self.failure { throw failure }
        return DeviceRemoval(isUnlinked: true, failed: 3)
    }

    private func pause() async throws {
        guard self.waitsBetweenSteps else { return }
        for await _ in self.goes { break }
        guard Task.isCancelled else { return }
        self.note("cancelled")
        throw DeviceAdministrationError.linkingFailed("cancelled")
    }
}
