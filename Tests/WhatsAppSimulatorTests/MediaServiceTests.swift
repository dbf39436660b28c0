import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppSimulator

/// Hosts, uploads, downloads and phones that fetch, without the wire.
struct MediaServiceTests {
    private typealias Bench = ServiceBench

    private static func linked() throws -> (Bench, TestDevice, ConnectionID) {
        var bench = Bench()
        bench.service.media.hosts = ["127.0.0.1:1001", "127.0.0.1:1002"]
        var device = try TestDevice(seed: 1)
        let id = try bench.link(&device, to: Bench.ann)
        return (bench, device, id)
    }

    private static func auth(_ bench: inout Bench, _ device: inout TestDevice, _ id: ConnectionID) throws -> String {
        try require(bench.query(device.mediaQuery(), on: id).child("media_conn")?.string("auth"))
    }

    private static func request(
        _ method: String, _ uri: String, length: Int? = nil, more: [(String, String)] = []
    ) -> MediaRequest {
        var headers: [(name: String, value: String)] = [("Origin", "https://web.whatsapp.com")]
        if let length { headers.append(("Content-Length", "\(length)")) }
        return MediaRequest(
            method: method, uri: uri, headers: headers + more.map { (name: $0.0, value: $0.1) })
    }

    private static func post(_ file: TestFile, auth: String, padded: Bool = true) -> MediaRequest {
        self.request("POST", file.target(auth: auth, padded: padded), length: file.encrypted.count)
    }

