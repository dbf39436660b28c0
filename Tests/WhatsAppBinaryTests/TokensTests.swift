import SpoolTestSupport
import Testing

@testable import WhatsAppBinary

@Suite struct TokensTests {
    private struct File: Decodable {
        let tokens: Dictionary

        struct Dictionary: Decodable {
            let dict_version: UInt8
            let single: [String]
            let double: [[String]]
        }
    }

    @Test func `the tables are those of the vectors`() throws {
        let tokens = try Vectors.load("nodes", as: File.self).tokens
        #expect(Tokens.dictionaryVersion == tokens.dict_version)
        #expect(Tokens.single == tokens.single)
        #expect(Tokens.double == tokens.double.flatMap { $0 })
        Vectors.report(tokens.single.count + tokens.double.joined().count, of: "tokens", in: "nodes")
    }

    @Test func `the tables have the known checksum`() {
        let joined = (Tokens.single + Tokens.double).joined(separator: "\n")
        let checksum = PlainSHA256.digest(Array(joined.utf8)).hex
        #expect(checksum == "cfe8fcd3ef24f232ec7df9824e1baa277f6a736543efc0e5f48aa46abb0f8cd0")
    }

    @Test func `every token is found by its bytes and nothing else is`() {
        for (number, token) in Tokens.single.enumerated() {
            #expect(self.code(of: token) == (number == 0 ? nil : Tokens.Code(first: UInt8(number), second: nil)))
        }
        for (number, token) in Tokens.double.enumerated() {
            let code = Tokens.Code(first: 236 + UInt8(number / 256), second: UInt8(number % 256))
            #expect(self.code(of: token) == code)
        }
        let all = Set(Tokens.single + Tokens.double)
        for token in all where !token.isEmpty {
            for near in [token + "x", String(token.dropLast()), token.uppercased(), "x" + token]
            where !all.contains(near) {
                #expect(self.code(of: near) == nil, "\(near)")
            }
        }
    }

    private func code(of text: String) -> Tokens.Code? {
        Array(text.utf8).withUnsafeBufferPointer(Tokens.code(of:))
    }
}
