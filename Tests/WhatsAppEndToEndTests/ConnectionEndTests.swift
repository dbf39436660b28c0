import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

/// Everything by which the server ends a connection or refuses one, and what the device does about it.
struct ConnectionEndTests {
    static let ann = LoopbackBench.ann

    @Test func `refusals that mean a lost link set the keys aside`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            for reason in [401, 403, 406] {
                let expected = LogoutReason.failure(ConnectFailure(reason: reason))
                let store = MemoryCredentials(credentials)
                let end = try await Self.refuse(reason: reason, store, bench) { device in
                    try await device.expect(.ended(.loggedOut(expected)))
                }
                #expect(end == .loggedOut(expected))
                #expect(await store.logout == expected)
            }
        }
    }

    @Test func `other refusals end the session and leave the keys alone`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            let ends: [Int: SessionEnd] = [405: .versionTooOld, 402: .temporarilyBanned(code: nil)]
            for reason in [400, 402, 405, 409, 413, 414, 415, 418, 501, 999] {
                let expected = ends[reason] ?? .refused(ConnectFailure(reason: reason))
                let store = MemoryCredentials(credentials)
                let end = try await Self.refuse(reason: reason, store, bench) { device in
                    try await device.expect(.ended(expected))
                }
                #expect(end == expected)
                #expect(await store.logout == nil)
            }
            try await bench.online(credentials) { _ in }
        }
    }

    @Test func `a server in trouble is tried again`() async throws {
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            for reason in [500, 503] {
                try await Self.refuse(reason: reason, MemoryCredentials(credentials), bench) { device in
                    try await device.expectRetry(.serverUnavailable(code: reason))
                }
            }
        }
    }

    @Test func `a temporary ban is waited out to the second`() async throws {
        try await LoopbackBench.run { bench in
            let store = MemoryCredentials(try await bench.linked())
            try await Self.refuse(reason: 402, code: 104, expire: 3600, store, bench) { device in
                let end = LoopbackBench.date(after: .seconds(3600))
                try await device.expect(.temporarilyBanned(code: 104, until: end))
                await device.pass(.seconds(3599))
                await device.clock.sleepers(atLeast: 1)
                #expect(await bench.server.counts.logins == 2)
                await device.pass(.seconds(1))
                try await device.expect(.connected, .drained)
                #expect(await bench.server.counts.logins == 3)
            }
            #expect(await store.logout == nil)
        }
    }

    /// Runs a session whose first login the server refuses.
    @discardableResult
    private static func refuse(
        reason: Int, code: Int? = nil, expire: Int? = nil, _ store: MemoryCredentials, _ bench: LoopbackBench,
        _ body: (TestDevice) async throws -> Void
    ) async throws -> SessionEnd {
        await bench.server.addFaults([
            Fault(on: .login, from: Self.ann, .failure(reason: reason, code: code, expire: expire))
        ])
        return try await bench.device(store).run(body)
    }

    @Test func `after these ends of a stream the device comes back`() async throws {
        let soon = 0.9...1.1
        let rows: [(FaultAction, DisconnectReason, ClosedRange<Double>)] = [
            (.streamError(code: 515, child: nil), .restartRequired, 0...0),
            (.streamError(code: 503, child: nil), .serverUnavailable(code: 503), soon),
            (.streamError(code: 429, child: nil), .rateLimited, 7.2...8.8),
            (.streamError(code: 401, child: nil), .unauthorized, soon),
            (.streamError(code: nil, child: "xml-not-well-formed"), .malformedStanza, soon),
            (.streamError(code: nil, child: "ack"), .missingAck, soon),
            (.streamError(code: 999, child: nil), .streamError(code: "999"), soon),
            (.conflict("something_new", code: nil), .streamError(code: nil), soon),
            // Without 401 the word is no proof that the device was unlinked.
            (.conflict("device_removed", code: nil), .streamError(code: nil), soon),
            (.disconnect, .pipe(.closed(code: 1006)), soon),
        ]
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            for (action, reason, delay) in rows {
                try await bench.online(credentials) { device in
                    await bench.server.addFaults([Fault(from: Self.ann, action)])
                    try await device.expectRetry(reason, after: delay)
                    #expect(await device.store.logout == nil)
                }
            }
        }
    }

    @Test func `after these the device stays away`() async throws {
        let rows: [(FaultAction, SessionEnd, LogoutReason?)] = [
            (.conflict("replaced", code: nil), .replaced, nil),
            (.conflict("replaced", code: 401), .replaced, nil),
            (.conflict("replaced", code: 503), .replaced, nil),
            (.streamError(code: 409, child: nil), .replaced, nil),
            (.conflict("device_removed", code: 401), .loggedOut(.deviceRemoved), .deviceRemoved),
            (.streamError(code: 516, child: nil), .loggedOut(.deviceRemoved), .deviceRemoved),
        ]
        try await LoopbackBench.run { bench in
            let credentials = try await bench.linked()
            for (action, expected, logout) in rows {
                let device = try bench.device(MemoryCredentials(credentials))
                let end = try await device.run { device in
                    try await device.expect(.connected, .drained)
                    await bench.server.addFaults([Fault(from: Self.ann, action)])
                    try await device.expect(.ended(expected))
                }
                #expect(end == expected, "\(action)")
                #expect(await device.store.logout == logout, "\(action)")
            }
        }
    }

    @Test func `a second bare 401 ends the session with its keys kept`() async throws {
        try await LoopbackBench.run { bench in
            let store = MemoryCredentials(try await bench.linked())
            let end = try await bench.device(store).run { device in
                try await device.expect(.connected, .drained)
                await bench.server.addFaults([Fault(from: Self.ann, .streamError(code: 401, child: nil))])
                try await device.expectRetry(.unauthorized)
                await bench.server.addFaults([Fault(from: Self.ann, .streamError(code: 401, child: nil))])
                try await device.expect(.ended(.unauthorized))
            }
            #expect(end == .unauthorized)
            #expect(await store.logout == nil)
        }
    }

    @Test func `a device that is unlinked on the phone is logged out at once`() async throws {
        try await LoopbackBench.run { bench in
            let device = try bench.device(MemoryCredentials(try await bench.linked()))
            let end = try await device.run { device in
                try await device.expect(.connected, .drained)
                await bench.server.unlink(SimulatedDeviceID(number: Self.ann, device: 1))
                try await device.expect(.ended(.loggedOut(.deviceRemoved)))
            }
            #expect(end == .loggedOut(.deviceRemoved))
            #expect(await device.store.logout == .deviceRemoved)
            #expect(await bench.server.state.companions.isEmpty)
        }
    }
}
