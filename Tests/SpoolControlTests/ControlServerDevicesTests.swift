import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import SpoolControl
import SpoolCore
import SpoolTestSupport
import Synchronization
import Testing

struct ControlServerDevicesTests {
    private static let steps: [LinkingStep] = [
        .qrCode("2@ref,key", validFor: .seconds(60)), .qrCodesExhausted,
        .pairingCode("ABCD-EFGH", validFor: .seconds(180)), .pairingCodeExpired, .linked(number: "15550199"),
    ]
    private static let lines = """
        {"state":"qr","qr":"2@ref,key","validSeconds":60}
        {"state":"qrExhausted"}
        {"state":"code","code":"ABCD-EFGH","validSeconds":180}
        {"state":"codeExpired"}
        {"state":"linked","sessionId":"dev1","number":"15550199"}

        """

    // MARK: Linking

    @Test func `what is to be shown comes line by line, at the end that the device is online`() async throws {
        let devices = FakeDevices(steps: Self.steps)
        try await ControlFixture(devices: devices).serve { client in
            let answer = try await client.post("/control/devices", #"{"name": "dev1", "phone": "15550199"}"#)
            #expect(answer.status == 200)
            #expect(
                answer.text
                    == Self.lines + #"{"state":"connected","sessionId":"dev1","number":"15550199"}"# + "\n")
        }
        #expect(devices.acts == ["link dev1 15550199", "wait dev1"])
    }

    @Test func `a device that does not come online leaves “linked” as the last line`() async throws {
        let devices = FakeDevices(steps: Self.steps, comesOnline: false)
        try await ControlFixture(devices: devices).serve { client in
            let answer = try await client.post("/control/devices", #"{"name": "dev1"}"#)
            #expect(answer.text == Self.lines)
        }
        #expect(devices.acts == ["link dev1 -", "wait dev1"])
    }

    @Test func `every line is sent when it is known`() async throws {
        let devices = FakeDevices(steps: Self.steps, waitsBetweenSteps: true)
        try await ControlFixture(devices: devices).serve { client in
            let stream = try await client.stream("/control/devices", #"{"name": "dev1"}"#)
            #expect(stream.headers.first(name: "Content-Type") == "application/x-ndjson")
            var text = ""
            for try await buffer in stream.body {
                text += String(buffer: buffer)
                if text.hasSuffix("\n") { devices.goOn() }
            }
            #expect(text.hasPrefix(Self.lines))
        }
    }

    private static let refusals: [(DeviceAdministrationError, Int, String)] = [
        (.exists(DeviceID(rawValue: "dev1")), 409, "DEVICE_EXISTS"),
        (.busy(DeviceID(rawValue: "dev1")), 409, "DEVICE_BUSY"),
        (.invalidPhone("The number is too short"), 400, "INVALID_PHONE"),
    ]

    @Test(arguments: Self.refusals)
    func `what is refused before it began is an error like any other`(
        error: DeviceAdministrationError, status: Int, code: String
    ) async throws {
        try await ControlFixture(devices: FakeDevices(failure: error)).serve { client in
            let answer = try await client.post("/control/devices", #"{"name": "dev1"}"#)
            #expect(answer.status == status)
            #expect(answer.text.contains(#""code":"\#(code)""#) && answer.text.contains(error.description))
        }
    }

    @Test(arguments: [
        (DeviceAdministrationError.linkingFailed("The phone said no"), "LINKING_FAILED"), (.failed("Disk"), "INTERNAL"),
    ])
    func `a linking that fails on the way says so in its last line`(
        error: DeviceAdministrationError, code: String
    ) async throws {
        for steps in [Array(Self.steps.prefix(1)), []] {
            try await ControlFixture(devices: FakeDevices(steps: steps, failure: error)).serve { client in
                let answer = try await client.post("/control/devices", #"{"name": "dev1"}"#)
                #expect(answer.status == 200)
                let last = #"{"state":"failed","code":"\#(code)","error":"\#(error)"}"# + "\n"
                #expect(answer.text.hasSuffix(last) && answer.text.split(separator: "\n").count == steps.count + 1)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a client that hangs up ends the linking`(afterFirstLine: Bool) async throws {
        let devices = FakeDevices(steps: afterFirstLine ? Self.steps : [], waitsBetweenSteps: true)
        let fixture = try ControlFixture(devices: devices)
        try await fixture.serve { client in
            let request = Task {
                let stream = try await client.stream("/control/devices", #"{"name": "dev1"}"#)
                for try await _ in stream.body { devices.note("shown") }
            }
            try await eventually("the linking to be under way") {
                devices.acts.contains(afterFirstLine ? "shown" : "link dev1 -")
            }
            request.cancel()
            try await eventually("the linking to be given up") { devices.acts.contains("cancelled") }
            _ = await request.result
        }
        #expect(fixture.lines.all.contains { $0.hasPrefix("linking given up") })
    }

    @Test func `a shutdown ends the linking and says so`() async throws {
        let devices = FakeDevices(steps: Self.steps, waitsBetweenSteps: true)
        let text = Mutex("")
        try await ControlFixture(devices: devices).serve { client, group in
            let stream = try await client.stream("/control/devices", #"{"name": "dev1"}"#)
            for try await buffer in stream.body {
                text.withLock { $0 += String(buffer: buffer) }
                await group.triggerGracefulShutdown()
            }
        }
        #expect(text.withLock { $0 }.hasSuffix(#""code":"LINKING_FAILED","error":"The linking was given up"}"# + "\n"))
    }

    private static let tooLong = String(repeating: "x", count: 65)

    @Test(arguments: ["", "a b", "dev/1", "ALL", ".", "..", "-x", "dev\u{E9}", Self.tooLong])
    func `a name that no device may have is refused`(name: String) async throws {
        let devices = FakeDevices()
        try await ControlFixture(devices: devices).serve { client in
            for (path, body) in [
                ("/control/devices", #"{"name": "\#(name)"}"#),
                ("/control/devices/rename", #"{"name": "dev1", "to": "\#(name)"}"#),
            ] {
                let answer = try await client.post(path, body)
                #expect(answer.status == 400)
                #expect(answer.text.contains(#""code":"INVALID_DEVICE""#))
            }
        }
        #expect(devices.acts.isEmpty)
    }

    @Test(arguments: ["dev1", "a", "A-b_c.9", String(repeating: "x", count: 64)])
    func `a name of letters, digits and three signs is taken`(name: String) async throws {
        let devices = FakeDevices()
        try await ControlFixture(devices: devices).serve { client in
            let answer = try await client.post("/control/devices", #"{"name": "\#(name)"}"#)
            #expect(answer.status == 200)
        }
        #expect(devices.acts.first == "link \(name) -")
    }

    @Test(arguments: ["", "+15550199", "123456", "1234567890123456", "1555 0199", "१२३४५६७"])
    func `a phone number that is not digits is refused`(phone: String) async throws {
        let devices = FakeDevices()
        try await ControlFixture(devices: devices).serve { client in
            let answer = try await client.post("/control/devices", #"{"name": "dev1", "phone": "\#(phone)"}"#)
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""code":"INVALID_PHONE""#))
        }
        #expect(devices.acts.isEmpty)
    }

    @Test(arguments: ["/control/devices", "/control/devices/rename", "/control/devices/remove"])
    func `in a dry run there is nothing to act on`(path: String) async throws {
        try await ControlFixture(isDryRun: true).serve { client in
            let answer = try await client.post(path, #"{"name": "dev1", "to": "dev2"}"#)
            #expect(answer.status == 409)
            #expect(answer.text.contains(#""code":"NO_LINKED_DEVICES""#))
            #expect(try await client.get(path).status == 405)
        }
    }

    // MARK: Renaming and removing

    @Test func `a device is renamed and removed`() async throws {
        let devices = FakeDevices()
        let fixture = try ControlFixture(devices: devices)
        try await fixture.serve { client in
            let renamed = try await client.post("/control/devices/rename", #"{"name": "dev1", "to": "shop"}"#)
            #expect(renamed.text == #"{"success":true}"#)
            let removed = try await client.post("/control/devices/remove", #"{"name": "shop"}"#)
            #expect(removed.text == #"{"success":true,"unlinked":true,"failed":3}"#)
        }
        #expect(devices.acts == ["rename dev1 shop", "remove shop"])
        #expect(fixture.lines.all.contains { $0.hasPrefix("device renamed") && $0.contains("peer.uid=") })
        #expect(fixture.lines.all.contains { $0.hasPrefix("device removed") && $0.contains("peer.uid=") })
    }

    // MARK: Pausing

    @Test(arguments: ["pause", "resume"])
    func `a device is paused and resumed, in a dry run too`(act: String) async throws {
        let fixture = try ControlFixture()
        try await fixture.serve { client in
            let path = "/control/devices/\(act)"
            let done = try await client.post(path, #"{"name": "dev1", "reason": "too many complaints"}"#)
            #expect(done.text == #"{"success":true}"#)
            let unknown = try await client.post(path, #"{"name": "dev9"}"#)
            #expect(unknown.status == 404)
            #expect(unknown.text.contains(#""code":"UNKNOWN_DEVICE""#))
            let long = String(repeating: "x", count: 201)
            #expect(try await client.post(path, #"{"name": "dev1", "reason": "\#(long)"}"#).status == 400)
        }
        #expect(fixture.lines.all.contains { $0.hasPrefix("device \(act)d") && $0.contains("too many complaints") })
    }

    @Test func `refusals of both have their codes`() async throws {
        for (error, status, code) in Self.refusals + [(.unknown(DeviceID(rawValue: "x")), 404, "UNKNOWN_DEVICE")] {
            try await ControlFixture(devices: FakeDevices(failure: error)).serve { client in
                for path in ["/control/devices/rename", "/control/devices/remove"] {
                    let answer = try await client.post(path, #"{"name": "dev1", "to": "dev2"}"#)
                    #expect(answer.status == status)
                    #expect(answer.text.contains(#""code":"\#(code)""#))
                }
            }
        }
    }
}
