import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

/// Messages with attachments.
@Suite struct MessengerMediaTests {
    private static let secret = [UInt8](repeating: 5, count: 32)

    private static func uploaded(_ kind: MediaAttachment.Kind) throws -> UploadedAttachment {
        let attachment = MediaAttachment(
            kind: kind, path: "/a", hash: [UInt8](repeating: 1, count: 32), mimeType: "the/type", fileName: "a.pdf",
            seconds: 7, width: 640, height: 480, thumbnail: [1, 2, 3])
        let upload = MediaUpload(
            mediaKey: SecretBytes([UInt8](repeating: 2, count: 32)), fileEncSHA256: [UInt8](repeating: 3, count: 32),
            fileLength: 1234, url: "https://m.example/v/1?oe=5", directPath: "/v/1?oe=5",
            keyMadeAt: Date(timeIntervalSince1970: 1_700_000_000.9), uploadedAt: Date(timeIntervalSince1970: 0))
        return UploadedAttachment(attachment, upload)
    }

    private static func message(
        _ kind: MediaAttachment.Kind, caption: String = "look", expiration: UInt32? = nil
    ) throws -> WAMessage {
        let content = try MessageContent.media(
            self.uploaded(kind), caption: caption, expiration: expiration, secret: self.secret)
        return try WAMessage(serializedBytes: content)
    }

    /// What all kinds say.
    private static func check(_ fields: some MediaFields, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(fields.url == "https://m.example/v/1?oe=5", sourceLocation: sourceLocation)
        #expect(fields.directPath == "/v/1?oe=5", sourceLocation: sourceLocation)
        #expect(fields.mimetype == "the/type", sourceLocation: sourceLocation)
        #expect(fields.fileSha256 == Data(repeating: 1, count: 32), sourceLocation: sourceLocation)
        #expect(fields.mediaKey == Data(repeating: 2, count: 32), sourceLocation: sourceLocation)
        #expect(fields.fileEncSha256 == Data(repeating: 3, count: 32), sourceLocation: sourceLocation)
        #expect(fields.fileLength == 1234, sourceLocation: sourceLocation)
        #expect(fields.mediaKeyTimestamp == 1_700_000_000, sourceLocation: sourceLocation)
    }

    @Test func `an image has caption, size and thumbnail`() throws {
        let message = try Self.message(.image)
        let image = message.imageMessage
        Self.check(image)
        #expect(image.caption == "look" && image.width == 640 && image.height == 480)
        #expect(image.jpegthumbnail == Data([1, 2, 3]))
        #expect(!image.hasContextInfo)
        #expect(message.messageContextInfo.messageSecret == Data(Self.secret))
    }

    @Test func `a video has caption, size, length and thumbnail`() throws {
        let video = try Self.message(.video).videoMessage
        Self.check(video)
        #expect(video.caption == "look" && video.width == 640 && video.height == 480 && video.seconds == 7)
        #expect(video.jpegthumbnail == Data([1, 2, 3]) && !video.hasGifPlayback && !video.hasStreamingSidecar)
    }

    @Test func `audio has its length; a voice note says that it is one`() throws {
        let audio = try Self.message(.audio, caption: "").audioMessage
        Self.check(audio)
        #expect(audio.seconds == 7 && !audio.hasPtt)
        let note = try Self.message(.voiceNote, caption: "").audioMessage
        Self.check(note)
        #expect(note.seconds == 7 && note.ptt)
    }

    @Test func `a document has its name, and is wrapped when it has a caption`() throws {
        let plain = try Self.message(.document, caption: "")
        #expect(plain.hasDocumentMessage && !plain.hasDocumentWithCaptionMessage)
        Self.check(plain.documentMessage)
        #expect(plain.documentMessage.fileName == "a.pdf" && plain.documentMessage.title == "a.pdf")
        #expect(!plain.documentMessage.hasCaption)
        let wrapped = try Self.message(.document)
        #expect(!wrapped.hasDocumentMessage)
        let document = wrapped.documentWithCaptionMessage.message.documentMessage
        Self.check(document)
        #expect(document.caption == "look")
        #expect(wrapped.messageContextInfo.messageSecret == Data(Self.secret))
    }

    @Test func `what is not known is left out`() throws {
        var attached = try Self.uploaded(.video)
        attached.attachment.seconds = nil
        attached.attachment.width = nil
        attached.attachment.height = nil
        attached.attachment.thumbnail = nil
        let content = try MessageContent.media(attached, caption: "", expiration: nil, secret: Self.secret)
        let video = try WAMessage(serializedBytes: content).videoMessage
        #expect(!video.hasSeconds && !video.hasWidth && !video.hasHeight && !video.hasJpegthumbnail)
        #expect(!video.hasCaption && !video.hasContextInfo)
    }