    /// Uploads a file and gives it with its path.
    private static func upload(
        _ file: TestFile, _ bench: inout Bench, _ device: inout TestDevice, _ id: ConnectionID
    ) throws -> TestFile {
        let auth = try self.auth(&bench, &device, id)
        guard case .take(let reception) = bench.service.decide(self.post(file, auth: auth)) else {
            throw Missing(line: #line)
        }
        let answer = bench.service.complete(reception, hash: file.digests.fileEncSHA256)
        var file = file
        file.directPath = try require(self.json(answer)["direct_path"] as? String)
        return file
    }

    private static func json(_ answer: MediaAnswer) throws -> [String: Any] {
        try require(JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    private static func status(_ decision: MediaDecision) -> Int {
        guard case .answer(let answer) = decision else { return 200 }
        return answer.status
    }

    @Test func `a device is told two hosts and a secret that differs each time`() throws {
        var (bench, device, id) = try Self.linked()
        let first = try require(bench.query(device.mediaQuery(), on: id).child("media_conn"))
        let second = try require(bench.query(device.mediaQuery(), on: id).child("media_conn"))
        #expect(first.string("ttl") == "5")
        #expect(first.string("auth") != second.string("auth"))
        #expect(first.children("host").map { $0.string("hostname") } == ["127.0.0.1:1001", "127.0.0.1:1002"])
        #expect(first.children("host").allSatisfy { $0.child("upload") != nil })
        #expect(bench.service.counts.mediaQueries == 2)
        #expect(bench.complaints == [])
    }

    @Test(arguments: [true, false])
    func `an upload is taken with a token with and without padding`(padded: Bool) throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([1, 2, 3], as: .image)
        let auth = try Self.auth(&bench, &device, id)
        guard case .take(let reception) = bench.service.decide(Self.post(file, auth: auth, padded: padded)) else {
            throw Missing(line: #line)
        }
        #expect(reception.count == UInt64(file.encrypted.count))
        let answer = bench.service.complete(reception, hash: file.digests.fileEncSHA256)
        let json = try Self.json(answer)
        let path = try require(json["direct_path"] as? String)
        #expect(path.hasPrefix("/v/t62.SIM/\(file.token)?ccb=sim&oe="))
        #expect(json["url"] as? String == "http://127.0.0.1:1001" + path)
        #expect(bench.service.counts.uploads == 1)
        #expect(bench.complaints == [])
    }

    struct WrongUpload: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let status: Int
        let request: @Sendable (TestFile, String) -> MediaRequest
    }

    private static func wrong(
        _ name: String, _ status: Int, _ request: @escaping @Sendable (TestFile, String) -> MediaRequest
    ) -> WrongUpload { WrongUpload(testDescription: name, status: status, request: request) }

    private static let wrongUploads = [
        Self.wrong("without auth", 401) { file, _ in
            Self.request(
                "POST", "/mms/image/\(file.token)?token=\(file.token)", length: file.encrypted.count)
        },
        Self.wrong("with another auth", 401) { file, auth in Self.post(file, auth: auth + "x") },
        Self.wrong("with an auth that is not encoded", 401) { file, auth in
            Self.request(
                "POST", "/mms/image/\(file.token)?auth=\(auth)&token=\(file.token)", length: file.encrypted.count)
        },
        Self.wrong("of an unknown type", 404) { file, auth in
            Self.request(
                "POST", file.target(auth: auth).replacing("/mms/image", with: "/mms/poster"),
                length: file.encrypted.count)
        },
        Self.wrong("at another path", 404) { file, auth in
            Self.request(
                "POST", file.target(auth: auth).replacing("/mms/", with: "/xms/"), length: file.encrypted.count)
        },
        Self.wrong("without token in the query", 400) { file, auth in
            Self.request(
                "POST", String(file.target(auth: auth).split(separator: "&")[0]), length: file.encrypted.count)
        },
        Self.wrong("with two different tokens", 400) { file, auth in
            let other = try? TestFile([9], as: .image).token
            return Self.request(
                "POST",
                file.target(auth: auth).replacing("/\(file.token)", with: "/\(other.map { "\($0)" } ?? "")"),
                length: file.encrypted.count)
        },
        Self.wrong("with a token that is no hash", 400) { file, auth in
            Self.request(
                "POST", file.target(auth: auth).replacing("\(file.token)", with: "abc"),
                length: file.encrypted.count)
        },
        Self.wrong("without Content-Length", 411) { file, auth in
            Self.request("POST", file.target(auth: auth))
        },
        Self.wrong("in chunks", 411) { file, auth in
            Self.request("POST", file.target(auth: auth), more: [("Transfer-Encoding", "chunked")])
        },
        Self.wrong("of a length no encrypted file has", 400) { file, auth in
            Self.request("POST", file.target(auth: auth), length: file.encrypted.count + 1)
        },
        Self.wrong("of ten bytes", 400) { file, auth in
            Self.request("POST", file.target(auth: auth), length: 10)
        },
        Self.wrong("that is too large", 413) { file, auth in
            Self.request("POST", file.target(auth: auth), length: 134_217_728 + 26)
        },
        Self.wrong("with a length beyond all numbers", 413) { file, auth in
            Self.request("POST", file.target(auth: auth), more: [("Content-Length", "18446744073709551610")])
        },
        Self.wrong("with another method", 405) { file, auth in
            Self.request("PUT", file.target(auth: auth), length: file.encrypted.count)
        },
    ]

    @Test(arguments: Self.wrongUploads)
    func `a wrong upload is refused and complained about`(upload: WrongUpload) throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([1, 2, 3], as: .image)
        let auth = try Self.auth(&bench, &device, id)
        #expect(Self.status(bench.service.decide(upload.request(file, auth))) == upload.status)
        #expect(bench.service.complaints.entries.map(\.answer) == ["HTTP \(upload.status)"])
    }

    @Test func `bytes whose hash is not the token are refused`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([1, 2, 3], as: .image)
        let auth = try Self.auth(&bench, &device, id)
        guard case .take(let reception) = bench.service.decide(Self.post(file, auth: auth)) else {
            throw Missing(line: #line)
        }
        #expect(bench.service.complete(reception, hash: [UInt8](repeating: 0, count: 32)).status == 400)
        #expect(bench.complaints == ["the hash of an upload is not its token"])
        #expect(bench.service.media.blobs.isEmpty)
    }

    @Test func `what a device was given is over after its time, and when the device is unlinked`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([1, 2, 3], as: .image)
        let auth = try Self.auth(&bench, &device, id)
        bench.pass(300)
        #expect(Self.status(bench.service.decide(Self.post(file, auth: auth))) == 401)
        #expect(bench.complaints == [])
        let next = try Self.auth(&bench, &device, id)
        bench.service.unlink(SimulatedDeviceID(number: Bench.ann, device: 1))
        #expect(Self.status(bench.service.decide(Self.post(file, auth: next))) == 401)
    }

