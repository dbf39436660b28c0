import Foundation
import Hummingbird
import ServiceLifecycle

extension SimulatedServer {
    /// The HTTP interface while it runs.
    struct RunningControl: Sendable {
        let port: Int
        let stop: @Sendable () -> Void
    }

    /// Starts the HTTP interface as a child of the group, if one is wanted, and waits until it can be reached.
    func startControl(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws -> RunningControl? {
        guard let port = self.configuration.controlPort else { return nil }
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = ControlPort(server: self).application(port: port, logger: self.logger) { port in
            continuation.yield(port)
        }
        let services = ServiceGroup(configuration: .init(services: [application], logger: self.logger))
        group.addTask {
            defer { continuation.finish() }
            try await services.run()
        }
        for await port in ports {
            return RunningControl(port: port) { Task { await services.triggerGracefulShutdown() } }
        }
        // It ended before it ran; the group throws its error.
        throw CancellationError()
    }
}
