import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueKeysTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `a key's text is not stored, only its hash`() async throws {
        let (_, key) = try await self.test.queue.addKey(name: "dashboard", user: nil, expiresAt: nil, now: self.now)
        #expect(key.wholeMatch(of: /spk_[0-9a-f]{64}/) != nil)
        #expect(try await self.test.values(Data.self, "SELECT digest FROM apiKey") == [Data(KeyDigest.of(key))])
        let secret = key.dropFirst(4)
        #expect(try await self.test.content().allSatisfy { !$0.contains(secret) })
    }

    @Test func `SHA-256 is that of the standard`() {
        let digest = KeyDigest.of("abc").map { String($0, radix: 16) }
        #expect(digest.prefix(4) == ["ba", "78", "16", "bf"])
        #expect(digest.suffix(3) == ["0", "15", "ad"])
    }

    @Test func `two keys are never the same`() async throws {
        let first = try await self.test.queue.addKey(name: "same", user: nil, expiresAt: nil, now: self.now)
        let second = try await self.test.queue.addKey(name: "same", user: nil, expiresAt: nil, now: self.now)
        #expect(first.key != second.key)
        #expect(first.id != second.id)
    }

    @Test func `a key sees what it was made for`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let admin = try await self.test.queue.addKey(name: "admin", user: nil, expiresAt: nil, now: self.now)
        let shop = try await self.test.queue.addKey(name: "shop", user: .shop, expiresAt: nil, now: self.now)
        #expect(try await self.test.reader.scope(ofKey: admin.key, now: self.now) == .admin)
        #expect(try await self.test.reader.scope(ofKey: shop.key, now: self.now) == .user(.shop))
        for wrong in ["", "spk_", shop.key + "0", String(shop.key.dropLast()), shop.key.uppercased(), "x\0y"] {
            #expect(try await self.test.reader.scope(ofKey: wrong, now: self.now) == nil)
        }
    }

    @Test func `a key ends when it expires`() async throws {
        let end = self.now + .seconds(60)
        let (_, key) = try await self.test.queue.addKey(name: "short", user: .default, expiresAt: end, now: self.now)
        #expect(try await self.test.reader.scope(ofKey: key, now: end - .milliseconds(1)) == .user(.default))
        #expect(try await self.test.reader.scope(ofKey: key, now: end) == nil)
    }

    @Test func `a key ends when it is revoked, once`() async throws {
        let (id, key) = try await self.test.queue.addKey(name: "old", user: nil, expiresAt: nil, now: self.now)
        let other = try await self.test.queue.addKey(name: "new", user: nil, expiresAt: nil, now: self.now)
        #expect(try await self.test.queue.revokeKey(id, now: self.now))
        #expect(try await self.test.reader.scope(ofKey: key, now: self.now) == nil)
        #expect(try await self.test.reader.scope(ofKey: other.key, now: self.now) == .admin)
        #expect(try await self.test.queue.revokeKey(id, now: self.now + .seconds(1)) == false)
        #expect(try await self.test.queue.revokeKey(999, now: self.now) == false)
        #expect(try await self.test.reader.keys().map(\.revokedAt) == [self.now, nil])
    }

    @Test func `the list shows everything but the key`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let end = self.now + .seconds(60)
        let (id, _) = try await self.test.queue.addKey(name: "shop", user: .shop, expiresAt: end, now: self.now)
        let expected = APIKey(id: id, name: "shop", user: .shop, createdAt: self.now, expiresAt: end, revokedAt: nil)
        #expect(try await self.test.reader.keys() == [expected])
    }

    @Test func `a key for an unknown user is refused`() async throws {
        await #expect(throws: QueueError.noSuchUser(.shop)) {
            try await self.test.queue.addKey(name: "shop", user: .shop, expiresAt: nil, now: self.now)
        }
        #expect(try await self.test.reader.keys().isEmpty)
    }
}