    @Test func `a chat whose messages disappear says so in every kind`() throws {
        #expect(try Self.message(.image, expiration: 86_400).imageMessage.contextInfo.expiration == 86_400)
        #expect(try Self.message(.video, expiration: 86_400).videoMessage.contextInfo.expiration == 86_400)
        #expect(try Self.message(.audio, expiration: 86_400).audioMessage.contextInfo.expiration == 86_400)
        #expect(
            try Self.message(.document, expiration: 86_400).documentWithCaptionMessage.message.documentMessage
                .contextInfo.expiration == 86_400)
    }

    @Test(arguments: MediaAttachment.Kind.allCases)
    func `stanza and ciphertexts say what kind it is, and the copy for our own devices is whole`(
        kind: MediaAttachment.Kind
    ) async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(kind, in: bench.uploader)
        let uploaded = try await bench.messenger.upload(attachment).get()
        let outcome = await bench.messenger.send(
            OutgoingText(id: "A1", recipient: MessengerBench.lid, text: "look", attachment: uploaded))
        #expect(outcome == .sent(at: Date(timeIntervalSince1970: 1_700_000_001)))
        let stanza = try #require(await bench.channel.messages.first)
        #expect(stanza.string("type") == "media")
        let names: [MediaAttachment.Kind: String] = [
            .image: "image", .video: "video", .audio: "audio", .voiceNote: "ptt", .document: "document",
        ]
        let name = try #require(names[kind])
        let encs = stanza.child("participants")?.children.compactMap { $0.child("enc") } ?? []
        #expect(encs.count == 3)
        #expect(encs.allSatisfy { $0.attributes == ["v": "2", "type": "pkmsg", "mediatype": .string(name)] })
        let message = try await bench.open(stanza, at: MessengerBench.lid)
        let named = try #require(MessageContent.upload(in: try message.serializedBytes()))
        #expect(named.key == attachment.uploadKey && named.fileEncSHA256 == uploaded.upload.fileEncSHA256)
        let copy = try await bench.open(stanza, at: MessengerBench.ownPhone)
        #expect(copy.deviceSentMessage.message == message)
    }

    @Test func `who could not read it gets it again as media, without another upload`() async throws {
        let bench = try await MessengerBench.online()
        let uploaded = try await bench.messenger.upload(.test(.voiceNote, in: bench.uploader)).get()
        _ = await bench.messenger.send(
            OutgoingText(id: "A1", recipient: MessengerBench.lid, text: "", attachment: uploaded))
        await bench.handle(MessengerBench.retry(from: MessengerBench.companion))
        await bench.messenger.performJobs()
        let stanza = try #require(await bench.channel.sent.last { $0.tag == "message" })
        #expect(stanza.string("type") == "media")
        #expect(stanza.child("enc")?.attributes == ["v": "2", "type": "pkmsg", "mediatype": "ptt", "count": "1"])
        #expect(
            try await bench.open(stanza, at: MessengerBench.companion).audioMessage.fileSha256
                == Data(uploaded.attachment.hash))
        #expect(bench.uploader.requests.count == 1)
    }

    // MARK: Uploads that are gone

    /// A device that has sent a document as A1.
    private func sent() async throws -> (MessengerBench, MediaAttachment) {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let uploaded = try await bench.messenger.upload(attachment).get()
        _ = await bench.messenger.send(
            OutgoingText(id: "A1", recipient: MessengerBench.lid, text: "look", attachment: uploaded))
        await bench.messenger.performJobs()
        await bench.channel.forget()
        return (bench, attachment)
    }

    private static func report(_ id: String = "A1", from: JID = MessengerBench.lid, chat: JID? = nil) -> Node {
        let rmr = chat.map { [Node("rmr", ["jid": .jid($0), "from_me": "true"])] } ?? []
        return MessengerBench.receipt(id, type: "server-error", from: from, children: rmr)
    }

    @Test func `a recipient who cannot get the file has it uploaded anew for later messages`() async throws {
        let (bench, attachment) = try await self.sent()
        await bench.handle(Self.report())
        #expect(await bench.channel.sent.map(\.tag) == ["ack"])
        #expect(bench.heard.messages.isEmpty, "it is no delivery")
        _ = try await bench.messenger.upload(attachment).get()
        #expect(bench.uploader.requests.count == 2)
        await bench.handle(Self.report())
        _ = try await bench.messenger.upload(attachment).get()
        #expect(bench.uploader.requests.count == 2, "the message has the old one, the new one is another")
    }

    @Test func `so does our own device that names the chat, and a notification`() async throws {
        let (bench, attachment) = try await self.sent()
        await bench.handle(Self.report(from: MessengerBench.ownPhone, chat: MessengerBench.pn))
        #expect(try await bench.store.read { try $0.loadMediaUpload(attachment.uploadKey) } == nil)
        let (other, second) = try await self.sent()
        let rmr = Node("rmr", ["jid": .jid(MessengerBench.lid), "from_me": "true"])
        await other.handle(
            MessengerBench.notification("mediaretry", from: MessengerBench.ownPhone, id: "A1", children: [rmr]))
        #expect(await other.channel.sent.map(\.tag) == ["ack"])
        #expect(try await other.store.read { try $0.loadMediaUpload(second.uploadKey) } == nil)
    }

    @Test func `reports about other messages, by others, or without end change nothing`() async throws {
        let (bench, attachment) = try await self.sent()
        await bench.handle(Self.report("A2"))
        await bench.handle(Self.report(from: jid("3@lid")))
        await bench.handle(Self.report(String(repeating: "A", count: 500)))
        #expect(try await bench.store.read { try $0.loadMediaUpload(attachment.uploadKey) } != nil)
        for number in 0..<25 {
            let uploaded = try await bench.messenger.upload(attachment).get()
            _ = await bench.messenger.send(
                OutgoingText(id: "C\(number)", recipient: MessengerBench.lid, text: "", attachment: uploaded))
            await bench.handle(Self.report("C\(number)"))
        }
        #expect(bench.uploader.requests.count == 1 + MessagePolicy.uploadReportsPerHour)
    }
}
