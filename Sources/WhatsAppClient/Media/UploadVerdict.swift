import Foundation

/// What a media server's answer means for the upload.
enum UploadVerdict: Hashable, Sendable {
    /// It has the file.
    case taken(url: String, directPath: String)
    /// It does not know our pass.
    case unauthorized(status: Int)
    /// It never takes this file.
    case refused(status: Int)
    /// Another server, or this one later, may take it.
    case failed(reason: String, retryAfter: Duration?)

    /// Only 200 with an address is a success. Redirects are none: nothing but the host named by the service gets a file.
    init(_ answer: UploadAnswer, host: String) {
        switch answer.status {
        case 200:
            self =
                Self.location(answer.body, host)
                ?? .failed(reason: "\(host) has answered without an address", retryAfter: nil)
        case 401, 403: self = .unauthorized(status: answer.status)
        case 400, 413, 415: self = .refused(status: answer.status)
        default: self = .failed(reason: "\(host) has answered \(answer.status)", retryAfter: answer.retryAfter)
        }
    }

    init(_ error: UploadError, host: String) {
        switch error {
        case .network(let reason): self = .failed(reason: "\(host): \(reason)", retryAfter: nil)
        case .timedOut: self = .failed(reason: "\(host) does not answer in time", retryAfter: nil)
        case .cancelled: self = .failed(reason: "the upload was given up", retryAfter: nil)
        }
    }

    private struct Body: Decodable {
        let url: String?
        let direct_path: String?
    }

    /// One of the two addresses gives the other.
    private static func location(_ body: [UInt8], _ host: String) -> UploadVerdict? {
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(body)) else { return nil }
        let url = body.url.flatMap { Self.isAddress($0) ? URL(string: $0) : nil }
        let path = body.direct_path.flatMap { Self.isAddress($0) && $0.hasPrefix("/") ? $0 : nil }
        guard let path = path ?? url.flatMap(Self.path) else { return nil }
        return .taken(url: url?.absoluteString ?? "https://\(host)\(path)", directPath: path)
    }

    private static func path(of url: URL) -> String? {
        let path = url.path(percentEncoded: true)
        guard path.hasPrefix("/") else { return nil }
        return path + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
    }

    private static func isAddress(_ text: String) -> Bool { (1...4096).contains(text.utf8.count) }
}
