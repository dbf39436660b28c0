import SpoolConfig
import SpoolControl
import SpoolCore

/// The ways to the queue that a configuration names.
struct QueueAccess: Sendable {
    let configuration: DaemonConfiguration

    var client: ControlClient { ControlClient(socketPath: self.configuration.controlSocketPath) }

    /// The daemon if it answers, else its database, which standard error then says.
    /// - Throws: What keeps both from being asked; 69 when there is neither.
    func source() async throws(CommandFailure) -> any QueueSource {
        if let absence = try await self.absence() {
            let database = try self.database(insteadOf: absence)
            StandardError.write("\(absence); read from the database instead")
            return database
        }
        return DaemonSource(client: self.client)
    }

    /// The daemon, for what only it can do.
    func daemon() async throws(CommandFailure) -> DaemonSource {
        if let absence = try await self.absence() { throw CommandFailure(absence) }
        return DaemonSource(client: self.client)
    }

    /// Why the daemon cannot be asked; `nil` when it can.
    func absence() async throws(CommandFailure) -> ControlError? {
        do {
            _ = try await self.client.get("/healthz")
            return nil
        } catch {
            switch error {
            case .unreachable, .notPermitted: return error
            case .timedOut, .refused, .malformed: throw CommandFailure(error)
            }
        }
    }

    /// - Throws: What is wrong with the socket, unless the database is the worse case.
    func database(insteadOf absence: ControlError) throws(CommandFailure) -> DatabaseSource {
        do {
            return try DatabaseSource(self.configuration)
        } catch {
            throw error.status == .unreachable || error.status == .notPermitted ? CommandFailure(absence) : error
        }
    }

    /// Asks the daemon to do something.
    func post(_ path: String, _ body: JSONValue) async throws(CommandFailure) -> JSONValue {
        do {
            return try await self.client.post(path, body: body).json()
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Asks the daemon to do something of which it tells the course.
    func lines(_ path: String, _ body: JSONValue) async throws(CommandFailure) -> ControlLines {
        do {
            return try await self.client.lines(path, body: body)
        } catch {
            throw CommandFailure(error)
        }
    }
}
