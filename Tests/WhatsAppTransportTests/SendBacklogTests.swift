import CryptoPrimitives
import Foundation
import SpoolCore
import Testing
import WhatsAppBinary
import WhatsAppClient

@testable import WhatsAppTransport

struct SendBacklogTests {
    private static func text(_ id: String, to chat: String) throws -> OutgoingText {
        OutgoingText(id: id, recipient: try JID(chat), text: id)
    }

    private static let uploaded = UploadedAttachment(
        MediaAttachment(kind: .image, path: "/a", hash: [1], mimeType: "image/jpeg"),
        MediaUpload(
            mediaKey: SecretBytes([1]), fileEncSHA256: [2], fileLength: 3, url: "https://m.example/v",
            directPath: "/v", keyMadeAt: .distantPast, uploadedAt: .distantPast))

    /// Messages by id, with `*` behind it when they wait for an attachment.
    private static func backlog(_ messages: [(id: String, chat: String)]) throws -> SendBacklog {
        var backlog = SendBacklog()
        for (index, message) in messages.enumerated() {
            let isWaiting = message.id.hasSuffix("*")
            backlog.append(index, try self.text(message.id, to: message.chat), isReady: !isWaiting)
        }
        return backlog
    }

    private static func ids(_ ready: [SendBacklog.Entry]) -> [String] { ready.map(\.text.id) }

    @Test func `without attachments all go at once, in their order`() throws {
        var backlog = try Self.backlog([("A", "1@lid"), ("B", "2@lid"), ("C", "1@lid")])
        let ready = backlog.takeReady()
        #expect(Self.ids(ready) == ["A", "B", "C"] && ready.map(\.index) == [0, 1, 2])
        #expect(backlog.takeReady().isEmpty)
    }

    @Test func `a message that waits holds back its own chat and no other`() throws {
        var backlog = try Self.backlog([
            ("A", "1@lid"), ("B*", "1@lid"), ("C", "2@lid"), ("D", "1@lid"), ("E*", "2@lid"), ("F", "3@lid"),
        ])
        #expect(Self.ids(backlog.takeReady()) == ["A", "C", "F"])
        backlog.attach(Self.uploaded, to: 1)
        let ready = backlog.takeReady()
        #expect(Self.ids(ready) == ["B*", "D"])
        #expect(ready[0].text.attachment == Self.uploaded && ready[1].text.attachment == nil)
        #expect(backlog.takeReady().isEmpty)
        backlog.attach(Self.uploaded, to: 4)
        #expect(Self.ids(backlog.takeReady()) == ["E*"])
    }

    @Test func `one that is given up holds back nothing any more`() throws {
        var backlog = try Self.backlog([("A*", "1@lid"), ("B", "1@lid"), ("C*", "1@lid"), ("D", "1@lid")])
        #expect(backlog.takeReady().isEmpty)
        backlog.drop(0)
        #expect(Self.ids(backlog.takeReady()) == ["B"])
        backlog.drop(2)
        #expect(Self.ids(backlog.takeReady()) == ["D"])
    }

    @Test func `uploads that end are taken together, and waited for when there are none`() async {
        let ended = EndedUploads()
        await ended.add(0, .failure(.changed))
        await ended.add(1, .failure(.underWay))
        #expect(await ended.takeAll().map(\.index) == [0, 1])
        async let next = ended.takeAll()
        await ended.add(2, .failure(.changed))
        #expect(await next.map(\.index) == [2])
    }
}

struct AttachmentMappingTests {
    @Test func `an attachment says what its description says`() {
        var description = MediaDescription(kind: .video, mimeType: "video/mp4", fileName: "a.mp4", size: 5)
        description.seconds = 7
        description.width = 640
        description.height = -1
        description.thumbnail = [1]
        let media = OutgoingMedia(path: "/a", hash: [1, 2], description: description)
        #expect(
            MediaAttachment(media)
                == MediaAttachment(
                    kind: .video, path: "/a", hash: [1, 2], mimeType: "video/mp4", fileName: "a.mp4", seconds: 7,
                    width: 640, height: 0, thumbnail: [1]))
    }

    @Test(arguments: [
        (SpoolCore.MediaKind.image, false, MediaAttachment.Kind.image), (.video, false, .video),
        (.audio, false, .audio),
        (.audio, true, .voiceNote), (.document, false, .document),
    ])
    func `kinds are those of the description, and a voice note is one of its own`(
        kind: SpoolCore.MediaKind, isVoiceNote: Bool, expected: MediaAttachment.Kind
    ) {
        var description = MediaDescription(kind: kind, mimeType: "a/b", fileName: nil, size: 5)
        description.isVoiceNote = isVoiceNote
        #expect(MediaAttachment(OutgoingMedia(path: "/a", hash: [], description: description)).kind == expected)
    }

    @Test(arguments: [
        (AttachmentFailure.refused(status: 400), "REJECTED"), (.refused(status: 413), "MEDIA_TOO_LARGE"),
        (.refused(status: 415), "MEDIA_TYPE"), (.tooLarge(bytes: 5), "MEDIA_TOO_LARGE"),
        (.unavailable("gone"), "MEDIA_UNAVAILABLE"), (.changed, "MEDIA_UNAVAILABLE"),
    ])
    func `what is wrong with the file fails its message`(failure: AttachmentFailure, code: String) {
        guard case .permanent(let permanent, let detail) = failure.error else {
            Issue.record("\(failure.error)")
            return
        }
        #expect(permanent.rawValue == code && !detail.isEmpty)
    }

    @Test(arguments: [
        (AttachmentFailure.notTaken(reason: "a.example has answered 503", retryAfter: nil), "MEDIA_UPLOAD_REFUSED"),
        (.underWay, "MEDIA_UPLOAD_REFUSED"), (.noRoom("No space left on device"), "MEDIA_UPLOAD_REFUSED"),
        (.notBegun(.refused(IQError(code: 429))), "RATE_LIMITED"),
        (.notBegun(.refused(IQError(code: 500))), "REQUEST_FAILED"),
        (.notBegun(.malformedAnswer("media_conn")), "REQUEST_FAILED"),
        (.notBegun(.storeFailed("disk full")), "STORE_FAILED"),
    ])
    func `what may work later is tried again`(failure: AttachmentFailure, code: String) {
        guard case .temporary(code, let detail) = failure.error else {
            Issue.record("\(failure.error)")
            return
        }
        #expect(!detail.isEmpty)
    }

    @Test(arguments: [AttachmentFailure.notBegun(.notConnected), .cancelled])
    func `without a connection the message is as it was`(failure: AttachmentFailure) {
        #expect(SendResult.failure(failure.error).isSessionLost)
    }
}
