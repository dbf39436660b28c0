import Glibc
import SpoolControl
import SpoolCore
import SpoolTestSupport
import Synchronization
import Testing

/// Links whatever it is asked to, or waits until it is given up.
private final class FakeDevices: DeviceActions {
    private let isLinkable: Bool
    private let done = Mutex<[String]>([])

    init(isLinkable: Bool = true) {
        self.isLinkable = isLinkable
    }

    /// What was asked of it, in order.
    var acts: [String] { self.done.withLock { $0 } }

    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws -> TransportDevice {
        guard device.rawValue != "taken" else { throw DeviceAdministrationError.exists(device) }
        self.note("link \(device) \(phone ?? "-")")
        await onStep(.qrCode("2@secret", validFor: .seconds(60)))
        if phone != nil { await onStep(.pairingCode("ABCD-EFGH", validFor: .seconds(180))) }
        guard self.isLinkable else {
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                self.note("given up")
            }
            throw DeviceAdministrationError.linkingFailed("Nobody scanned it")
        }
        await onStep(.linked(number: "15550000001"))
        return TransportDevice(id: device, number: "15550000001", status: .disconnected)
    }

    func connection(of device: DeviceID) async -> TransportDevice? {
        TransportDevice(id: device, number: "15550000001", status: .connected)
    }

    func rename(_ device: DeviceID, to name: DeviceID) { self.note("rename \(device) \(name)") }

    func remove(_ device: DeviceID) -> DeviceRemoval {
        self.note("remove \(device)")
        return DeviceRemoval(isUnlinked: true, failed: 2)
    }

    private func note(_ act: String) { self.done.withLock { $0.append(act) } }
}

/// The device commands with the daemon's own control server.
struct DeviceDaemonTests {
    @Test func `a device is linked through the daemon`() async throws {
        let fixture = try CommandFixture()
        let devices = FakeDevices()
        try await RunningDaemon(fixture, devices: devices).serve {
            let json = try await fixture.run("device", "add", "dev2", "--json")
            #expect(json.status == 0)
            #expect(
                json.lines == [
                    #"{"state":"qr","qr":"2@secret","validSeconds":60}"#,
                    #"{"state":"linked","sessionId":"dev2","number":"15550000001"}"#,
                    #"{"state":"connected","sessionId":"dev2","number":"15550000001"}"#,
                ])
            let people = try await fixture.run("device", "add", "dev3", "--phone", "+1 555 000-0001")
            #expect(people.status == 0)
            #expect(people.lines.suffix(3).first == "ABCD-EFGH  (valid for 180 s)")
            #expect(people.lines.suffix(2) == ["linked dev3 (+15550000001)", "connected"])
        }
        #expect(devices.acts == ["link dev2 -", "link dev3 15550000001"])
    }

    @Test func `a refusal by the daemon is bad data`() async throws {
        let fixture = try CommandFixture()
        try await RunningDaemon(fixture, devices: FakeDevices()).serve {
            for (name, code) in [("taken", "DEVICE_EXISTS"), ("no/name", "INVALID_DEVICE")] {
                let result = try await fixture.run("device", "add", name)
                #expect(result.status == 65)
                #expect(result.output == "")
                #expect(result.errors.hasSuffix("(\(code))\n"), "\(result.errors)")
            }
        }
    }

    @Test func `a dry run has no devices to link`() async throws {
        let fixture = try CommandFixture()
        try await RunningDaemon(fixture).serve {
            let result = try await fixture.run("device", "add", "dev2")
            #expect(result.status == 65)
            #expect(result.errors.hasSuffix("(NO_LINKED_DEVICES)\n"), "\(result.errors)")
        }
    }

    @Test func `Ctrl-C gives the linking up in the daemon too`() async throws {
        let fixture = try CommandFixture()
        let devices = FakeDevices(isLinkable: false)
        try await RunningDaemon(fixture, devices: devices).serve {
            let command = try fixture.start(["device", "add", "dev2", "--json"])
            try await eventually("a line") { try command.output.contains("2@secret") }
            command.signal(SIGINT)
            #expect(try await command.result().status == 130)
            try await eventually("the daemon to give up") { devices.acts == ["link dev2 -", "given up"] }
        }
    }

    @Test func `devices are listed, renamed and removed through the daemon`() async throws {
        let fixture = try CommandFixture()
        let devices = FakeDevices()
        try await RunningDaemon(fixture, devices: devices).serve {
            let list = try await fixture.run("device", "list")
            #expect(list.lines.count == 2)
            #expect(list.lines.last?.hasPrefix("dev1  +15550009999  connected   0 of 100  0 of 1000") == true)
            #expect(try await fixture.run("device", "rename", "dev1", "main").output == "renamed dev1 to main\n")
            let removal = try await fixture.run("device", "remove", "dev1", "--yes")
            #expect(
                removal == CommandResult(status: 0, output: "removed dev1\nfailed with DEVICE_LOST: 2\n", errors: ""))
        }
        #expect(devices.acts == ["rename dev1 main", "remove dev1"])
    }
}
