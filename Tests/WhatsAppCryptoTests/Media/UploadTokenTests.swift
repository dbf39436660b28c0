import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppCrypto

@Suite struct UploadTokenTests {
    @Test func `a token reads back, with its padding and without`() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            let file = generator.bytes(count: 8)
            let token = try MediaEncryptor.encrypt(
                file, mediaKey: .random(count: 32, using: &generator), kind: .image
            ).digests.uploadToken
            #expect(token.description.utf8.count == 44)
            #expect(!token.description.contains { "+/".contains($0) })
            #expect(try UploadToken(token.description) == token)
            #expect(try UploadToken(String(token.description.dropLast())) == token)
        }
    }

    @Test(arguments: [
        "", "=", "A", "3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLN", "3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNM==",
        "+odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNM=", "3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pL%M=",
        "3odK1nwSJxKGqeKvrovg0ahbkcJDjFZ5qkYJuG0pLNé",
    ]) func `what is no token is refused`(text: String) {
        #expect(throws: WhatsAppCryptoError.malformedUploadToken) { try UploadToken(text) }
    }
}
