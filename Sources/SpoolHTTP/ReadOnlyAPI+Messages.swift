import SpoolCore
import SpoolQueue

extension ReadOnlyAPI {
    /// Pending and processing messages with their estimated times.
    func queue(_ parameters: QueryParameters, _ user: UserName?) async throws -> APIAnswer {
        let filter = MessageFilter(
            .queue, user: user, status: try parameters.status(of: [.pending, .processing]),
            device: parameters["device"].map(DeviceID.init(rawValue:)), batch: try parameters.batch())
        let page = try await self.reader.messages(filter, after: try parameters.cursor(), limit: try parameters.limit())
        return self.list("messages", try await self.withEstimates(page.elements), next: page.next)
    }

    /// Sent, failed and cancelled messages.
    func history(_ parameters: QueryParameters, _ user: UserName?) async throws -> APIAnswer {
        let (first, last) = try self.days(in: parameters)
        let filter = MessageFilter(
            .history, user: user, status: try parameters.status(of: [.sent, .failed, .cancelled]),
            device: parameters["device"].map(DeviceID.init(rawValue:)), batch: try parameters.batch(),
            number: try parameters.recipient(), ref: parameters["ref"],
            from: first.map { self.calendar.start(of: $0) },
            until: last.map { self.calendar.start(of: $0.adding(days: 1)) })
        let page = try await self.reader.messages(filter, after: try parameters.cursor(), limit: try parameters.limit())
        return self.list("messages", page.elements.map(\.json), next: page.next)
    }

    /// One message with its attempts.
    func message(_ text: String, _ user: UserName?) async throws -> APIAnswer {
        let id = QueueID(rawValue: try QueryParameters.identifier(text, field: "queueId"))
        guard let (message, attempts) = try await self.reader.message(id, of: user) else {
            throw APIError(.notFound, "There is no message \(id)")
        }
        let json = await self.explained(message).json.adding([.init("attempts", .array(attempts.map(\.json)))])
        return self.success([.init("message", json)])
    }

    /// The page starts behind so many pending messages, and every pending one of it is one more: one count for a page,
    /// however long the queue is.
    private func withEstimates(_ messages: [MessageView]) async throws -> [JSONValue] {
        guard let first = messages.first else { return [] }
        var ahead = try await self.reader.countPending(before: first.id)
        var rows: [JSONValue] = []
        for message in messages {
            let estimate = await self.state.estimatedDelivery(of: message, ahead: ahead)
            rows.append(
                await self.explained(message).json.adding([.init("estimatedDelivery", .text(estimate))]))
            if message.status == .pending { ahead += 1 }
        }
        return rows
    }

    /// The message with a reason, if it waits and only the daemon knows why.
    private func explained(_ message: MessageView) async -> MessageView {
        guard message.status == .pending, message.reason == nil else { return message }
        var message = message
        message.reason = await self.state.waitReason(of: message)
        return message
    }
}

extension QueryParameters {
    fileprivate func status(of allowed: [MessageState]) throws(APIError) -> MessageState? {
        guard let text = self["status"] else { return nil }
        guard let status = MessageState(rawValue: text), allowed.contains(status) else {
            let words = allowed.map(\.rawValue).joined(separator: ", ")
            throw .invalid("status", "status must be one of \(words)")
        }
        return status
    }

    fileprivate func batch() throws(APIError) -> BatchID? {
        try self.number("batch").map(BatchID.init(rawValue:))
    }

    /// The address as the queue stores it; a `+` in front may have become a space on its way.
    fileprivate func recipient() throws(APIError) -> String? {
        guard let text = self["number"] else { return nil }
        if text.hasSuffix("@g.us") { return text }
        let digits = text.drop { $0 == "+" || $0 == " " }
        guard (7...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .invalid("number", "number must be country code and number, 7 to 15 digits, or a group's id")
        }
        return String(digits)
    }
}
