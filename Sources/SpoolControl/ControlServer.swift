import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
public import SpoolCore
public import SpoolHTTP
public import SpoolQueue

/// The control socket: the HTTP API as an administrator sees it, and the verbs of `spoolctl`, over a Unix socket.
///
/// Whoever may open the socket (mode 0660) may do everything; there are no keys. Topics: `+Queue` (cancelling, finding
/// a submission), `+Keys`, `+Devices`, `+Body` (reading what was sent).
public struct ControlServer: Service {
    /// The most bytes of a request's body.
    static let maximumBody = 64 << 10

    private let socket: ControlSocket
    private let api: ReadOnlyAPI
    let queue: MessageQueue
    let reader: QueueReader
    let actions: any ControlActions
    let devices: (any DeviceActions)?
    let clock: any WallClock
    let logger: Logger
    private let onRunning: @Sendable () async -> Void

    /// - Parameters:
    ///   - socketPath: At most 103 bytes. A socket that a dead daemon has left there is replaced.
    ///   - devices: What links, renames and removes devices; `nil` when there are none to link.
    ///   - onRunning: Called once, when the socket accepts connections.
    public init(
        socketPath: String, api: ReadOnlyAPI, queue: MessageQueue, reader: QueueReader, actions: any ControlActions,
        devices: (any DeviceActions)? = nil, clock: any WallClock, logger: Logger,
        onRunning: @escaping @Sendable () async -> Void = {}
    ) {
        self.socket = ControlSocket(path: socketPath)
        self.api = api
        self.queue = queue
        self.reader = reader
        self.actions = actions
        self.devices = devices
        self.clock = clock
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Serves until it is told to shut down; then removes the socket.
    ///
    /// - Throws: `ControlSocketError` when the socket cannot be made.
    public func run() async throws {
        try await self.socket.clear()
        let result: Result<Void, any Error>
        do {
            result = .success(try await self.application.run())
        } catch let error as IOError {
            result = .failure(ControlSocketError(self.socket.path, errno: error.errnoCode))
        } catch {
            result = .failure(error)
        }
        do {
            try self.socket.remove()
        } catch {
            self.logger.warning("the control socket stays behind", metadata: ["error": "\(error)"])
        }
        try result.get()
    }

    private var application: some ApplicationProtocol {
        Application(
            responder: CallbackResponder { request, context in await self.respond(to: request, context: context) },
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: self.socket.path), serverName: "spoold",
                availableConnectionsDelegate: MaximumAvailableConnections(64, logger: self.logger)),
            onServerRunning: { _ in await self.open() },
            logger: self.logger)
    }

    private func open() async {
        do {
            try self.socket.restrict()
        } catch {
            self.logger.error("the control socket keeps its mode", metadata: ["error": "\(error)"])
        }
        await self.onRunning()
    }

    private func respond(to request: Request, context: ControlContext) async -> Response {
        guard request.uri.path == "/control" || request.uri.path.hasPrefix("/control/") else {
            return await self.api.respond(to: request, as: .admin, logger: context.logger)
        }
        return await APIAnswer.respond(to: request, logger: context.logger) { () async throws -> Response in
            let endpoint = try Self.endpoint(of: request)
            let parameters = try QueryParameters(request.uri.query, known: endpoint.parameters)
            return try await self.answer(endpoint, parameters, request, context)
        }
    }

    private static func endpoint(of request: Request) throws(APIError) -> ControlEndpoint {
        guard let (get, post) = ControlEndpoint.at(request.uri.path) else { throw .unknownPath }
        switch request.method {
        case .get, .head:
            if let get { return get }
        case .post:
            if let post { return post }
        default: break
        }
        throw .methodNotAllowed(get == nil ? "POST" : post == nil ? "GET, HEAD" : "GET, HEAD, POST")
    }

    private func answer(
        _ endpoint: ControlEndpoint, _ parameters: QueryParameters, _ request: Request, _ context: ControlContext
    ) async throws -> Response {
        switch endpoint {
        case .status: APIAnswer(body: try await self.actions.status()).response
        case .cancel: try await self.cancel(request, context).response
        case .keys: try await self.keys().response
        case .addKey: try await self.addKey(request, context).response
        case .revokeKey(let id): try await self.revokeKey(id, context).response
        case .submission: try await self.submission(parameters).response
        case .linkDevice: try await self.linkDevice(request, context)
        case .renameDevice: try await self.renameDevice(request, context).response
        case .removeDevice: try await self.removeDevice(request, context).response
        case .pauseDevice: try await self.pauseDevice(request, context).response
        case .resumeDevice: try await self.resumeDevice(request, context).response
        }
    }

    func success(_ members: [JSONValue.Member]) -> APIAnswer {
        self.api.success(members)
    }

    func json(of batch: BatchView) async -> JSONValue {
        await self.api.json(of: batch)
    }

    /// Notes who did what; every act over the socket leaves such a line.
    func log(_ act: String, _ context: ControlContext, _ metadata: Logger.Metadata) async {
        let peer = await context.peer().map(String.init) ?? "unknown"
        self.logger.info("\(act)", metadata: metadata.merging(["peer.uid": "\(peer)"]) { own, _ in own })
    }
}
