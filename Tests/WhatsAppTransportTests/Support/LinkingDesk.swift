import SpoolCore
import SpoolTestSupport

@testable import WhatsAppTransport

/// A linking under way, and the person who looks at it.
final class LinkingDesk: Sendable {
    private let steps: AsyncStream<LinkingStep>
    private let task: Task<Result<TransportDevice, DeviceAdministrationError>, Never>

    init(_ transport: WhatsAppTransport, _ device: DeviceID, phone: String? = nil) {
        let (steps, entry) = AsyncStream.makeStream(of: LinkingStep.self)
        self.steps = steps
        self.task = Task {
            defer { entry.finish() }
            do throws(DeviceAdministrationError) {
                return .success(try await transport.link(device, phone: phone) { entry.yield($0) })
            } catch {
                return .failure(error)
            }
        }
    }

    /// The next step; `nil` when there is none.
    func next() async throws -> LinkingStep? {
        try await waiting(for: "a step of the linking", upTo: .seconds(60)) { [steps] in
            var iterator = steps.makeAsyncIterator()
            return await iterator.next()
        }
    }

    func qrCode() async throws -> String {
        while let step = try await self.next() {
            if case .qrCode(let text, _) = step { return text }
        }
        throw StoreFailed()
    }

    func pairingCode() async throws -> String {
        while let step = try await self.next() {
            if case .pairingCode(let text, .seconds(180)) = step { return text }
        }
        throw StoreFailed()
    }

    func cancel() { self.task.cancel() }

    func result() async throws(DeviceAdministrationError) -> TransportDevice { try await self.task.value.get() }

    /// Why it failed; `nil` when it did not.
    func failure() async -> DeviceAdministrationError? {
        do throws(DeviceAdministrationError) {
            _ = try await self.result()
            return nil
        } catch {
            return error
        }
    }
}
