import CryptoPrimitives
import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// A device asks where to upload, gets hosts and a secret for it, and posts the encrypted file under the hash of it. Who
// has the path that comes back fetches the file without proving anything.
extension SimulatedService {
    /// What may stand in the path of an upload: the kinds there are keys for, and three kinds of thumbnails.
    private static let mediaTypes = Set(MediaKind.allCases.map(\.pathElement)).union([
        "thumbnail-document", "thumbnail-image", "thumbnail-video",
    ])
    private static let origin = "https://web.whatsapp.com"
    /// What the paths of files begin with.
    private static let shelfPath = ["v", "t62.SIM"]

    mutating func queryMediaHosts(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard iq.children.map(\.tag) == ["media_conn"] else {
            throw StanzaRefusal(400, "a query about media has one child media_conn")
        }
        try self.applyQueryFaults(on: .mediaConnection, device)
        let settings = self.settings.media
        let auth = Data(self.random.bytes(count: 33)).base64EncodedString() + "+/="
        self.media.auths = self.media.auths.filter { $0.value.expires > self.now }
        self.media.auths[auth] = MediaAuth(device: device, expires: self.now + Double(settings.authLifetime))
        self.counts.mediaQueries += 1
        let types = ["image", "video", "audio", "document"].map { Node($0) }
        let hosts = self.media.hosts.enumerated().map { index, name in
            Node(
                "host",
                [
                    "hostname": .string(name), "type": index == 0 ? "primary" : "fallback",
                    "maxContentLengthBytes": .integer(settings.maximumSize),
                ], children: [Node("upload"), Node("download", children: types)])
        }
        let answer = Node(
            "media_conn",
            [
                "auth": .string(auth), "ttl": .integer(settings.ttl), "auth_ttl": .integer(settings.authLifetime),
                "max_buckets": "12",
            ], children: hosts)
        self.answer(iq, on: id, [answer])
    }

    /// Judges the head of a request.
    mutating func decide(_ request: MediaRequest) -> MediaDecision {
        if request.origin != Self.origin {
            self.complain("a request without the Origin \(Self.origin)", about: request, by: "media", status: nil)
        }
        do throws(MediaRefusal) {
            switch request.method {
            case "POST": return try self.decideUpload(request)
            case "GET": return try self.decideDownload(request)
            default: throw MediaRefusal(405, "a media server knows GET and POST only", by: "media")
            }
        } catch {
            if error.isComplaint {
                self.complain(error.reason, about: request, by: error.sender, status: error.answer.status)
            }
            return .answer(error.answer)
        }
    }

    private mutating func complain(_ reason: String, about request: MediaRequest, by sender: String, status: Int?) {
        let answer = status.map { "HTTP \($0)" } ?? ""
        self.complaints.append(
            Complaint(
                time: self.now, sender: sender, tag: request.method, id: "/" + request.path.joined(separator: "/"),
                reason: reason, answer: answer))
    }
}

// Uploads.
extension SimulatedService {
    private mutating func decideUpload(_ request: MediaRequest) throws(MediaRefusal) -> MediaDecision {
        let device = try self.authorize(request)
        let sender = device.description
        let (type, token) = try Self.checkName(request, by: sender)
        if request["resume"] == "1" { return try .answer(self.answerResume(token, request, by: sender)) }
        let (offset, count) = try self.checkLength(request, token, by: sender)
        var reception = MediaReception(
            number: self.media.nextNumber(), token: token, type: type, offset: offset, count: count, sender: sender)
        reception.plan = self.plan(on: .mediaUpload, from: device.number, to: nil, device)
        if let answer = reception.plan.answer { return .answer(answer) }
        return .take(reception)
    }

