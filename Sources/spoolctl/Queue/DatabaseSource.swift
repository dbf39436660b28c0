import Foundation
import Glibc
import SpoolConfig
import SpoolCore
import SpoolQueue

/// Reads the queue's database, which is complete without the daemon; only what the daemon computes is missing.
struct DatabaseSource: QueueSource {
    private let reader: QueueReader
    private let configuration: DaemonConfiguration

    init(_ configuration: DaemonConfiguration) throws(CommandFailure) {
        let path = configuration.state.directory + "/queue.db"
        guard access(path, R_OK) == 0 || errno != EACCES else {
            throw CommandFailure(
                .notPermitted, "not permitted to read \(path)",
                "use the daemon's user, or start spoold and use its socket")
        }
        do {
            self.reader = QueueReader(try QueueDatabase.openForReading(path: path))
        } catch {
            throw CommandFailure(error)
        }
        self.configuration = configuration
    }

    func page(of list: ListQuery, after cursor: String?, limit: Int) async throws(CommandFailure) -> ListPage {
        let cursor = cursor.flatMap { PageCursor($0) }
        do {
            switch list {
            case .queue(let conditions):
                let page = try await self.reader.messages(self.filter(.queue, conditions), after: cursor, limit: limit)
                let rows = page.elements.map { $0.json.adding([.init("estimatedDelivery", .null)]) }
                return ListPage(rows: rows, next: page.next?.description)
            case .history(let conditions):
                let page = try await self.reader.messages(
                    self.filter(.history, conditions), after: cursor, limit: limit)
                return ListPage(rows: page.elements.map(\.json), next: page.next?.description)
            case .batches:
                let page = try await self.reader.batches(after: cursor, limit: limit)
                return ListPage(
                    rows: page.elements.map { $0.json(estimatedCompletion: nil) }, next: page.next?.description)
            case .keys: return ListPage(rows: try await self.reader.keys().map(\.json), next: nil)
            }
        } catch {
            throw CommandFailure(error)
        }
    }

    func message(_ id: Int64) async throws(CommandFailure) -> JSONValue? {
        do {
            guard let (message, attempts) = try await self.reader.message(QueueID(rawValue: id)) else { return nil }
            return message.json.adding([.init("attempts", .array(attempts.map(\.json)))])
        } catch {
            throw CommandFailure(error)
        }
    }

    func submission(_ submission: Submission) async throws(CommandFailure) -> JSONValue? {
        do {
            let batch = try await self.reader.batch(
                of: submission.user, file: submission.name, inode: submission.inode)
            return batch.map { $0.json(estimatedCompletion: nil).adding([.init("results", .string($0.results))]) }
        } catch {
            throw CommandFailure(error)
        }
    }

    func status() async throws(CommandFailure) -> JSONValue {
        do {
            return [
                "running": false, "spool": .string(self.configuration.spool.directory),
                "inQueue": .number(try await self.reader.countInQueue()),
            ]
        } catch {
            throw CommandFailure(error)
        }
    }

    private func filter(_ list: MessageFilter.List, _ conditions: MessageConditions) -> MessageFilter {
        let timeZone = self.configuration.timeZone.timeZone
        return MessageFilter(
            list, status: conditions.status, device: conditions.device.map { DeviceID(rawValue: $0) },
            batch: conditions.batch.map { BatchID(rawValue: $0) }, number: conditions.number, ref: conditions.ref,
            from: conditions.from?.start(in: timeZone), until: conditions.to?.end(in: timeZone))
    }
}

extension APIKey {
    fileprivate var json: JSONValue {
        [
            "id": .number(self.id), "name": .string(self.name), "user": .text(self.user?.rawValue),
            "createdAt": .moment(self.createdAt), "expiresAt": .moment(self.expiresAt),
            "revokedAt": .moment(self.revokedAt),
        ]
    }
}
