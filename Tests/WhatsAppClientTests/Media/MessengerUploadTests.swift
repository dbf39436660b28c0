import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@testable import WhatsAppClient

@Suite struct MessengerUploadTests {
    private static func passes(_ bench: MessengerBench) async -> Int { await bench.channel.queries("w:m").count }

    @Test func `a file is encrypted under a fresh key and lies at the first host under its hash`() async throws {
        let bench = try await MessengerBench.online()
        let file = Array("a file".utf8)
        let attachment = try MediaAttachment.test(.image, file, in: bench.uploader)
        let uploaded = try await bench.messenger.upload(attachment).get()
        #expect(uploaded.attachment == attachment)
        let upload = uploaded.upload
        let request = try #require(bench.uploader.requests.first)
        let blob = try #require(bench.uploader.blobs.first)
        #expect(try Digest.sha256.hash(blob) == upload.fileEncSHA256)
        let token = Data(upload.fileEncSHA256).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        #expect(request.host == "one.example")
        #expect(request.target == "/mms/image/\(token)?auth=pass%201&token=\(token.percentEncoded)")
        #expect(upload.url == "https://one.example/v/\(token)?ccb=1")
        #expect(upload.directPath == "/v/\(token)?ccb=1")
        #expect(upload.fileLength == 6)
        #expect(upload.keyMadeAt == bench.date.now && upload.uploadedAt == bench.date.now)
        #expect(
            try MediaDecryptor.decrypt(
                blob, mediaKey: upload.mediaKey, kind: .image, fileSHA256: attachment.hash,
                fileEncSHA256: upload.fileEncSHA256) == file)
        #expect(try await bench.store.read { try $0.loadMediaUpload(attachment.uploadKey) } == upload)
    }

    @Test func `many who want the same file at the same time share one upload`() async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        bench.uploader.hold()
        let uploads = Task {
            await withTaskGroup(of: MediaUpload?.self) { group in
                for _ in 0..<100 { group.addTask { try? await bench.messenger.upload(attachment).get().upload } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        try await eventually("the post") { bench.uploader.heldCount == 1 }
        bench.uploader.release()
        let all = await uploads.value
        #expect(all.count == 100 && all.allSatisfy { $0 != nil && $0 == all[0] })
        _ = try await bench.messenger.upload(attachment).get()
        #expect(bench.uploader.requests.count == 1 && bench.uploader.encryptions == 1)
        #expect(await Self.passes(bench) == 1)
    }

    @Test func `another kind is another upload, for it has other keys; a voice note is audio`() async throws {
        let bench = try await MessengerBench.online()
        for kind in [MediaAttachment.Kind.document, .image, .video, .audio, .voiceNote] {
            _ = try await bench.messenger.upload(MediaAttachment.test(kind, in: bench.uploader)).get()
        }
        let kinds = bench.uploader.requests.map { $0.target.split(separator: "/")[1] }
        #expect(kinds == ["document", "image", "video", "audio"])
        #expect(await Self.passes(bench) == 1)
    }

    @Test func `an upload is renewed after a week`() async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let first = try await bench.messenger.upload(attachment).get().upload
        bench.date.advance(by: 7 * 86_400 - 1)
        #expect(try await bench.messenger.upload(attachment).get().upload == first)
        bench.date.advance(by: 1)
        let second = try await bench.messenger.upload(attachment).get().upload
        #expect(second.mediaKey != first.mediaKey)
        #expect(bench.uploader.requests.count == 2)
    }

    @Test func `an upload is renewed when its address says that it has expired`() async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let expiry = Int(bench.date.now.timeIntervalSince1970) + 60
        bench.uploader.setDirectPathEnd("&oe=" + String(expiry, radix: 16, uppercase: true) + "&_nc=1")
        _ = try await bench.messenger.upload(attachment).get()
        bench.date.advance(by: 59)
        _ = try await bench.messenger.upload(attachment).get()
        #expect(bench.uploader.requests.count == 1)
        bench.date.advance(by: 1)
        _ = try await bench.messenger.upload(attachment).get()
        #expect(bench.uploader.requests.count == 2)
    }

    @Test(arguments: [
        ("/v/1?ccb=1&oe=65A00000&x=1", 1_704_984_576 as Double?), ("/v/1?oe=65a00000", 1_704_984_576), ("/v/1", nil),
        ("/v/oe=65A00000", nil), ("/v/1?oe=", nil), ("/v/1?oe=xyz", nil), ("/v/1?aoe=65A00000", nil),
        ("/v/1?oe=FFFFFFFFFFFFFFFFF", nil),
    ])
    func `the expiry stands in the address in hexadecimal`(address: String, seconds: Double?) {
        #expect(MediaAddress.expiry(of: address)?.timeIntervalSince1970 == seconds)
    }

    @Test func `a pass is used until it expires`() async throws {
        let bench = try await MessengerBench.online()
        _ = await bench.messenger.upload(try .test(.document, [1], in: bench.uploader))
        bench.clock.advance(by: .seconds(299))
        _ = await bench.messenger.upload(try .test(.document, [2], in: bench.uploader))
        #expect(await Self.passes(bench) == 1)
        bench.clock.advance(by: .seconds(1))
        _ = await bench.messenger.upload(try .test(.document, [3], in: bench.uploader))
        #expect(await Self.passes(bench) == 2)
        #expect(bench.uploader.requests.map { $0.target.contains("auth=pass%202") } == [false, false, true])
    }

    @Test(arguments: [401, 403])
    func `a pass that is not accepted is renewed, once for all who were refused`(status: Int) async throws {
        let bench = try await MessengerBench.online()
        bench.uploader.answer(status: status, status)
        bench.uploader.hold()
        let attachments = try (0..<2).map { try MediaAttachment.test(.document, [UInt8($0)], in: bench.uploader) }
        let uploads = Task {
            await withTaskGroup(of: Bool.self) { group in
                for attachment in attachments {
                    group.addTask { (try? await bench.messenger.upload(attachment).get()) != nil }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        try await eventually("both posts") { bench.uploader.heldCount == 2 }
        bench.uploader.release()
        #expect(await uploads.value == [true, true])
        #expect(await Self.passes(bench) == 2)
        #expect(bench.uploader.requests.count == 4)
    }

    @Test func `a host that fails is passed over, and after a round of failures there is a pause`() async throws {
        let bench = try await MessengerBench.online()
        bench.uploader.answer(
            .failure(.network("connection refused")), .success(UploadAnswer(status: 503, body: [])), .failure(.timedOut)
        )
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let upload = Task { await bench.messenger.upload(attachment) }
        // The caller's patience sleeps too.
        await bench.clock.sleepers(atLeast: 2)
        #expect(bench.uploader.requests.map(\.host) == ["one.example", "two.example"])
        bench.clock.advance(by: .seconds(1))
        _ = try await upload.value.get()
        #expect(bench.uploader.requests.map(\.host) == ["one.example", "two.example", "one.example", "two.example"])
        #expect(bench.uploader.encryptions == 1)
    }

    @Test func `what is refused for good is not tried again`() async throws {
        for status in [400, 413, 415] {
            let bench = try await MessengerBench.online()
            bench.uploader.answer(status: status)
            let attachment = try MediaAttachment.test(in: bench.uploader)
            #expect(await bench.messenger.upload(attachment) == .failure(.refused(status: status)))
            #expect(bench.uploader.requests.count == 1)
            #expect(try await bench.store.read { try $0.loadMediaUpload(attachment.uploadKey) } == nil)
        }
    }

    @Test func `a file that is gone, or another by now, is not sent`() async throws {
        let bench = try await MessengerBench.online()
        var attachment = try MediaAttachment.test(in: bench.uploader)
        bench.uploader.write([9], to: attachment.path)
        #expect(await bench.messenger.upload(attachment) == .failure(.changed))
        attachment.path = "/nowhere"
        #expect(await bench.messenger.upload(attachment) == .failure(.unavailable("No such file or directory")))
        #expect(bench.uploader.requests.isEmpty)
    }

    @Test func `who has waited long enough leaves the upload to the next attempt`() async throws {
        let bench = try await MessengerBench.online()
        bench.uploader.hold()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let upload = Task { await bench.messenger.upload(attachment) }
        try await eventually("the post") { bench.uploader.heldCount == 1 }
        bench.clock.advance(by: .seconds(120))
        #expect(await upload.value == .failure(.underWay))
        let again = Task { await bench.messenger.upload(attachment) }
        await bench.clock.sleepers(atLeast: 1)
        bench.uploader.release()
        _ = try await again.value.get()
        #expect(bench.uploader.requests.count == 1)
    }

    @Test func `who is cancelled waits no longer, and the end of the session ends its uploads`() async throws {
        let bench = try await MessengerBench.online()
        bench.uploader.hold()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        let one = Task { await bench.messenger.upload(attachment) }
        let two = Task { await bench.messenger.upload(attachment) }
        try await eventually("the post") { bench.uploader.heldCount == 1 }
        await bench.clock.sleepers(atLeast: 2)
        one.cancel()
        #expect(await one.value == .failure(.cancelled))
        await bench.messenger.attach(nil)
        bench.uploader.release()
        #expect(await two.value == .failure(.cancelled))
    }

    @Test func `a pass that is refused fails the upload, and too many requests give it a rest`() async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        await bench.channel.refuse("w:m", .refused(IQError(code: 500)), .refused(IQError(code: 429)))
        #expect(await bench.messenger.upload(attachment) == .failure(.notBegun(.refused(IQError(code: 500)))))
        #expect(await bench.messenger.upload(attachment) == .failure(.notBegun(.refused(IQError(code: 429)))))
        bench.clock.advance(by: .seconds(59))
        #expect(
            await bench.messenger.upload(attachment)
                == .failure(.notBegun(.refused(IQError(code: 429, backoff: .seconds(1))))))
        #expect(await Self.passes(bench) == 2)
        bench.clock.advance(by: .seconds(1))
        _ = try await bench.messenger.upload(attachment).get()
    }

    @Test func `at most two files are uploaded at a time`() async throws {
        let bench = try await MessengerBench.online()
        bench.uploader.hold()
        let attachments = try (0..<5).map { try MediaAttachment.test(.document, [UInt8($0)], in: bench.uploader) }
        let uploads = Task {
            await withTaskGroup(of: Bool.self) { group in
                for attachment in attachments {
                    group.addTask { (try? await bench.messenger.upload(attachment).get()) != nil }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        await bench.clock.sleepers(atLeast: 5)
        try await eventually("two posts") { bench.uploader.heldCount == 2 }
        #expect(bench.uploader.encryptions == 2)
        bench.uploader.release()
        #expect(await uploads.value == [true, true, true, true, true])
    }

    @Test func `uploads that are a week old are forgotten`() async throws {
        let bench = try await MessengerBench.online()
        let attachment = try MediaAttachment.test(in: bench.uploader)
        _ = try await bench.messenger.upload(attachment).get()
        bench.date.advance(by: 7 * 86_400 + 1)
        await bench.messenger.sessionReached(.drained)
        await bench.messenger.performJobs()
        #expect(try await bench.store.read { try $0.loadMediaUpload(attachment.uploadKey) } == nil)
    }
}