    @Test func `an upload that broke off goes on where it was, and a whole one need not be repeated`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([UInt8](repeating: 1, count: 100), as: .video)
        let auth = try Self.auth(&bench, &device, id)
        let question = Self.request("POST", file.target(auth: auth) + "&resume=1", length: 0)
        func answer(_ decision: MediaDecision) throws -> [String: Any] {
            guard case .answer(let answer) = decision else { throw Missing(line: #line) }
            return try Self.json(answer)
        }
        #expect(try answer(bench.service.decide(question))["resume"] as? Int == 0)
        guard case .take(let first) = bench.service.decide(Self.post(file, auth: auth)) else {
            throw Missing(line: #line)
        }
        bench.service.interrupt(first, kept: 50)
        #expect(try answer(bench.service.decide(question))["resume"] as? Int == 50)
        let rest = file.encrypted.count - 50
        let wrong = Self.request("POST", file.target(auth: auth) + "&file_offset=40", length: rest)
        #expect(Self.status(bench.service.decide(wrong)) == 400)
        let right = Self.request("POST", file.target(auth: auth) + "&file_offset=50", length: rest)
        guard case .take(let second) = bench.service.decide(right) else { throw Missing(line: #line) }
        #expect(second.offset == 50)
        #expect(bench.service.complete(second, hash: file.digests.fileEncSHA256).status == 200)
        let whole = try answer(bench.service.decide(question))
        #expect(whole["resume"] as? String == "complete")
        #expect(whole["direct_path"] != nil)
        bench.service.settings.media.resumes = false
        #expect(Self.status(bench.service.decide(question)) == 400)
    }

    @Test func `a file is given to who has its path, until it is over`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        let get = Self.request("GET", file.source)
        guard case .give(let gift) = bench.service.decide(get) else { throw Missing(line: #line) }
        #expect(gift.token == file.token)
        #expect(gift.length == UInt64(file.encrypted.count))
        let other = try TestFile([9], as: .image).token
        let wrongHash = Self.request("GET", file.source.replacing("hash=\(file.token)", with: "hash=\(other)"))
        #expect(Self.status(bench.service.decide(wrongHash)) == 403)
        #expect(Self.status(bench.service.decide(Self.request("GET", "/v/t62.SIM/x?oe=7fffffff"))) == 404)
        bench.pass(1_209_600)
        #expect(Self.status(bench.service.decide(get)) == 410)
    }

    @Test func `a phone fetches an image and shows what the message says of it`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        try bench.send(.image(file), id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(bench.inbox(Bench.bob).map(\.media?.state) == [.waiting])
        let order = try require(bench.fetches.first).order
        #expect(order.mediaKey == file.mediaKey)
        try bench.finishFetch(.verified(length: 3))
        try bench.finishFetch(.verified(length: 3))
        let media = try require(bench.inbox(Bench.bob).first?.media)
        #expect(media.kind == .image)
        #expect(media.caption == "look")
        #expect(media.mimeType == "image/jpeg")
        #expect(media.size == 3)
        #expect(media.sha256 == file.digests.fileSHA256.hexadecimal)
        #expect(media.thumbnailSize == 3)
        #expect(media.state == .verified)
        #expect(bench.service.counts.shownMessages == 1)
        #expect(bench.complaints == [])
    }

    @Test func `a file that is gone is asked for again with a receipt, and one that is wrong complained about`() throws
    {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        try bench.fault(#"{"do": "expireMedia"}"#)
        try bench.send(.image(file), id: "A1", to: Bench.bob, from: &device, on: id)
        let receipts = (bench.sent[id] ?? []).filter { $0.tag == "receipt" && $0.string("type") == "server-error" }
        #expect(receipts.map { $0.string("id") } == ["A1", "A1"])
        #expect(receipts.first?.child("encrypt")?.child("enc_iv")?.bytes?.count == 12)
        #expect(bench.inbox(Bench.bob).map(\.media?.state) == [.failed("HTTP 404")])
        let next = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        try bench.send(.image(next), id: "A2", to: Bench.bob, from: &device, on: id)
        try bench.finishFetch(.wrong("no such padding"))
        #expect(bench.complaints == ["a file is not what the message says: no such padding"])
    }

    @Test func `a phone tries again when a server has a problem, five times`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        try bench.fault(
            #"{"on": "mediaDownload", "to": "\#(Bench.bob)", "times": 4, "do": "httpError", "code": 503}"#)
        try bench.send(.image(file), id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(bench.fetches.contains { $0.order.message?.chat == Bench.ann })
        try bench.fault(
            #"{"on": "mediaDownload", "to": "\#(Bench.bob)", "times": 5, "do": "httpError", "code": 503}"#)
        try bench.send(.image(file), id: "A2", to: Bench.bob, from: &device, on: id)
        #expect(bench.inbox(Bench.bob).map(\.media?.state) == [.waiting, .failed("HTTP 503")])
        #expect(bench.complaints == [])
    }

    @Test func `a media message without media type is refused, as is one with a wrong one`() throws {
        for mediaType in [nil, "picture"] {
            var (bench, device, id) = try Self.linked()
            let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
            var content = TestContent.image(file)
            content.mediaType = mediaType
            try bench.send(content, id: "A1", to: Bench.bob, from: &device, on: id)
            #expect(try bench.next("ack", on: id).string("error") == "479")
        }
    }

    @Test func `a media type that is not that of the content is seen by the phone`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        var content = TestContent.image(file)
        content.mediaType = "document"
        try bench.send(content, id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(
            bench.complaints.allSatisfy { $0 == "a message of type media and media type document holds another kind" })
        #expect(bench.complaints.count == 2)
    }

    @Test func `fields that are missing are named`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .image), &bench, &device, id)
        let content = TestContent.image(file) {
            $0.clearFileSha256()
            $0.clearMediaKeyTimestamp()
            $0.jpegthumbnail = Data([1])
        }
        try bench.send(content, id: "A1", to: Bench.bob, from: &device, on: id)
        #expect(bench.complaints.contains("a message with image without right fileSHA256, mediaKeyTimestamp"))
        #expect(bench.complaints.contains("a thumbnail that is no JPEG"))
    }

    @Test func `the caption of a document needs its wrapper`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .document), &bench, &device, id)
        try bench.send(
            .document(file, caption: "read", isWrapped: true), id: "A1", to: Bench.bob, from: &device, on: id)
        try bench.send(
            .document(file, caption: nil, isWrapped: false), id: "A2", to: Bench.bob, from: &device, on: id)
        #expect(bench.complaints == [])
        #expect(bench.inbox(Bench.bob).map(\.media?.fileName) == ["a.pdf", "a.pdf"])
        #expect(bench.inbox(Bench.bob).map(\.media?.caption) == ["read", nil])
        try bench.send(
            .document(file, caption: "read", isWrapped: false), id: "A3", to: Bench.bob, from: &device, on: id)
        #expect(bench.complaints.contains("a document with caption outside of documentWithCaptionMessage"))
    }

    @Test func `a voice note is OGG with Opus and says so`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try Self.upload(TestFile([1, 2, 3], as: .audio), &bench, &device, id)
        try bench.send(.audio(file, "ptt") { $0.ptt = true }, id: "A1", to: Bench.bob, from: &device, on: id)
        try bench.send(
            .audio(file, "audio") { $0.mimetype = "audio/mpeg" }, id: "A2", to: Bench.bob, from: &device, on: id)
        #expect(bench.complaints == [])
        #expect(bench.inbox(Bench.bob).map(\.media?.kind) == [.ptt, .audio])
        #expect(bench.inbox(Bench.bob).map(\.media?.seconds) == [3, 3])
        let wrong = TestContent.audio(file, "ptt") {
            $0.ptt = true
            $0.mimetype = "audio/mpeg"
        }
        try bench.send(wrong, id: "A3", to: Bench.bob, from: &device, on: id)
        #expect(bench.complaints.contains("a voice note of type audio/mpeg; they are audio/ogg; codecs=opus"))
    }

    @Test func `questions about hosts can be refused by a fault`() throws {
        var (bench, device, id) = try Self.linked()
        try bench.fault(#"{"on": "mediaConnection", "do": "iqError", "code": 503}"#)
        #expect(try bench.query(device.mediaQuery(), on: id).child("error")?.string("code") == "503")
        #expect(try bench.query(device.mediaQuery(), on: id).child("media_conn") != nil)
    }

    @Test func `an upload can be refused by a fault, and the secrets be revoked`() throws {
        var (bench, device, id) = try Self.linked()
        let file = try TestFile([1, 2, 3], as: .image)
        let auth = try Self.auth(&bench, &device, id)
        try bench.fault(#"{"on": "mediaUpload", "times": 2, "do": "httpError", "code": 503, "retryAfter": 7}"#)
        for _ in 0..<2 {
            guard case .answer(let answer) = bench.service.decide(Self.post(file, auth: auth)) else {
                throw Missing(line: #line)
            }
            #expect(answer.status == 503)
            #expect(answer.retryAfter == 7)
        }
        #expect(Self.status(bench.service.decide(Self.post(file, auth: auth))) == 200)
        try bench.fault(#"{"do": "revokeMediaAuth"}"#)
        #expect(Self.status(bench.service.decide(Self.post(file, auth: auth))) == 401)
        #expect(bench.complaints == [])
    }
}