    private func authorize(_ request: MediaRequest) throws(MediaRefusal) -> SimulatedDeviceID {
        guard let text = request["auth"], let auth = self.media.auths[text], self.companions[auth.device] != nil else {
            throw MediaRefusal(401, "an upload with an auth that nobody was given, or none", by: "media")
        }
        guard auth.expires > self.now else {
            throw MediaRefusal(401, "an auth that is over", by: auth.device.description, isComplaint: false)
        }
        return auth.device
    }

    private static func checkName(
        _ request: MediaRequest, by sender: String
    ) throws(MediaRefusal) -> (String, UploadToken) {
        guard request.path.count == 3, request.path[0] == "mms", self.mediaTypes.contains(request.path[1]) else {
            throw MediaRefusal(404, "an upload of an unknown type", by: sender)
        }
        guard let token = try? UploadToken(request.path[2]) else {
            throw MediaRefusal(400, "the token in the path is no hash", by: sender)
        }
        guard let field = request["token"], let same = try? UploadToken(field), same == token else {
            throw MediaRefusal(400, "the token in the query is not that in the path", by: sender)
        }
        return (request.path[1], token)
    }

    private mutating func answerResume(
        _ token: UploadToken, _ request: MediaRequest, by sender: String
    ) throws(MediaRefusal) -> MediaAnswer {
        guard self.settings.media.resumes else {
            throw MediaRefusal(400, "uploads cannot be continued here", by: sender, isComplaint: false)
        }
        guard request.contentLength ?? 0 == 0, !request.isChunked else {
            throw MediaRefusal(400, "a question how far an upload has come has no body", by: sender)
        }
        if let blob = self.liveBlob(token) { return self.answer(for: token, blob, ["resume": "complete"]) }
        return MediaAnswer(status: 200, body: Self.json(["resume": Int(self.media.partial[token] ?? 0)]))
    }

    private func checkLength(
        _ request: MediaRequest, _ token: UploadToken, by sender: String
    ) throws(MediaRefusal) -> (offset: UInt64, count: UInt64) {
        guard !request.isChunked, let count = request.contentLength else {
            throw MediaRefusal(411, "an upload has a Content-Length and comes in one piece", by: sender)
        }
        var offset: UInt64 = 0
        if let text = request["file_offset"] {
            guard let number = UInt64(text), number == self.media.partial[token] ?? 0 else {
                throw MediaRefusal(400, "an upload goes on where nothing was kept", by: sender)
            }
            offset = number
        }
        let (total, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, total <= UInt64(self.settings.media.maximumSize) else {
            throw MediaRefusal(413, "an upload of \(count) bytes is too large", by: sender)
        }
        guard total >= 26, total % 16 == 10 else {
            throw MediaRefusal(400, "\(total) bytes are no encrypted file: whole blocks and ten bytes", by: sender)
        }
        return (offset, count)
    }

    /// An upload has come to its end; `hash` is that of all of its bytes.
    mutating func complete(_ reception: MediaReception, hash: [UInt8]) -> MediaAnswer {
        self.media.partial[reception.token] = nil
        guard hash == reception.token.fileEncSHA256 else {
            self.complain("the hash of an upload is not its token", by: reception.sender, answer: "HTTP 400")
            return MediaAnswer(status: 400)
        }
        let total = reception.offset + reception.count
        self.counts.uploads += 1
        self.counts.uploadedBytes += Int(total)
        var answer = self.shelve(reception.token, reception.type, length: total)
        if reception.plan.truncatesAnswer { answer.body.removeLast(answer.body.count / 2) }
        return answer
    }

    /// Puts a file on the shelf and says where it is found.
    mutating func shelve(_ token: UploadToken, _ type: String, length: UInt64) -> MediaAnswer {
        let blob = MediaBlob(type: type, length: length, expires: self.now + self.settings.media.lifetime)
        self.media.blobs[token] = blob
        return self.answer(for: token, blob, [:])
    }

    /// Puts a file of a phone on the shelf.
    mutating func place(_ digests: MediaDigests, _ mediaKey: [UInt8], _ type: String) -> PlacedMedia {
        _ = self.shelve(digests.uploadToken, type, length: digests.encryptedLength)
        let path = Self.directPath(digests.uploadToken, expires: self.now + self.settings.media.lifetime)
        return PlacedMedia(
            url: self.mediaURL(path), directPath: path, mediaKey: Data(mediaKey), digests: digests,
            timestamp: Int64(self.now.timeIntervalSince1970))
    }

    /// An upload has broken off after so many bytes, which were kept.
    mutating func interrupt(_ reception: MediaReception, kept: UInt64) {
        self.media.partial[reception.token] = self.settings.media.resumes ? kept : nil
    }

    static func directPath(_ token: UploadToken, expires: Date) -> String {
        let seconds = String(Int(expires.timeIntervalSince1970), radix: 16, uppercase: true)
        return "/" + self.shelfPath.joined(separator: "/") + "/\(token)?ccb=sim&oe=\(seconds)"
    }

    private func answer(for token: UploadToken, _ blob: MediaBlob, _ more: [String: Any]) -> MediaAnswer {
        let path = Self.directPath(token, expires: blob.expires)
        var json: [String: Any] = [
            "url": self.mediaURL(path), "direct_path": path, "handle": "sim-\(token.description.prefix(12))",
            "object_id": "sim",
        ]
        json.merge(more) { $1 }
        return MediaAnswer(status: 200, body: Self.json(json))
    }

    /// The servers speak plain HTTP: they are on the loopback.
    func mediaURL(_ path: String) -> String { "http://\(self.media.hosts.first ?? "127.0.0.1")\(path)" }
}

// Downloads.
extension SimulatedService {
    private mutating func decideDownload(_ request: MediaRequest) throws(MediaRefusal) -> MediaDecision {
        let plan = self.plan(on: .mediaDownload, from: nil, to: nil, nil)
        if let answer = plan.answer { return .answer(answer) }
        var gift = try self.find(request)
        gift.plan = plan
        self.counts.downloads += 1
        return .give(gift)
    }

