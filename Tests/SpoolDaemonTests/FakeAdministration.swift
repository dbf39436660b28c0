import SpoolCore
import SpoolTestSupport
import Synchronization

/// Acts on the devices of a scripted transport, and notes each act.
final class FakeAdministration: DeviceAdministration {
    private struct State {
        var acts: [String] = []
        var failure: DeviceAdministrationError?
        var onAct: @Sendable () async -> Void = {}
    }

    private let transport: FakeTransport
    private let state = Mutex(State())

    init(_ transport: FakeTransport) {
        self.transport = transport
    }

    /// What was asked for so far.
    var acts: [String] { self.state.withLock { $0.acts } }

    /// What every act comes to from now on.
    var failure: DeviceAdministrationError? {
        get { self.state.withLock { $0.failure } }
        set { self.state.withLock { $0.failure = newValue } }
    }

    /// Done in the middle of every act.
    var onAct: @Sendable () async -> Void {
        get { self.state.withLock { $0.onAct } }
        set { self.state.withLock { $0.onAct = newValue } }
    }

    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws(DeviceAdministrationError) -> TransportDevice {
        await onStep(.qrCode("QR", validFor: .seconds(60)))
        try await self.act("link \(device) \(phone ?? "-")")
        let linked = TransportDevice(id: device, number: phone ?? "15550100", status: .disconnected)
        self.transport.setDevices { $0.append(linked) }
        await onStep(.linked(number: phone ?? "15550100"))
        return linked
    }

    func rename(_ device: DeviceID, to name: DeviceID) async throws(DeviceAdministrationError) {
        try await self.act("rename \(device) \(name)")
        self.transport.setDevices { devices in
            for index in devices.indices where devices[index].id == device { devices[index].id = name }
        }
    }

    func remove(_ device: DeviceID) async throws(DeviceAdministrationError) -> Bool {
        try await self.act("remove \(device)")
        self.transport.setDevices { $0.removeAll { $0.id == device } }
        return true
    }

    private func act(_ act: String) async throws(DeviceAdministrationError) {
        let (onAct, failure) = self.state.withLock { state in
            state.acts.append(act)
            return (state.onAct, state.failure)
        }
        await onAct()
        if let failure { throw failure }
    }
}
