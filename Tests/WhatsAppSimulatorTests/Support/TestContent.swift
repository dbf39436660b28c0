import CryptoPrimitives
import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

/// What a test sends, and what its stanza says of it.
struct TestContent {
    var message = WAMessage()
    var type = "media"
    var mediaType: String?

    static func text(_ text: String) -> TestContent {
        var content = TestContent(type: "text")
        content.message.conversation = text
        return content
    }

    static func image(_ file: TestFile, _ change: (inout WAImageMessage) -> Void = { _ in }) -> TestContent {
        var content = TestContent(mediaType: "image")
        content.message.imageMessage = WAImageMessage.with {
            $0.url = "http://media.example" + file.directPath
            $0.mimetype = "image/jpeg"
            $0.caption = "look"
            $0.fileSha256 = Data(file.digests.fileSHA256)
            $0.fileLength = file.digests.fileLength
            $0.width = 2
            $0.height = 1
            $0.mediaKey = Data(file.mediaKey)
            $0.fileEncSha256 = Data(file.digests.fileEncSHA256)
            $0.directPath = file.directPath
            $0.mediaKeyTimestamp = 1_700_000_000
            $0.jpegthumbnail = Data([0xFF, 0xD8, 0xFF])
            change(&$0)
        }
        return content
    }

    static func document(_ file: TestFile, caption: String?, isWrapped: Bool) -> TestContent {
        var content = TestContent(mediaType: "document")
        let document = WADocumentMessage.with {
            $0.url = "http://media.example" + file.directPath
            $0.mimetype = "application/pdf"
            $0.fileName = "a.pdf"
            $0.fileSha256 = Data(file.digests.fileSHA256)
            $0.fileLength = file.digests.fileLength
            $0.mediaKey = Data(file.mediaKey)
            $0.fileEncSha256 = Data(file.digests.fileEncSHA256)
            $0.directPath = file.directPath
            $0.mediaKeyTimestamp = 1_700_000_000
            if let caption { $0.caption = caption }
        }
        if isWrapped {
            content.message.documentWithCaptionMessage.message.documentMessage = document
        } else {
            content.message.documentMessage = document
        }
        return content
    }

    static func audio(
        _ file: TestFile, _ mediaType: String, _ change: (inout WAAudioMessage) -> Void
    ) -> TestContent {
        var content = TestContent(mediaType: mediaType)
        content.message.audioMessage = WAAudioMessage.with {
            $0.url = "http://media.example" + file.directPath
            $0.mimetype = "audio/ogg; codecs=opus"
            $0.fileSha256 = Data(file.digests.fileSHA256)
            $0.fileLength = file.digests.fileLength
            $0.mediaKey = Data(file.mediaKey)
            $0.fileEncSha256 = Data(file.digests.fileEncSHA256)
            $0.directPath = file.directPath
            $0.mediaKeyTimestamp = 1_700_000_000
            $0.seconds = 3
            change(&$0)
        }
        return content
    }
}

/// A file as it is uploaded.
struct TestFile {
    let encrypted: [UInt8]
    let digests: MediaDigests
    let mediaKey: [UInt8]
    let kind: MediaKind
    /// Where the server has put it.
    var directPath = ""

    init(_ bytes: [UInt8], as kind: MediaKind, keyByte: UInt8 = 7) throws {
        self.mediaKey = [UInt8](repeating: keyByte, count: 32)
        self.kind = kind
        (self.encrypted, self.digests) = try MediaEncryptor.encrypt(
            bytes, mediaKey: SecretBytes(self.mediaKey), kind: kind)
    }

    var token: UploadToken { self.digests.uploadToken }

    /// The path and query it is posted to.
    func target(auth: String, padded: Bool = true) -> String {
        let token = padded ? self.token.description : self.token.description.replacing("=", with: "")
        let field = token.replacing("=", with: "%3D")
        let allowed = CharacterSet.alphanumerics
        let auth = auth.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return "/mms/\(self.kind.pathElement)/\(token)?auth=\(auth)&token=\(field)"
    }

    func placed(at directPath: String) -> TestFile {
        var file = self
        file.directPath = directPath
        return file
    }

    /// The path and query it is fetched from.
    var source: String { "\(self.directPath)&hash=\(self.token)&mms-type=\(self.kind.pathElement)&__wa-mms=" }
}
