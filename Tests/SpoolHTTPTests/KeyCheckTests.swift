import SpoolQueue
import Foundation
import HTTPTypes
import SpoolCore
@testable import SpoolHTTP
import SpoolTestSupport
import Testing

struct KeyCheckTests {
    @Test func `no key is 401 at once`() async throws {
        let fixture = try await APIFixture()
        let answer = try await fixture.get("/api/queue")
        #expect(answer.status == .unauthorized)
        #expect(try answer.json["code"]?.text == "UNAUTHORIZED")
        #expect(answer.headers[.wwwAuthenticate] == "Bearer")
        for value in ["", "Bearer", "Bearer ", "Basic \(fixture.adminKey)", fixture.adminKey, "Bearer a b"] {
            #expect(try await fixture.send(.get, "/api/queue", [.authorization: value]).status == .unauthorized)
        }
        #expect(fixture.pauses.sleeperCount == 0)
    }

    @Test func `a wrong key is 401 after a pause`() async throws {
        let fixture = try await APIFixture()
        async let answer = fixture.get("/api/queue", key: "spk_wrong")
        try await waiting(for: "the wrong key to wait") { await fixture.pauses.sleepers(atLeast: 1) }
        fixture.pauses.advance(by: KeyCheck.delay)
        let text = try await answer.text
        #expect(text == #"{"success":false,"error":"Invalid API key","code":"UNAUTHORIZED"}"#)
        #expect(try await answer.status == .unauthorized)
    }

    @Test func `a right key is taken from either header`() async throws {
        let fixture = try await APIFixture()
        #expect(try await fixture.get("/api/queue", key: fixture.annKey).status == .ok)
        for scheme in ["Bearer", "bearer"] {
            let headers: HTTPFields = [.authorization: "\(scheme) \(fixture.annKey)"]
            #expect(try await fixture.send(.get, "/api/queue", headers).status == .ok)
        }
    }

    @Test func `a key ends when it expires or is revoked`() async throws {
        let fixture = try await APIFixture()
        let expiring = try await fixture.queue.addKey(
            name: "short", user: nil, expiresAt: APIFixture.now.addingTimeInterval(60), now: APIFixture.now)
        #expect(try await fixture.get("/api/queue", key: expiring.key).status == .ok)
        fixture.clock.advance(by: .seconds(60))
        let revoked = try await fixture.queue.addKey(name: "gone", user: nil, expiresAt: nil, now: APIFixture.now)
        #expect(try await fixture.queue.revokeKey(revoked.id, now: APIFixture.now))
        for key in [expiring.key, revoked.key] {
            async let answer = fixture.get("/api/queue", key: key)
            try await waiting(for: "the ended key to wait") { await fixture.pauses.sleepers(atLeast: 1) }
            fixture.pauses.advance(by: KeyCheck.delay)
            #expect(try await answer.status == .unauthorized)
        }
    }

    @Test func `many wrong keys are turned away and a right one still answered at once`() async throws {
        let fixture = try await APIFixture()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<KeyCheck.mostWaiting {
                group.addTask { try await fixture.get("/api/queue", key: "spk_\(number)").status.code }
            }
            try await waiting(for: "all wrong keys to wait") {
                await fixture.pauses.sleepers(atLeast: KeyCheck.mostWaiting)
            }
            let surplus = try await fixture.get("/api/queue", key: "spk_surplus")
            #expect(surplus.status == .tooManyRequests)
            #expect(try surplus.json["code"]?.text == "RATE_LIMITED")
            #expect(try await fixture.get("/api/queue", key: fixture.annKey).status == .ok)
            fixture.pauses.advance(by: KeyCheck.delay)
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 401, count: KeyCheck.mostWaiting))
    }
}
