/// Why a stanza is not taken, and what its sender is answered.
struct StanzaRefusal: Error, Sendable {
    let answer: Answer
    let reason: String
    /// Whether the client did something wrong; not so when a fault or the state of an account is the cause.
    var isComplaint = true

    enum Answer: Sendable, Hashable {
        /// An ack with this error (messages), or an iq of type error (iqs).
        case error(Int, backoff: Int? = nil)
        /// The end of the stream.
        case malformed
        case silence
    }

    init(_ code: Int, _ reason: String) {
        self.answer = .error(code)
        self.reason = reason
    }

    init(_ answer: Answer, _ reason: String, isComplaint: Bool = true) {
        self.answer = answer
        self.reason = reason
        self.isComplaint = isComplaint
    }
}

/// The texts that go with the codes of refused iqs.
enum IQErrorText {
    static func text(for code: Int) -> String {
        switch code {
        case 400: "bad-request"
        case 401: "not-authorized"
        case 403: "forbidden"
        case 404: "item-not-found"
        case 405: "not-allowed"
        case 406: "not-acceptable"
        case 410: "gone"
        case 419: "resource-limit"
        case 423: "locked"
        case 429: "rate-overlimit"
        case 500: "internal-server-error"
        case 501: "feature-not-implemented"
        case 503: "service-unavailable"
        case 530: "partial-server-error"
        default: "error"
        }
    }
}
