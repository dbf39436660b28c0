import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppSimulator

struct SimulatedServiceLoginTests {
    @Test func `a login that says it is not passive gets what waits for it at once`() throws {
        var bench = ServiceBench()
        var device = try TestDevice(seed: 1)
        _ = try bench.link(&device, to: ServiceBench.ann)
        let id = bench.connect(device, try device.login { $0.passive = false })
        _ = try bench.next("success", on: id)
        let infos = (bench.sent[id] ?? []).filter { $0.tag == "ib" }
        #expect(infos.contains { $0.child("offline") != nil })
        #expect(bench.complaints == ["a login is expected to have passive true"])
    }

    private typealias Bench = ServiceBench

    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let reason: Int
        let apply: @Sendable (inout WAClientPayload) throws -> Void

        init(_ description: String, _ reason: Int, _ apply: @escaping @Sendable (inout WAClientPayload) throws -> Void)
        {
            self.testDescription = description
            self.reason = reason
            self.apply = apply
        }
    }

    static let registrations: [Damage] = [
        Damage("passive", 400) { $0.passive = true },
        Damage("passive unsaid", 400) { $0.clearPassive() },
        Damage("a short registration id", 400) { $0.devicePairingData.eRegid = Data([1, 2, 3]) },
        Damage("another key type", 400) { $0.devicePairingData.eKeytype = Data([4]) },
        Damage("a long key id", 400) { $0.devicePairingData.eSkeyID = Data([0, 0, 0, 1]) },
        Damage("a short identity", 400) { $0.devicePairingData.eIdent.removeLast() },
        Damage("a short signature", 400) { $0.devicePairingData.eSkeySig.removeLast() },
        Damage("a wrong signature", 400) { $0.devicePairingData.eSkeySig[3] ^= 1 },
        Damage("another build hash", 400) { $0.devicePairingData.buildHash[0] ^= 1 },
        Damage("no system's name", 400) { $0.devicePairingData.deviceProps = Data() },
        Damage("an old version", 405) { $0.userAgent.appVersion.tertiary = 1 },
        Damage("neither registration nor login", 400) { $0.clearDevicePairingData() },
    ]

    @Test(arguments: registrations)
    func `a wrong registration is refused`(damage: Damage) throws {
        var bench = Bench()
        bench.service.settings.minimumVersion = "2.3000.2"
        let device = try TestDevice(seed: 1)
        let id = bench.connect(device, try device.registration(damage.apply))
        #expect(try bench.next("failure", on: id).integer("reason") == damage.reason)
        #expect(bench.closed.contains(id))
        #expect(bench.service.complaints.entries.map(\.answer) == ["failure \(damage.reason)"])
    }

    @Test func `a payload that is no protobuf is refused`() throws {
        var bench = Bench()
        let id = bench.connect(try TestDevice(seed: 1), [0xFF, 0xFF])
        #expect(try bench.next("failure", on: id).integer("reason") == 400)
    }

    @Test func `an unknown device and a foreign static key are refused with 401`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        _ = try bench.link(&device, to: Bench.ann)
        let unknown = bench.connect(device, try device.login { $0.device = 9 })
        #expect(try bench.next("failure", on: unknown).integer("reason") == 401)
        var other = try TestDevice(seed: 2)
        other.pn = device.pn
        let foreign = bench.connect(other, try other.login())
        #expect(try bench.next("failure", on: foreign).integer("reason") == 401)
        #expect(bench.complaints.count == 2)
    }

    @Test func `a success names the device's hidden identifier and the time`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        _ = try bench.link(&device, to: Bench.ann)
        let id = try bench.logIn(&device, activates: false)
        let success = try bench.next("success", on: id)
        #expect(success.jid("lid") == device.lid)
        #expect(success.integer("t") == 1_700_000_000)
    }

    @Test func `a login with other flags is let pass with a complaint`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        _ = try bench.link(&device, to: Bench.ann)
        let id = bench.connect(
            device,
            try device.login {
                $0.passive = false; $0.userAgent.phoneID = "x"
            })
        _ = try bench.next("success", on: id)
        #expect(bench.complaints == ["a login is expected to have no phoneID, passive true"])
    }

    @Test func `what comes while a device is passive waits until it is active`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        _ = try bench.link(&device, to: Bench.ann)
        let id = try bench.logIn(&device, activates: false)
        bench.put(.person(.send(from: Bench.bob, to: Bench.ann, text: "hi", id: "B1")))
        #expect(bench.sent[id]?.contains { $0.tag == "message" } == false)
        _ = try bench.query(device.activation(), on: id)
        let preview = try bench.next("ib", on: id)
        #expect(preview.tag == "ib")
        #expect(try bench.next("message", on: id).string("offline") != nil)
        let tags = bench.sent[id]?.last?.children.map(\.tag)
        #expect(tags == ["offline"])
    }

    @Test func `a device that logs in twice is replaced`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let first = try bench.link(&device, to: Bench.ann)
        _ = try bench.logIn(&device)
        #expect(try bench.next("stream:error", on: first).child("conflict")?.string("type") == "replaced")
        #expect(bench.closed.contains(first))
    }

    @Test func `a companion that unlinks itself is gone`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        let removal = Node(
            "remove-companion-device", ["jid": .jid(try require(device.pn)), "reason": "user_initiated"])
        #expect(try bench.query(device.iq("md", "set", [removal]), on: id).string("type") == "result")
        let again = bench.connect(device, try device.login())
        #expect(try bench.next("failure", on: again).integer("reason") == 401)
    }

    @Test func `a companion that the phone unlinks is told`() throws {
        var bench = Bench()
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        bench.put(.person(.unlink(SimulatedDeviceID(number: Bench.ann, device: 1))))
        let error = try bench.next("stream:error", on: id)
        #expect(error.string("code") == "401")
        #expect(error.child("conflict")?.string("type") == "device_removed")
    }

    @Test func `the same seed gives the same people`() throws {
        var first = Bench(seed: 5)
        var second = Bench(seed: 5)
        var other = Bench(seed: 6)
        #expect(try first.lid(of: Bench.bob) == second.lid(of: Bench.bob))
        #expect(try first.lid(of: Bench.bob) != other.lid(of: Bench.bob))
    }
}
