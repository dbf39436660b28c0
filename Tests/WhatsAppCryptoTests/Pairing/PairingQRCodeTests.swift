import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppCrypto
import WhatsAppProto

@Suite struct PairingQRCodeTests {
    static let text =
        "https://wa.me/settings/linked_devices#2@REF,UKYUCbHd0DJemxa3AOcZ6XcsBwALG9d4bpB8ZT0gSV0=,"
        + "E75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20=,VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU=,1"

    @Test func `a code with every kind of client reads back`() throws {
        var generator = SeededGenerator(seed: 5)
        for type in CompanionClientType.allCases {
            let code = PairingQRCode(
                reference: "2@a,b+/=", noiseKey: try PublicKey(generator.bytes(count: 32)),
                identityKey: try PublicKey(generator.bytes(count: 32)),
                advSecret: .random(count: 32, using: &generator),
                clientType: type)
            #expect(try PairingQRCode(code.text) == code)
        }
    }

    @Test func `the secret does not print`() throws {
        let code = try PairingQRCode(Self.text)
        #expect(code.advSecret.exposed == [UInt8](repeating: 0x55, count: 32))
        #expect(code.text == Self.text)
        #expect(!"\(code) \(String(reflecting: code))".contains("85"))
    }

    @Test func `a text with a field missing or unreadable is refused by its name`() {
        let fields = Self.text.split(separator: ",").map(String.init)
        func error(_ index: Int, _ field: String?) -> WhatsAppCryptoError? {
            var altered = fields
            if let field { altered[index] = field } else { altered.remove(at: index) }
            return #expect(throws: WhatsAppCryptoError.self) {
                try PairingQRCode(altered.joined(separator: ","))
            }
        }
        for field in [
            "", "A", String(repeating: "A", count: 40) + "====", String(fields[1].dropLast()), fields[1] + " ",
        ] {
            #expect(error(1, field) == .malformedQRCode(.noiseKey), "\(field)")
            #expect(error(2, field) == .malformedQRCode(.identityKey), "\(field)")
            #expect(error(3, field) == .malformedQRCode(.advSecret), "\(field)")
        }
        for field in ["", "a", "11", " 1"] { #expect(error(4, field) == .malformedQRCode(.clientType)) }
        #expect(error(0, "https://wa.me/settings/linked_devices#") == .malformedQRCode(.reference))
        #expect(error(0, "") == .malformedQRCode(.reference))
        for index in 0..<5 { _ = error(index, nil) }
    }

    @Test func `random and altered texts give a code or an error`() {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            var bytes = seed % 2 == 0 ? Array(Self.text.utf8) : generator.bytes(count: 200)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            switch Result(catching: { () throws(WhatsAppCryptoError) in try PairingQRCode(text) }) {
            case .success(let code):
                #expect((try? PairingQRCode(code.text)) == code, "seed \(seed)")
            case .failure(.malformedQRCode): break
            case .failure(let error): Issue.record("seed \(seed): \(error)")
            }
        }
    }

    @Test(
        arguments: [
            (.chrome, .chrome), (.edge, .edge), (.firefox, .firefox), (.ie, .internetExplorer), (.opera, .opera),
            (.safari, .safari), (.uwp, .uwp), (.androidPhone, .androidPhone), (.desktop, .otherWebClient),
            (.unknown, .otherWebClient),
        ] as [(WADeviceProps.PlatformType, CompanionClientType)])
    func `the icon decides the type of client`(platform: WADeviceProps.PlatformType, type: CompanionClientType) {
        #expect(CompanionClientType(platformType: platform) == type)
    }
}
