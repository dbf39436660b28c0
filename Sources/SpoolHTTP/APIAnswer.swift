import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
public import SpoolCore

/// What one request is answered with: a status and a JSON body.
public struct APIAnswer: Equatable, Sendable {
    public var status: HTTPResponse.Status
    public var body: JSONValue

    public init(status: HTTPResponse.Status = .ok, body: JSONValue) {
        self.status = status
        self.body = body
    }

    /// The envelope of success with these members in it.
    public static func success(_ members: [JSONValue.Member], isDryRun: Bool) -> APIAnswer {
        let envelope: JSONValue = ["success": true]
        return APIAnswer(body: envelope.adding(members + (isDryRun ? [.init("dryRun", true)] : [])))
    }

    /// Runs `work` and turns what it gives or throws into a response.
    ///
    /// A thrown `APIError` becomes its own body; any other error is logged and answered without detail. `HEAD` gets the
    /// headers of `GET`, the length included, and no body.
    public static func respond(
        to request: Request, logger: Logger, _ work: () async throws -> APIAnswer
    ) async -> Response {
        await self.respond(to: request, logger: logger) { try await work().response }
    }

    /// The same for work that makes its response itself, one that is streamed for example.
    public static func respond(
        to request: Request, logger: Logger, _ work: () async throws -> Response
    ) async -> Response {
        let response: Response
        do {
            response = try await work()
        } catch let error as APIError {
            response = error.response
        } catch {
            logger.error(
                "a request failed", metadata: ["http.path": "\(request.uri.path)", "error": "\(error)"])
            response = APIError(.internal, "Internal error; the daemon's log says more").response
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    public var response: Response {
        let headers: HTTPFields = [
            .contentType: "application/json; charset=utf-8",
            .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        return Response(
            status: self.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: self.body.text)))
    }
}

extension APIError {
    fileprivate var response: Response {
        var response = APIAnswer(status: self.code.status, body: self.json).response
        response.headers[.allow] = self.allow
        if self.code == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}
