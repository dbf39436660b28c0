import Hummingbird
import Logging
import SpoolCore
import SpoolHTTP
import SpoolQueue

extension ControlServer {
    /// Which messages to cancel; exactly one of the three.
    private struct CancelRequest: Decodable {
        var queueId: Int64?
        var batchId: Int64?
        var all: Bool?

        func selection() throws(APIError) -> MessageSelection {
            switch (self.queueId, self.batchId, self.all) {
            case (let id?, nil, nil): .message(QueueID(rawValue: id))
            case (nil, let id?, nil): .batch(BatchID(rawValue: id))
            case (nil, nil, true?): .all
            default: throw APIError(.validation, "The body must have one of queueId, batchId and \"all\": true")
            }
        }
    }

    /// Cancels what is still pending of a message, a batch or everything.
    func cancel(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let selection = try await Self.body(CancelRequest.self, of: request).selection()
        try await self.checkExists(selection)
        let cancellation = try await self.actions.cancel(selection)
        await self.log(
            "messages cancelled", context,
            [
                "selection": "\(selection)", "cancelled": "\(cancellation.cancelled)",
                "tooLate": "\(cancellation.tooLate.count)",
            ])
        return self.success([
            .init("cancelled", .number(cancellation.cancelled)),
            .init("tooLate", .array(cancellation.tooLate.map { .number($0.rawValue) })),
        ])
    }

    /// The batch that was made of a file somebody dropped.
    func submission(_ parameters: QueryParameters) async throws -> APIAnswer {
        guard let user = UserName(rawValue: parameters["user"] ?? UserName.default.rawValue) else {
            throw APIError.invalid("user", "user is not the name of a user")
        }
        guard let file = parameters["file"] else { throw APIError.invalid("file", "file is missing") }
        guard let inode = parameters["inode"].flatMap(UInt64.init) else {
            throw APIError.invalid("inode", "inode must be the number of the file's inode")
        }
        guard let batch = try await self.reader.batch(of: user, file: DropFileName(printable: file), inode: inode)
        else {
            throw APIError(.notFound, "No batch has been made of this file yet")
        }
        let json = await self.json(of: batch).adding([.init("results", .string(batch.results))])
        return self.success([.init("batch", json)])
    }

    private func checkExists(_ selection: MessageSelection) async throws {
        switch selection {
        case .message(let id):
            guard try await self.reader.message(id) == nil else { return }
            throw APIError(.notFound, "There is no message \(id)")
        case .batch(let id):
            guard try await self.reader.batch(id) == nil else { return }
            throw APIError(.notFound, "There is no batch \(id)")
        case .all: return
        }
    }
}
