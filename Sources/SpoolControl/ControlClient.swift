import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
public import SpoolCore

/// Asks the daemon over its control socket: HTTP, one request at a time.
public struct ControlClient: Sendable {
    /// The most bytes of an answer: a page of a list is far smaller.
    public static let maximumAnswer = 64 << 20

    public let socketPath: String
    private let timeout: Duration

    /// Shared for the life of the process. It has no retries of its own, so that a daemon that is not there is
    /// reported at once.
    private static let http = HTTPClient(configuration: Self.configuration)

    /// - Parameter timeout: How long one answer may take, or the beginning of one that comes in lines. Cancelling a
    ///   long queue is one transaction.
    public init(socketPath: String, timeout: Duration = .seconds(60)) {
        self.socketPath = socketPath
        self.timeout = timeout
    }

    /// Asks for something; nothing changes.
    /// - Parameter path: Starts with a slash, without a query.
    public func get(_ path: String, query: [(String, String)] = []) async throws(ControlError) -> ControlAnswer {
        let pairs = query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        return try await self.send(self.request(.GET, pairs.isEmpty ? path : "\(path)?\(pairs)"))
    }

    /// Asks the daemon to do something.
    public func post(_ path: String, body: JSONValue) async throws(ControlError) -> ControlAnswer {
        try await self.send(self.posting(path, body))
    }

    /// Asks the daemon to do something of which it tells the course, for as long as it takes.
    /// - Throws: The refusal, when it does not begin.
    public func lines(_ path: String, body: JSONValue) async throws(ControlError) -> ControlLines {
        do {
            let response = try await Self.http.execute(self.posting(path, body), timeout: TimeAmount(self.timeout))
            if (200...299).contains(response.status.code) { return ControlLines(body: response.body, client: self) }
            let body = try await response.body.collect(upTo: Self.maximumAnswer)
            throw ControlAnswer(status: Int(response.status.code), body: Array(body.readableBytesView)).refusal
        } catch let error as ControlError {
            throw error
        } catch {
            throw self.controlError(error)
        }
    }

    private static let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .connectTimeout]

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        return configuration
    }

    private func request(_ method: HTTPMethod, _ target: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http+unix://\(Self.encoded(self.socketPath))\(target)")
        request.method = method
        return request
    }

    private func posting(_ path: String, _ body: JSONValue) -> HTTPClientRequest {
        var request = self.request(.POST, path)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body.text))
        return request
    }

    private func send(_ request: HTTPClientRequest) async throws(ControlError) -> ControlAnswer {
        let answer: ControlAnswer
        let start = ContinuousClock.now
        do {
            let response = try await Self.http.execute(request, timeout: TimeAmount(self.timeout))
            let body = try await response.body.collect(upTo: Self.maximumAnswer)
            answer = ControlAnswer(status: Int(response.status.code), body: Array(body.readableBytesView))
        } catch {
            // Cut off at the deadline, half an answer looks like one that is no HTTP.
            if ContinuousClock.now - start >= self.timeout { throw .timedOut(socket: self.socketPath) }
            throw self.controlError(error)
        }
        guard (200...299).contains(answer.status) else { throw answer.refusal }
        return answer
    }

    /// What it means that an answer breaks off after its head.
    func interruption(_ error: any Error) -> ControlError {
        let isCutOff =
            error as? HTTPClientError == .remoteConnectionClosed || error as? HTTPParserError == .invalidEOFState
        guard isCutOff else { return self.controlError(error) }
        return .unreachable(socket: self.socketPath, reason: "it went away in the middle of its answer")
    }

    private func controlError(_ error: any Error) -> ControlError {
        switch error {
        case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
            .notPermitted(socket: self.socketPath)
        case let error as IOError:
            .unreachable(socket: self.socketPath, reason: String(cString: strerror(error.errnoCode)))
        case SocketAddressError.unixDomainSocketPathTooLong:
            .unreachable(
                socket: self.socketPath, reason: "the path is longer than \(ControlSocket.longestPath) bytes")
        case is NIOTooManyBytesError: .malformed("it is longer than \(Self.maximumAnswer) bytes")
        case let error as HTTPClientError where Self.timeouts.contains(error): .timedOut(socket: self.socketPath)
        case is HTTPParserError: .malformed("it is not HTTP")
        default: .unreachable(socket: self.socketPath, reason: String(describing: error))
        }
    }

    /// The text with every byte percent-encoded that is not a letter, a digit or one of `-._~`.
    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
