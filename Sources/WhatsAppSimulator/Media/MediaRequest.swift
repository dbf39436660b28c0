import Foundation

/// The head of a request to a media server, taken apart and not yet judged.
struct MediaRequest: Sendable, Hashable {
    let method: String
    /// The parts of the path, percent-decoded.
    let path: [String]
    /// The path and the query as they came.
    let uri: String
    private let query: [String: [String]]
    /// `nil` when there is none, or it is no number.
    let contentLength: UInt64?
    let isChunked: Bool
    let origin: String?

    /// - Parameter headers: the names in any case.
    init(method: String, uri: String, headers: [(name: String, value: String)]) {
        self.method = method
        self.uri = uri
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = parts[0].split(separator: "/").map { Self.decoded($0, isQuery: false) }
        var query: [String: [String]] = [:]
        for field in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[Self.decoded(pair[0], isQuery: true), default: []]
                .append(pair.count > 1 ? Self.decoded(pair[1], isQuery: true) : "")
        }
        self.query = query
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        self.contentLength = header("content-length").flatMap { UInt64($0) }
        self.isChunked = header("transfer-encoding") != nil
        self.origin = header("origin")
    }

    /// The value of a field of the query; `nil` when it is missing or comes twice.
    subscript(field: String) -> String? {
        guard let values = self.query[field], values.count == 1 else { return nil }
        return values[0]
    }

    /// What cannot be decoded stays as it is, and then fits nothing. A plus is a space, as in forms: who does not encode
    /// it loses it.
    private static func decoded(_ text: Substring, isQuery: Bool) -> String {
        let text = String(isQuery ? text.replacing("+", with: " ") : text)
        return text.removingPercentEncoding ?? text
    }
}

/// What a media server answers.
struct MediaAnswer: Sendable, Hashable {
    var status: Int
    /// JSON, or nothing.
    var body: [UInt8] = []
    var retryAfter: Int?
}
