import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppCrypto

@testable import WhatsAppStore

@Suite struct EncryptionTests {
    private static func secrets(of test: TestDevices) throws -> [(String, SecretBytes)] {
        let keys = test.device.keys
        return [
            ("secret", test.secret), ("noise key", keys.noiseKey.privateKey.scalar),
            ("identity key", keys.identity.identityKeyPair.keyPair.privateKey.scalar),
            ("signed pre-key", keys.signedPreKey.keyPair.privateKey.scalar),
            ("pre-key", test.preKey.keyPair.privateKey.scalar),
            ("session", SecretBytes(try test.record.serialized())),
            ("sender key", SecretBytes(try test.senderKey.serialized())),
            ("nonce", SecretBytes(Array("a nonce to look for".utf8))),
        ]
    }

    @Test func `without a key the secrets are in the files, with a key none is`() async throws {
        let plain = try TestDevices()
        try await plain.addFull("a")
        for (name, secret) in try Self.secrets(of: plain) { #expect(try plain.filesContain(secret), "\(name)") }

        let sealed = try TestDevices(key: .test(1))
        let store = try await sealed.addFull("a")
        for (name, secret) in try Self.secrets(of: sealed) { #expect(try !sealed.filesContain(secret), "\(name)") }
        #expect(try await store.read { try $0.loadDevice() } == sealed.device)
        #expect(try await store.read { try $0.loadPreKey(7) } == sealed.preKey)
    }

    @Test func `a database is refused without its key, with another, and with one it was made without`() async throws {
        let directory = try TemporaryDirectory()
        let path = TestDevices.path(in: directory)
        let sealed = try TestDevices(in: directory, key: .test(1))
        try await sealed.addFull("a")
        let content = try await sealed.content()
        try sealed.database.close()
        #expect(throws: StoreError.keyMissing(path: path)) { try DeviceDatabase(path: path) }
        #expect(throws: StoreError.wrongKey(path: path)) { try DeviceDatabase(path: path, key: .test(2)) }
        let again = try TestDevices(in: directory, key: .test(1))
        #expect(try await again.content() == content)

        let plain = try TestDevices()
        try await plain.addFull("a")
        try plain.database.close()
        #expect(throws: StoreError.notEncrypted(path: plain.path)) {
            try DeviceDatabase(path: plain.path, key: .test(1))
        }
        _ = try DeviceDatabase(path: plain.path)
    }

    @Test func `a database without devices takes a key`() async throws {
        let directory = try TemporaryDirectory()
        try TestDevices(in: directory).database.close()
        let test = try TestDevices(in: directory, key: .test(1))
        try await test.addFull("a")
        #expect(try !test.filesContain(test.secret))
        try test.database.close()
        #expect(throws: StoreError.keyMissing(path: test.path)) { try DeviceDatabase(path: test.path) }
    }

    @Test func `the same secret is sealed differently in every database and at every write`() async throws {
        var sealed: Set<Data> = []
        for _ in 0..<2 {
            let test = try TestDevices(key: .test(1))
            let store = try await test.addFull("a")
            for _ in 0..<2 {
                try await store.write { try $0.saveDevice(test.device) }
                let stored = try await test.database.access.read {
                    try Data.fetchOne($0, sql: "SELECT advSecret FROM device")
                }
                sealed.insert(try #require(stored))
            }
        }
        #expect(sealed.count == 4)
        #expect(sealed.allSatisfy { $0.count == 12 + 32 + 16 })
    }

    @Test func `a sealed value in the place of another is refused`() async throws {
        let test = try TestDevices(key: .test(1))
        let store = try await test.addFull("a")
        let other = try await test.addFull("b")
        try await test.execute("UPDATE device SET advSecret = nctSalt WHERE id = 1")
        await #expect(throws: StoreError.damaged(part: "device.advSecret")) {
            try await store.read { try $0.loadDevice() }
        }
        // Of the other device, at the same address.
        try await test.execute(
            "UPDATE session SET record = (SELECT record FROM session WHERE deviceId = 1) WHERE deviceId = 2")
        await #expect(throws: StoreError.damaged(part: "session.record")) {
            try await other.read { try $0.loadSessions(for: [TestDevices.peer]) }
        }
        try await test.execute("UPDATE session SET number = 5 WHERE deviceId = 1")
        await #expect(throws: StoreError.damaged(part: "session.record")) {
            try await store.read {
                try $0.loadSessions(for: [ProtocolAddress(name: TestDevices.peer.name, deviceID: 5)])
            }
        }
    }

    @Test func `an altered value is refused, whatever byte it is`() async throws {
        let seal = try Seal(.test(1), salt: [UInt8](repeating: 3, count: Seal.saltSize))
        let sealed = try seal.seal([1, 2, 3] as [UInt8], .preKey(1), ofDevice: 1)
        #expect(try seal.open(sealed, .preKey(1), ofDevice: 1) == [1, 2, 3])
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: StoreError.damaged(part: "preKey.keyPair")) {
                try seal.open(altered, .preKey(1), ofDevice: 1)
            }
        }
        for count in 0..<sealed.count {
            #expect(throws: StoreError.damaged(part: "preKey.keyPair")) {
                try seal.open(sealed.prefix(count), .preKey(1), ofDevice: 1)
            }
        }
    }

    @Test func `no two rows have the same identity`() {
        let peer = TestDevices.peer
        let columns: [SecretColumn] = [
            .noiseKey, .identityKey, .signedPreKey, .advSecret, .nctSalt, .companionMetaNonce, .preKey(1), .preKey(2),
            .session(peer), .session(ProtocolAddress(name: peer.name, deviceID: 1)),
            .senderKey(TestDevices.groupKey), .senderKey(SenderKeyName(groupID: "6@g.us", sender: peer)),
            .privacyToken(account: "1@lid"), .sentMessage(id: "A", chat: "BC"), .sentMessage(id: "AB", chat: "C"),
            .sentMessage(id: "", chat: "ABC"), .receivedMessage(hash: [1]), .receivedMessage(hash: [2]),
            .mediaUpload(MediaUploadKey(fileSHA256: [1], kind: .image)),
            .mediaUpload(MediaUploadKey(fileSHA256: [1], kind: .video)),
            .mediaUpload(MediaUploadKey(fileSHA256: [2], kind: .image)),
        ]
        let identities = columns.flatMap { [$0.identity(ofDevice: 1), $0.identity(ofDevice: 2)] }
        #expect(Set(identities).count == 2 * columns.count)
    }

    @Test func `a key is 32 bytes or 64 digits`() throws {
        let digits = "00ff10aBcD" + String(repeating: "7", count: 54)
        let bytes: [UInt8] = [0, 0xFF, 0x10, 0xAB, 0xCD] + [UInt8](repeating: 0x77, count: 27)
        for text in [digits, digits + "\n", digits + "\r\n"] {
            #expect(try StoreKey(fileContent: SecretBytes(Array(text.utf8))).bytes == SecretBytes(bytes))
        }
        #expect(try StoreKey(fileContent: SecretBytes(bytes)).bytes == SecretBytes(bytes))
        let wrong = [
            "", String(digits.dropLast()), digits + "7", digits + " ", digits + "\n\n\n", "g" + digits.dropFirst(),
            String(digits.prefix(31)), " " + digits,
        ]
        for text in wrong {
            #expect(throws: StoreError.invalidKey(byteCount: text.utf8.count)) {
                try StoreKey(fileContent: SecretBytes(Array(text.utf8)))
            }
        }
    }
}
