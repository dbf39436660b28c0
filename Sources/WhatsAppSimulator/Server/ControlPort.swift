import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The HTTP interface of a simulator: JSON in and out, on 127.0.0.1, bodies of at most 1 MiB.
///
/// `POST /accounts`, `/scan`, `/enter-code`, `/phones/{number}/send|relink|reinstall`, `/groups`,
/// `/groups/{id}/add|remove|leave`, `/faults`; `GET /phones/{number}/inbox`, `/log`, `/state`. An error is `{"success": false, "error": …, "code": …}`.
struct ControlPort: Sendable {
    static let maximumBody = 1 << 20

    let server: SimulatedServer

    /// - Parameter onRunning: Called once with the port.
    func application(
        port: Int, logger: Logger, onRunning: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                await self.respond(to: request)
            },
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: port), serverName: "spoold-simulator",
                availableConnectionsDelegate: MaximumAvailableConnections(64, logger: logger)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    private func respond(to request: Request) async -> Response {
        do {
            return Self.response(.ok, try await self.answer(request))
        } catch let error as ControlError {
            return Self.response(
                error.status, ["success": false, "error": error.message, "code": error.status.reasonPhrase])
        } catch {
            return Self.response(
                .internalServerError, ["success": false, "error": "\(error)", "code": "Internal Server Error"])
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ body: [String: Any]) -> Response {
        // Only texts, numbers, booleans, lists and dictionaries are ever given.
        let data = (try? JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes]))
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data ?? Data())))
    }

    private func answer(_ request: Request) async throws -> [String: Any] {
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
            .map { $0.removingPercentEncoding ?? String($0) }
        let verb = "\(request.method.rawValue) \(path.first ?? "")"
        switch (verb, path.count) {
        case ("POST accounts", 1): return try await self.addAccount(try await Self.body(of: request))
        case ("POST scan", 1): return try await self.scan(try await Self.body(of: request))
        case ("POST enter-code", 1): return try await self.enterCode(try await Self.body(of: request))
        case ("POST faults", 1): return try await self.addFaults(request)
        case ("POST phones", 3) where path[2] == "send":
            return try await self.send(from: path[1], try await Self.body(of: request))
        case ("GET phones", 3) where path[2] == "inbox": return try await self.inbox(path[1])
        case ("GET log", 1): return await self.log()
        case ("GET state", 1): return await self.state()
        case ("POST phones", 3) where path[2] == "relink": return try await self.relink(path[1])
        case ("POST phones", 3) where path[2] == "reinstall": return try await self.reinstall(path[1])
        case ("POST groups", 1): return try await self.makeGroup(try await Self.body(of: request))
        case ("POST groups", 3): return try await self.changeGroup(path[1], path[2], try await Self.body(of: request))
        default: throw ControlError(.notFound, "there is nothing at this path and method")
        }
    }

    private static func bytes(of request: Request) async throws -> [UInt8] {
        do {
            let buffer = try await request.body.collect(upTo: Self.maximumBody)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ControlError(.contentTooLarge, "the body is longer than \(Self.maximumBody) bytes")
        }
    }

    private static func body(of request: Request) async throws -> ScriptObject {
        guard let value = try? JSONSerialization.jsonObject(with: Data(try await self.bytes(of: request))) else {
            throw ControlError(.badRequest, "the body is no JSON object")
        }
        return try Self.checked { () throws(ScenarioError) in try ScriptObject(value, path: "") }
    }

    static func checked<Value>(_ body: () throws(ScenarioError) -> Value) throws(ControlError) -> Value {
        do {
            return try body()
        } catch {
            throw ControlError(.badRequest, error.description)
        }
    }

    private func addFaults(_ request: Request) async throws -> [String: Any] {
        let bytes = try await Self.bytes(of: request)
        let scenario = try Self.checked { () throws(ScenarioError) in try Scenario(json: bytes) }
        await self.server.apply(scenario)
        return ["success": true, "faults": scenario.faults.count]
    }
}

/// What a request to the HTTP interface is refused with.
struct ControlError: Error, Sendable {
    let status: HTTPResponse.Status
    /// One sentence without full stop.
    let message: String

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }
}
