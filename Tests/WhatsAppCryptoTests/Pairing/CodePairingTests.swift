import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppCrypto

@Suite struct CodePairingTests {
    @Test func `a wrong code shows at the phone, and nowhere before`() throws {
        var generator = SeededGenerator(seed: 11)
        let (identity, phone) = (try KeyPair(using: &generator), try KeyPair(using: &generator))
        let companion = try CompanionCodePairing(code: PairingCode("ABCD-EFGH"), using: &generator)
        let primary = try PrimaryCodePairing(
            code: PairingCode("ABCDEFGJ"), companion: companion.wrappedEphemeral, using: &generator)
        let hello = PrimaryHello(
            wrappedEphemeral: primary.wrappedEphemeral, identityKey: phone.publicKey, reference: [1])
        let end = try companion.finish(answering: hello, reference: [1], identity: identity, using: &generator)
        #expect(throws: WhatsAppCryptoError.keyBundleNotAuthentic) {
            try primary.open(end.keyBundle, companion: identity.publicKey, identity: phone)
        }
    }

    @Test func `every flipped byte of a key bundle is refused`() throws {
        var generator = SeededGenerator(seed: 12)
        let (companion, phone) = (try KeyPair(using: &generator), try KeyPair(using: &generator))
        let secret = SecretBytes.random(count: 32, using: &generator)
        let bundle = KeyBundle(
            companion: companion.publicKey, primary: phone.publicKey, random: .random(count: 32, using: &generator))
        let sealed = try bundle.seal(sharedSecret: secret, using: &generator)
        #expect(sealed.count == KeyBundle.size)
        #expect(try KeyBundle(sealed: sealed, sharedSecret: secret).random == bundle.random)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: WhatsAppCryptoError.keyBundleNotAuthentic, "byte \(index)") {
                try KeyBundle(sealed: altered, sharedSecret: secret)
            }
        }
        for size in [0, KeyBundle.size - 1, KeyBundle.size + 1] {
            #expect(throws: WhatsAppCryptoError.wrongSize(what: "key bundle", expected: 156, actual: size)) {
                try KeyBundle(sealed: [UInt8](repeating: 0, count: size), sharedSecret: secret)
            }
        }
    }

    @Test func `a key bundle about other keys is refused, and a key that gives no secret too`() throws {
        let vector = try PairingVectors.file.get().pairing_code[0]
        let code = try PairingCode(bytes: vector.code_bytes.bytes)
        var random = ScriptedGenerator(vector.primary_ephemeral.private.bytes)
        let primary = try PrimaryCodePairing(
            code: code, companion: vector.wrapped_companion_ephemeral.bytes, using: &random)
        let (companion, phone) = (try vector.identity.pair(), try vector.primary_identity.pair())
        #expect(throws: WhatsAppCryptoError.keyBundleForOtherIdentity) {
            try primary.open(vector.wrapped_key_bundle.bytes, companion: phone.publicKey, identity: phone)
        }
        #expect(throws: WhatsAppCryptoError.keyBundleForOtherIdentity) {
            try primary.open(
                vector.wrapped_key_bundle.bytes, companion: companion.publicKey, identity: vector.noise.pair())
        }
        let zero = try PublicKey([UInt8](repeating: 0, count: 32))
        #expect(throws: WhatsAppCryptoError.weakPairingKey) { try companion.privateKey.agreePairing(with: zero) }
    }

    @Test func `a wrapped key has 80 bytes`() throws {
        let code = try PairingCode("ABCDEFGH")
        for size in [0, 79, 81] {
            #expect(throws: WhatsAppCryptoError.wrongSize(what: "key", expected: 80, actual: size)) {
                try WrappedKey.unwrap([UInt8](repeating: 1, count: size), code, "key")
            }
        }
    }

    @Test(arguments: [
        "", "ABCDEFG", "ABCDEFGHJ", "ABCD-EFG", "ABC-DEFGH", "ABCDE-FGH", "ABCD--FGH", "abcdefgh", "ABCD EFGH",
        "ABCDEFG0", "ABCDEFGI", "ABCDEFGO", "ABCDEFGU", "ABCDÉFG", "ABCD-EFGH-",
    ]) func `what is no code is refused`(text: String) {
        #expect(throws: WhatsAppCryptoError.malformedPairingCode) { try PairingCode(text) }
    }

    @Test func `a code does not print`() throws {
        let code = try PairingCode("ABCDEFGH")
        #expect(!"\(code) \(String(reflecting: code))".contains("ABCD"))
        #expect(code.displayText == "ABCD-EFGH")
        #expect(throws: WhatsAppCryptoError.wrongSize(what: "pairing code", expected: 5, actual: 4)) {
            try PairingCode(bytes: [1, 2, 3, 4])
        }
    }

    @Test(arguments: [
        ("+49 170 1234567", "491701234567"), ("(1) 555-000.1111", "15550001111"), ("1234567", "1234567"),
    ]) func `phone numbers lose what people write between digits`(text: String, user: String) throws {
        #expect(try JID(phoneToPair: text) == JID(user: user, server: .user))
    }

    @Test(arguments: ["", "123456", "0170123456", "00491701234567", "1234567890123456", "1555000111x", "١٢٣٤٥٦٧"])
    func `what is no international number is refused`(text: String) {
        #expect(throws: WhatsAppCryptoError.malformedPhoneNumber) { try JID(phoneToPair: text) }
    }

    @Test func `a stanza without one of its children is refused by its name`() throws {
        let vector = try PairingVectors.file.get().pairing_code[0]
        let answer = try #require(vector.primary_hello_notification.node().children.first)
        let readers: [(Node, (Node) throws -> Void)] = [
            (try vector.companion_hello.content.node(), { _ = try CompanionHello($0) }),
            (answer, { _ = try PrimaryHello($0) }),
            (try vector.companion_finish.content.node(), { _ = try CompanionFinish($0) }),
        ]
        for (node, read) in readers {
            try read(node)
            for index in node.children.indices where node.children[index].tag != "link_code_pairing_nonce" {
                var children = node.children
                let name = children.remove(at: index).tag
                var altered = node
                altered.content = .nodes(children)
                let error = #expect(throws: WhatsAppCryptoError.self) { try read(altered) }
                guard case .missingPairingField(let missing) = error else {
                    Issue.record("\(name): \(String(describing: error))")
                    continue
                }
                #expect(missing.description == name)
            }
        }
        var hello = try vector.companion_hello.content.node()
        hello.attributes["jid"] = nil
        #expect(throws: WhatsAppCryptoError.missingPairingField("jid")) { try CompanionHello(hello) }
    }

    @Test func `a short reference that came as text counts as its bytes`() throws {
        let vector = try PairingVectors.file.get().pairing_code[0]
        var node = try #require(vector.primary_hello_notification.node().children.first)
        node.content = .nodes(
            node.children.map {
                $0.tag == "link_code_pairing_ref" ? Node($0.tag, content: .text(vector.pairing_ref)) : $0
            })
        #expect(try PrimaryHello(node).reference == Array(vector.pairing_ref.utf8))
    }
}
