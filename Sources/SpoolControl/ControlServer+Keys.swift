import Foundation
import Hummingbird
import Logging
import SpoolCore
import SpoolHTTP
import SpoolQueue

extension ControlServer {
    /// What a new key is made from.
    private struct KeyRequest: Decodable {
        var name: String
        /// Missing: an administrator's key.
        var user: String?
        /// RFC 3339.
        var expiresAt: String?

        func checkedName() throws(APIError) -> String {
            let isPrintable = self.name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            guard (1...128).contains(self.name.unicodeScalars.count), isPrintable else {
                throw .invalid("name", "name must have 1 to 128 characters and no control characters")
            }
            return self.name
        }

        func owner() throws(APIError) -> UserName? {
            guard let user = self.user else { return nil }
            guard let name = UserName(rawValue: user) else { throw .invalid("user", "user is not the name of a user") }
            return name
        }

        func expiry(after now: Date) throws(APIError) -> Date? {
            guard let text = self.expiresAt else { return nil }
            guard let date = RFC3339.date(text) else {
                throw .invalid("expiresAt", "expiresAt must be a moment in RFC 3339, such as 2027-01-31T00:00:00Z")
            }
            guard date > now else { throw .invalid("expiresAt", "expiresAt is in the past") }
            return date
        }
    }

    /// All keys, without their text.
    func keys() async throws -> APIAnswer {
        let keys = try await self.reader.keys().map(\.json)
        return self.success([.init("keys", .array(keys)), .init("nextCursor", .null)])
    }

    /// Makes a key; the answer is the only place its text is ever shown.
    func addKey(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let body = try await Self.body(KeyRequest.self, of: request)
        let now = self.clock.now
        let added: (id: Int64, key: String)
        do {
            added = try await self.queue.addKey(
                name: try body.checkedName(), user: try body.owner(), expiresAt: try body.expiry(after: now), now: now)
        } catch QueueError.noSuchUser(let name) {
            throw APIError.invalid("user", "There is no user \(name)")
        }
        await self.log("API key added", context, ["key.id": "\(added.id)"])
        return self.success([.init("id", .number(added.id)), .init("key", .string(added.key))])
    }

    /// Ends a key at once.
    func revokeKey(_ text: String, _ context: ControlContext) async throws -> APIAnswer {
        let id = try QueryParameters.identifier(text, field: "id")
        guard try await self.queue.revokeKey(id, now: self.clock.now) else {
            throw APIError(.notFound, "There is no API key \(id), or it is revoked already")
        }
        await self.log("API key revoked", context, ["key.id": "\(id)"])
        return self.success([.init("id", .number(id))])
    }
}

extension APIKey {
    /// The key as lists show it.
    fileprivate var json: JSONValue {
        [
            "id": .number(self.id), "name": .string(self.name), "user": .text(self.user?.rawValue),
            "createdAt": .moment(self.createdAt), "expiresAt": .moment(self.expiresAt),
            "revokedAt": .moment(self.revokedAt),
        ]
    }
}