    /// A phone fetches a file: the same request as everybody's, without the wire.
    mutating func find(_ order: MediaOrder, for phone: SimulatedDeviceID) -> Result<MediaGift, MediaRefusal> {
        let plan = self.plan(on: .mediaDownload, from: nil, to: phone.number, nil)
        if let answer = plan.answer {
            return .failure(MediaRefusal(answer.status, "a fault", by: phone.description, isComplaint: false))
        }
        let separator = order.directPath.contains("?") ? "&" : "?"
        let hash = UploadToken.text(of: order.fileEncSHA256)
        let uri = order.directPath + "\(separator)hash=\(hash)&mms-type=\(order.kind.pathElement)&__wa-mms="
        do throws(MediaRefusal) {
            let gift = try self.find(MediaRequest(method: "GET", uri: uri, headers: []))
            self.counts.downloads += 1
            return .success(gift)
        } catch {
            return .failure(error)
        }
    }

    mutating func fetch(_ order: MediaOrder, for phone: SimulatedDeviceID) {
        switch self.find(order, for: phone) {
        case .failure(let refusal):
            if refusal.isComplaint, let key = order.message {
                self.complain(
                    "\(phone) cannot fetch a file: \(refusal.reason)", by: key.from,
                    answer: "HTTP \(refusal.answer.status)")
            }
            self.finish(order, .refused(status: refusal.answer.status), on: phone)
        case .success(let gift) where gift.plan.resetAfter != nil: self.finish(order, .broken, on: phone)
        case .success(let gift):
            let number = self.media.nextNumber()
            self.media.fetches[number] = PhoneFetch(phone: phone, order: order)
            if let slowness = gift.plan.slowness {
                self.later.insert(.fetch(number, order), due: self.now + slowness)
            } else {
                self.emit(.fetch(number, order))
            }
        }
    }

