import WhatsAppBinary

/// The server's answer to a request it does not grant.
public struct IQError: Hashable, Sendable {
    /// 400 bad-request, 401 not-authorized, 403 forbidden, 404 item-not-found, 405 not-allowed, 406 not-acceptable,
    /// 410 gone, 419 resource-limit, 423 locked, 429 rate-overlimit, 500 internal-server-error, 503 service-unavailable,
    /// 530 partial-server-error; `nil` when there is none.
    public var code: Int?
    public var text: String?
    /// How long the server asks to wait.
    public var backoff: Duration?

    public init(code: Int?, text: String? = nil, backoff: Duration? = nil) {
        self.code = code
        self.text = text
        self.backoff = backoff
    }

    /// From an `iq` of type `error`.
    init(answer: Node) {
        let error = answer.child("error")
        self.init(
            code: error?.integer("code"), text: error?.string("text"),
            backoff: error?.integer("backoff", as: UInt32.self).map { .seconds(Int64($0)) })
    }
}

extension IQError: CustomStringConvertible {
    public var description: String {
        let code = self.code.map(String.init) ?? "no code"
        // From outside, so not of any length.
        return self.text.map { "\(code) \($0.prefix(64))" } ?? code
    }
}
