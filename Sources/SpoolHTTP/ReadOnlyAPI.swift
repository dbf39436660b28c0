public import Foundation
public import Hummingbird
import HummingbirdCore
public import Logging
public import SpoolCore
public import SpoolQueue

/// The read-only HTTP API: what the queue and the daemon know, as JSON.
///
/// Methods other than GET and HEAD are refused first, then unknown paths, wrong keys and wrong parameters, in this
/// order. Topics: `+Messages`, `+Batches`, `+Statistics`, `+Daemon` (devices and health).
public struct ReadOnlyAPI: Sendable {
    let reader: QueueReader
    let state: any DaemonState
    let clock: any WallClock
    let calendar: DayCalendar
    private let keys: KeyCheck

    /// - Parameters:
    ///   - timeZone: The zone whose days `startDate` and `endDate` mean.
    ///   - pauses: What the answer to a wrong key waits on.
    public init(
        reader: QueueReader, state: any DaemonState, clock: any WallClock, timeZone: TimeZone,
        pauses: any Clock<Duration> = ContinuousClock()
    ) {
        self.reader = reader
        self.state = state
        self.clock = clock
        self.calendar = DayCalendar(timeZone: timeZone)
        self.keys = KeyCheck(reader: reader, clock: clock, pauses: pauses)
    }

    /// The HTTP server of this API, to be run as a service.
    ///
    /// At most 256 connections are open at a time, further ones wait; one that is silent for a minute is closed.
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onRunning: Called once with the port, when the server accepts connections.
    public func application(
        listen host: String, port: Int, logger: Logger, onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> Application<APIResponder> {
        Application(
            responder: APIResponder(api: self),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "spoold",
                availableConnectionsDelegate: MaximumAvailableConnections(256, logger: logger)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    /// Answers a request that has to carry a key, but for the paths that are open to all.
    public func respond(to request: Request, logger: Logger) async -> Response {
        await self.respond(to: request, logger: logger) { endpoint in
            endpoint.isOpen ? .admin : try await self.keys.scope(of: request)
        }
    }

    /// Answers a request whose sender is known from elsewhere.
    public func respond(to request: Request, as scope: KeyScope, logger: Logger) async -> Response {
        await self.respond(to: request, logger: logger) { _ in scope }
    }

    private func respond(
        to request: Request, logger: Logger, scope: (Endpoint) async throws -> KeyScope
    ) async -> Response {
        await APIAnswer.respond(to: request, logger: logger) {
            guard request.method == .get || request.method == .head else {
                throw APIError.methodNotAllowed("GET, HEAD")
            }
            guard let endpoint = Endpoint(path: request.uri.path) else { throw APIError.unknownPath }
            let user = try await scope(endpoint).user
            let parameters = try QueryParameters(request.uri.query, known: endpoint.parameters)
            return try await self.answer(endpoint, parameters, user)
        }
    }

    /// - Parameter user: Whose things may be seen; `nil` for everybody's.
    private func answer(_ endpoint: Endpoint, _ parameters: QueryParameters, _ user: UserName?) async throws
        -> APIAnswer
    {
        switch endpoint {
        case .queue: try await self.queue(parameters, user)
        case .history: try await self.history(parameters, user)
        case .message(let id): try await self.message(id, user)
        case .batches: try await self.batches(parameters, user)
        case .batch(let id): try await self.batch(id, user)
        case .devices: try await self.devices()
        case .statistics: try await self.statistics(parameters, user)
        case .liveness: self.success([.init("status", "ok")])
        case .readiness: await self.readiness()
        }
    }

    /// The envelope of success; it says when the daemon is in dry run.
    public func success(_ members: [JSONValue.Member]) -> APIAnswer {
        .success(members, isDryRun: self.state.isDryRun)
    }

    /// The envelope of a list.
    func list(_ name: String, _ elements: [JSONValue], next: PageCursor?) -> APIAnswer {
        self.success([.init(name, .array(elements)), .init("nextCursor", .text(next?.description))])
    }
}

/// Answers the requests of the HTTP server with a `ReadOnlyAPI`.
public struct APIResponder: HTTPResponder {
    public typealias Context = BasicRequestContext

    private let api: ReadOnlyAPI

    init(api: ReadOnlyAPI) {
        self.api = api
    }

    public func respond(to request: Request, context: BasicRequestContext) async -> Response {
        await self.api.respond(to: request, logger: context.logger)
    }
}

extension KeyScope {
    /// The user whose things the key shows; `nil` when it shows everybody's.
    fileprivate var user: UserName? {
        switch self {
        case .admin: nil
        case .user(let name): name
        }
    }
}