    mutating func finishFetch(_ number: Int, _ result: SimulatedPhone.DownloadResult) {
        guard let fetch = self.media.fetches.removeValue(forKey: number) else { return }
        self.finish(fetch.order, result, on: fetch.phone)
    }

    private mutating func finish(
        _ order: MediaOrder, _ result: SimulatedPhone.DownloadResult, on phone: SimulatedDeviceID
    ) {
        if case .verified = result { self.counts.verifiedFiles += 1 }
        let outputs = self.phones[phone]?.finish(order, result, using: &self.random) ?? []
        for output in outputs { self.perform(output, by: phone) }
    }

    /// A phone tells the sender of a message that its file is gone.
    mutating func askForUpload(
        _ receipt: Node, _ key: MessageKey, from phone: SimulatedDeviceID, to target: SimulatedDeviceID
    ) {
        var receipt = receipt
        receipt.attributes["to"] = .jid(self.jid(of: target, .lid))
        let chat = self.accounts[phone.number]?.lid
        let rmr = Node("rmr", ["jid": .jid(chat ?? .service), "from_me": "true"])
        receipt.content = .nodes(receipt.children + [rmr])
        self.route(receipt: receipt, from: phone, to: target)
    }

    private mutating func find(_ request: MediaRequest) throws(MediaRefusal) -> MediaGift {
        guard request.path.count == 3, Array(request.path[..<2]) == Self.shelfPath,
            let token = try? UploadToken(request.path[2])
        else { throw MediaRefusal(404, "there is nothing at this path", by: "media") }
        if let text = request["hash"], (try? UploadToken(text)) != token {
            throw MediaRefusal(403, "the hash does not belong to the path", by: "media")
        }
        guard let seconds = request["oe"].flatMap({ Int($0, radix: 16) }) else {
            throw MediaRefusal(403, "the path was cut off", by: "media")
        }
        guard Double(seconds) > self.now.timeIntervalSince1970 else {
            throw MediaRefusal(410, "the path is over", by: "media", isComplaint: false)
        }
        guard let blob = self.liveBlob(token) else {
            throw MediaRefusal(404, "the file is gone", by: "media", isComplaint: false)
        }
        if let type = request["mms-type"], type != blob.type {
            self.complain(
                "a file of type \(blob.type) is asked for as \(type)", about: request, by: "media", status: nil)
        }
        return MediaGift(token: token, length: blob.length)
    }

    /// The blob of a token unless it is over.
    private mutating func liveBlob(_ token: UploadToken) -> MediaBlob? {
        guard let blob = self.media.blobs[token] else { return nil }
        guard blob.expires > self.now else {
            self.discard(token)
            return nil
        }
        return blob
    }

    private mutating func discard(_ token: UploadToken) {
        self.media.blobs[token] = nil
        self.emit(.discard(token))
    }

    /// The servers lose all they have.
    mutating func discardMedia() {
        for token in self.media.blobs.keys { self.discard(token) }
        self.media.partial = [:]
    }

    private mutating func plan(
        on event: Fault.Event, from: String?, to: String?, _ device: SimulatedDeviceID?
    ) -> MediaPlan {
        var plan = MediaPlan()
        for action in self.takeFaults(on: event, from: from, to: to) where !plan.take(action) {
            self.happen(action, to: device.map { [$0] } ?? [], recipient: nil)
        }
        return plan
    }
}

/// Why a media server does not do what it is asked.
struct MediaRefusal: Error, Sendable {
    let answer: MediaAnswer
    let reason: String
    let sender: String
    /// Whether the client did something wrong.
    let isComplaint: Bool

    init(_ status: Int, _ reason: String, by sender: String, isComplaint: Bool = true) {
        self.answer = MediaAnswer(status: status)
        self.reason = reason
        self.sender = sender
        self.isComplaint = isComplaint
    }
}

extension UploadToken {
    /// The name of a file with this hash; of a hash of another size a name that no file has.
    static func text(of hash: [UInt8]) -> String {
        Data(hash).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}
