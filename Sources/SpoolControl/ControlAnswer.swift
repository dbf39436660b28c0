public import SpoolCore

/// What the daemon answered to one request.
public struct ControlAnswer: Equatable, Sendable {
    /// The HTTP status.
    public var status: Int
    public var body: [UInt8]

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// The body as JSON, the keys of objects in the daemon's order.
    public func json() throws(ControlError) -> JSONValue {
        do {
            return try JSONParser.value(self.body)
        } catch {
            throw .malformed(error.description)
        }
    }

    /// What an answer that is no success says.
    var refusal: ControlError {
        guard case .object(let members)? = try? self.json() else {
            return .refused(status: self.status, code: nil, message: "HTTP status \(self.status)")
        }
        func text(_ key: String) -> String? {
            guard case .string(let text)? = members.first(where: { $0.key == key })?.value else { return nil }
            return text
        }
        return .refused(
            status: self.status, code: text("code"), message: text("error") ?? "HTTP status \(self.status)")
    }
}

/// Why a request to the daemon came to nothing.
public enum ControlError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case unreachable(socket: String, reason: String)
    /// The socket's permissions keep this user out.
    case notPermitted(socket: String)
    /// The daemon took the request and gave no answer in time; it may still carry it out.
    case timedOut(socket: String)
    /// The daemon said no; `code` and `message` are the envelope's.
    case refused(status: Int, code: String?, message: String)
    /// The answer makes no sense: something else listens on the socket, or a daemon of another version.
    case malformed(String)

    public var description: String {
        switch self {
        case .unreachable(let socket, let reason): "no daemon answers on \(socket): \(reason)"
        case .notPermitted(let socket): "not permitted to use the control socket \(socket)"
        case .timedOut(let socket): "the daemon gave no answer in time on \(socket)"
        case .refused(_, let code, let message): code.map { "\(message) (\($0))" } ?? message
        case .malformed(let reason): "the daemon's answer makes no sense: \(reason)"
        }
    }
}
