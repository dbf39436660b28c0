import HTTPTypes
import SpoolHTTP
import Testing

struct ReadOnlyAPIDaemonTests {
    @Test func `a device has the contract's fields`() async throws {
        let fixture = try await APIFixture(
            state: FakeDaemonState(allDevices: [.named("dev1", isDryRun: true), .named("dev2", isConnected: false)]))
        #expect(
            try await fixture.get("/api/devices", key: fixture.annKey).text
                == #"{"success":true,"devices":[{"sessionId":"dev1","number":"15550100","status":"connected","#
                + #""connectedAt":"2026-11-21T10:00:00.000Z","sentLastHour":3,"hourlyLimit":100,"sentLastDay":30,"#
                + #""dailyLimit":null,"nextSendAt":null,"pausedUntil":null,"pauseReason":null,"dryRun":true},"#
                + #"{"sessionId":"dev2","number":null,"status":"disconnected","connectedAt":null,"sentLastHour":3,"#
                + #""hourlyLimit":100,"sentLastDay":30,"dailyLimit":null,"nextSendAt":null,"pausedUntil":null,"#
                + #""pauseReason":null}],"nextCursor":null}"#)
    }

    @Test func `it is alive without a key`() async throws {
        let answer = try await APIFixture(state: FakeDaemonState(reasons: ["disk full"])).get("/healthz")
        #expect(answer.status == .ok)
        #expect(answer.text == #"{"success":true,"status":"ok"}"#)
    }

    @Test func `it is ready when nothing speaks against it`() async throws {
        let answer = try await APIFixture().get("/readyz")
        #expect(answer.status == .ok)
        #expect(answer.text == #"{"success":true,"status":"ready"}"#)
    }

    @Test func `it is not ready for the reasons it gives`() async throws {
        let answer = try await APIFixture(state: FakeDaemonState(reasons: ["disk full", "no device"])).get("/readyz")
        #expect(answer.status == .serviceUnavailable)
        #expect(
            answer.text
                == #"{"success":false,"error":"Not ready: disk full; no device","code":"INTERNAL","#
                + #""reasons":["disk full","no device"]}"#)
    }
}
