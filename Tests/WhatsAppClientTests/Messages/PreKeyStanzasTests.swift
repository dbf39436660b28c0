import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct PreKeyStanzasTests {
    /// The keys of a worked example: private keys are runs of bytes.
    private static func keyPair(_ start: UInt8) throws -> KeyPair {
        try KeyPair(PrivateKey((0..<32).map { start + $0 }))
    }

    private static func identity() throws -> LocalIdentity {
        LocalIdentity(identityKeyPair: IdentityKeyPair(try self.keyPair(0x61)), registrationID: 0x0102_0304)
    }

    private static func signedPreKey() throws -> SignedPreKey {
        let signature = [UInt8](
            hex: "20a6969c97d6102651340a455a3b0902537a8867df5157e8a6257ea508d746ed"
                + "86c013dee07f4b195aa4f733d77f71b447bb4bec83dc22db5cd3d9d42145200c")
        return SignedPreKey(id: 1, keyPair: try self.keyPair(0x81), signature: try #require(signature))
    }

    private static func digest(_ ids: [[UInt8]], _ hash: String) throws -> Node {
        Node(
            "iq",
            children: [
                Node(
                    "digest",
                    children: [
                        Node("list", children: ids.map { Node("id", bytes: $0) }),
                        Node("hash", bytes: try #require([UInt8](hex: hash))),
                    ])
            ])
    }

    @Test func `an upload carries registration, type, identity, keys and the signed key in this order`() throws {
        let key = PreKey(id: 0x01_0203, keyPair: try Self.keyPair(0xA1))
        let iq = PreKeyStanzas.upload([key], of: try Self.identity(), try Self.signedPreKey())
        #expect(iq.string("xmlns") == "encrypt" && iq.string("type") == "set")
        #expect(iq.children.map(\.tag) == ["registration", "type", "identity", "list", "skey"])
        #expect(iq.child("registration")?.content == .bytes([1, 2, 3, 4]))
        #expect(iq.child("type")?.content == .bytes([5]))
        #expect(iq.child("identity")?.bytes?.count == 32)
        let node = try #require(iq.child("list")?.child("key"))
        #expect(node.children.map(\.tag) == ["id", "value"])
        #expect(node.child("id")?.content == .bytes([1, 2, 3]))
        #expect(node.child("value")?.bytes?.count == 32)
        #expect(iq.child("skey")?.children.map { $0.bytes?.count } == [3, 32, 64])
        #expect(iq.child("skey")?.child("id")?.bytes == [0, 0, 1])
    }

    @Test func `a count that is missing is zero`() {
        #expect(PreKeyStanzas.count(in: Node("iq", children: [Node("count", ["value": "812"])])) == 812)
        #expect(PreKeyStanzas.count(in: Node("iq", children: [Node("count")])) == 0)
        #expect(PreKeyStanzas.count(in: Node("iq")) == 0)
    }

    @Test func `the digest is over identity, signed key, signature and keys`() throws {
        let (identity, signed) = (try Self.identity(), try Self.signedPreKey())
        let keys: [UInt32: PreKey] = [7: PreKey(id: 7, keyPair: try Self.keyPair(0xA1))]
        func isUpToDate(_ node: Node) throws -> Bool {
            try PreKeyStanzas.isUpToDate(node, identity: identity, signedPreKey: signed) { keys[$0] }
        }
        let hash = "54b42b4065ebc76e99ae2bee1bfb5aed36224002"
        #expect(try isUpToDate(Self.digest([[0, 0, 7]], hash)))
        #expect(try !isUpToDate(Self.digest([[0, 0, 8]], hash)), "an unknown key")
        #expect(try !isUpToDate(Self.digest([], hash)), "another list")
        #expect(try !isUpToDate(Self.digest([[7]], hash)), "an id of another size")
        #expect(try !isUpToDate(Node("iq")), "no digest at all")
    }

    private static func user(_ jid: JID, _ children: [Node]) -> Node {
        Node("user", ["jid": .jid(jid)], children: children)
    }

    private static func bundleNodes(type: UInt8 = 5, identity: [UInt8]? = nil) throws -> [Node] {
        let (local, signed) = (try self.identity(), try self.signedPreKey())
        return [
            PreKeyStanzas.registration(of: local), Node("type", bytes: [type]),
            Node("identity", bytes: identity ?? local.identityKey.publicKey.bytes), PreKeyStanzas.node(of: signed),
            PreKeyStanzas.node(of: PreKey(id: 7, keyPair: try self.keyPair(0xA1))),
        ]
    }

    private static func bundles(_ users: [Node]) throws -> [JID: PreKeyBundle] {
        try BundleStanzas.bundles(in: Node("iq", children: [Node("list", children: users)]))
    }

    @Test func `one query asks for all devices`() {
        let iq = BundleStanzas.query(for: [jid("2@lid"), jid("2:3@lid")])
        #expect(
            iq
                == .iq(
                    "get", xmlns: "encrypt",
                    children: [
                        Node(
                            "key",
                            children: ["2@lid", "2:3@lid"].map {
                                Node("user", ["jid": .jid(jid($0)), "reason": "identity"])
                            })
                    ]))
    }

    @Test func `bundles are matched by address, with and without one-time key and type byte`() throws {
        let identity = try Self.identity().identityKey
        let users = [
            Self.user(jid("2:3@lid"), try Self.bundleNodes().dropLast()),
            Self.user(jid("2@lid"), try Self.bundleNodes(identity: identity.publicKey.serialized)),
            Self.user(jid("3@lid"), [Node("error", ["code": "404", "text": "item-not-found"])]),
        ]
        let bundles = try Self.bundles(users)
        #expect(Set(bundles.keys) == [jid("2@lid"), jid("2:3@lid")])
        let whole = try #require(bundles[jid("2@lid")])
        #expect(whole.registrationID == 0x0102_0304 && whole.preKey?.id == 7 && whole.signedPreKey.id == 1)
        #expect(whole.identityKey == identity)
        var generator = SeededGenerator(seed: 1)
        _ = try SessionRecord(
            startingWith: whole, as: try LocalIdentity(using: &generator), after: nil, using: &generator)
        #expect(bundles[jid("2:3@lid")]?.preKey == nil)
    }

    @Test func `a bundle that is not readable is none`() throws {
        var cases = [try Self.bundleNodes(type: 6), try Self.bundleNodes(identity: [1, 2, 3])]
        for index in [2, 3] {
            var nodes = try Self.bundleNodes()
            nodes.remove(at: index)
            cases.append(nodes)
        }
        var wrongKey = try Self.bundleNodes()
        wrongKey[4] = Node("key", children: [Node("id", bytes: [7]), Node("value", bytes: [1])])
        cases.append(wrongKey)
        var wrongRegistration = try Self.bundleNodes()
        wrongRegistration[0] = Node("registration", bytes: [1])
        cases.append(wrongRegistration)
        for nodes in cases { #expect(try Self.bundles([Self.user(jid("2@lid"), nodes)]).isEmpty, "\(nodes)") }
        #expect(throws: ClientError.malformedAnswer("list")) { try BundleStanzas.bundles(in: Node("iq")) }
    }
}
