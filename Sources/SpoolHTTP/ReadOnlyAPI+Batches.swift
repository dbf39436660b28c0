public import SpoolCore
public import SpoolQueue

extension ReadOnlyAPI {
    /// Batches, the latest first.
    func batches(_ parameters: QueryParameters, _ user: UserName?) async throws -> APIAnswer {
        let page = try await self.reader.batches(
            of: user, after: try parameters.cursor(), limit: try parameters.limit())
        var rows: [JSONValue] = []
        for batch in page.elements { rows.append(await self.json(of: batch)) }
        return self.list("batches", rows, next: page.next)
    }

    /// One batch.
    func batch(_ text: String, _ user: UserName?) async throws -> APIAnswer {
        let id = BatchID(rawValue: try QueryParameters.identifier(text, field: "batchId"))
        guard let batch = try await self.reader.batch(id, of: user) else {
            throw APIError(.notFound, "There is no batch \(id)")
        }
        return self.success([.init("batch", await self.json(of: batch))])
    }

    /// A batch's fields with its estimated completion, which only an open one has.
    public func json(of batch: BatchView) async -> JSONValue {
        switch batch.status {
        case .open: batch.json(estimatedCompletion: await self.state.estimatedCompletion(of: batch))
        case .importing, .held, .settled, .reported, .rejected: batch.json(estimatedCompletion: nil)
        }
    }
}
