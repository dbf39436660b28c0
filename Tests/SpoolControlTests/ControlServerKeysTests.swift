import Foundation
import SpoolCore
import SpoolQueue
import Testing

struct ControlServerKeysTests {
    private struct Added: Decodable {
        var id: Int64
        var key: String
    }

    private func added(_ text: String) throws -> Added {
        try JSONDecoder().decode(Added.self, from: Data(text.utf8))
    }

    @Test func `a key is made, listed without its text, and revoked`() async throws {
        let fixture = try ControlFixture()
        let ann = try #require(UserName(rawValue: "ann"))
        try await fixture.queue.addUser(ann, now: ControlFixture.now)
        try await fixture.serve { client in
            let body = #"{"name": "shop", "user": "ann", "expiresAt": "2027-01-31T05:00:00+05:00"}"#
            let answer = try await client.post("/control/keys", body)
            #expect(answer.status == 200)
            let key = try self.added(answer.text)
            #expect(answer.text == #"{"success":true,"id":1,"key":"\#(key.key)"}"#)
            #expect(try await fixture.reader.scope(ofKey: key.key, now: ControlFixture.now) == .user(ann))
            #expect(
                try await client.get("/control/keys").text
                    == #"{"success":true,"keys":[{"id":1,"name":"shop","user":"ann","#
                    + #""createdAt":"2026-11-21T10:00:00.000Z","#
                    + #""expiresAt":"2027-01-31T00:00:00.000Z","revokedAt":null}],"nextCursor":null}"#)
            #expect(try await client.post("/control/keys/1/revoke").text == #"{"success":true,"id":1}"#)
            #expect(try await fixture.reader.scope(ofKey: key.key, now: ControlFixture.now) == nil)
            #expect(!fixture.lines.all.contains { $0.contains(key.key) })
        }
    }

    @Test func `a key without a user is an administrator's`() async throws {
        let fixture = try ControlFixture()
        try await fixture.serve { client in
            let key = try self.added(try await client.post("/control/keys", #"{"name": "root"}"#).text)
            #expect(try await fixture.reader.scope(ofKey: key.key, now: ControlFixture.now) == .admin)
        }
    }

    @Test(arguments: [
        (#"{}"#, "name"), (#"{"name": 1}"#, "name"), (#"{"name": ""}"#, "name"), (#"{"name": "a\nb"}"#, "name"),
        (#"{"name": "a", "user": "A/B"}"#, "user"), (#"{"name": "a", "user": "nobody"}"#, "user"),
        (#"{"name": "a", "user": 7}"#, "user"), (#"{"name": "a", "expiresAt": "tomorrow"}"#, "expiresAt"),
        (#"{"name": "a", "expiresAt": "2027-02-30T00:00:00Z"}"#, "expiresAt"),
        (#"{"name": "a", "expiresAt": "2027-01-31"}"#, "expiresAt"),
        (#"{"name": "a", "expiresAt": "2027-01-31T00:00:00Z and more"}"#, "expiresAt"),
        (#"{"name": "a", "expiresAt": "2026-11-21T10:00:00Z"}"#, "expiresAt"),
    ])
    func `a field that is not right is named, and no key made`(body: String, field: String) async throws {
        let fixture = try ControlFixture()
        try await fixture.serve { client in
            let answer = try await client.post("/control/keys", body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""code":"VALIDATION_ERROR","field":"\#(field)"}"#))
        }
        #expect(try await fixture.reader.keys().isEmpty)
    }

    @Test func `fractions of a second are understood`() async throws {
        let fixture = try ControlFixture()
        try await fixture.serve { client in
            let body = #"{"name": "a", "expiresAt": "2027-01-31T00:00:00.250Z"}"#
            let answer = try await client.post("/control/keys", body)
            #expect(answer.status == 200)
        }
        #expect(try await fixture.reader.keys().first?.expiresAt.map(RFC3339.text) == "2027-01-31T00:00:00.250Z")
    }

    @Test func `only a key that is there and in force can be revoked`() async throws {
        let fixture = try ControlFixture()
        let id = try await fixture.queue.addKey(name: "a", user: nil, expiresAt: nil, now: ControlFixture.now).id
        try await fixture.serve { client in
            for (key, status) in [("\(id)", 200), ("\(id)", 404), ("99", 404), ("x", 400)] {
                let answer = try await client.post("/control/keys/\(key)/revoke")
                #expect(answer.status == status)
            }
        }
    }
}
