import Logging
public import WhatsAppBinary

typealias SessionRequestTable = RequestTable<SessionWaiter>

/// Who waits for an answer.
enum SessionWaiter: Sendable {
    case caller(CheckedContinuation<Result<Node, ClientError>, Never>)
    case machine(ConnectionStateMachine.OwnQuery)
    /// The last step of linking by code.
    case codeFinish
}

extension WhatsAppSession: StanzaChannel {
    public func query(_ iq: Node) async throws(ClientError) -> Node {
        var iq = iq
        let key = self.nextQuery(&iq)
        return try await self.request(iq, key)
    }

    public func send(_ node: Node) async throws(ClientError) {
        let payload = try self.payload(of: node)
        guard self.machine.isOpen else { throw .notConnected }
        let number = self.sendNumber()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.enqueue(.payload(payload), sent: continuation, number: number)
            }
        } onCancel: {
            Task { await self.cancelSend(number) }
        }
        try result.get()
    }

    public func sendMessage(_ node: Node, id: String) async throws(ClientError) -> Node {
        guard self.machine.isOnline else { throw .notConnected }
        let key = SessionRequestTable.Key(.message, id)
        guard !self.requests.contains(key) else { throw .duplicateID(id) }
        return try await self.request(node, key)
    }

    private func request(_ node: Node, _ key: SessionRequestTable.Key) async throws(ClientError) -> Node {
        let payload = try self.payload(of: node)
        guard self.machine.isOpen else { throw .notConnected }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.requests.insert(.caller(continuation), for: key, now: self.time.uptime())
                self.enqueueRequest(payload, key)
            }
        } onCancel: {
            Task { await self.cancelRequest(key) }
        }
        return try result.get()
    }

    private func cancelRequest(_ key: SessionRequestTable.Key) {
        guard let request = self.requests.remove(key) else { return }
        _ = self.connection?.outbox.remove { $0.request == key }
        self.settle(request, .failure(.cancelled(mayHaveLeft: request.mayHaveLeft)))
    }

    private func cancelSend(_ number: UInt64) {
        for item in self.connection?.outbox.remove(where: { $0.sendNumber == number }) ?? [] {
            item.sent?.resume(returning: .failure(.cancelled(mayHaveLeft: false)))
        }
    }
}

// What the session itself sends.
extension WhatsAppSession {
    /// Sends without waiting; what cannot be sent any more is dropped.
    func sendOwn(_ node: Node) {
        guard let payload = try? self.payload(of: node) else {
            self.logger.error("a stanza has no form on the wire", metadata: ["tag": "\(node.tag)"])
            return
        }
        self.enqueue(.payload(payload))
    }

    func queryOwn(_ iq: Node, for waiter: SessionWaiter) {
        var iq = iq
        let key = self.nextQuery(&iq)
        guard let payload = try? self.payload(of: iq) else { return }
        self.requests.insert(waiter, for: key, now: self.time.uptime())
        self.enqueueRequest(payload, key)
    }

    /// Tells who waits what came of it.
    func settle(_ request: SessionRequestTable.Request, _ result: Result<Node, ClientError>) {
        switch request.waiter {
        case .caller(let continuation): continuation.resume(returning: result)
        case .machine(let query): self.perform(self.machine.answered(query, result, self.time.now))
        case .codeFinish:
            if case .failure(.refused) = result { self.perform(pairing: { $0.finishAnswered(isRefused: true, $1) }) }
        }
    }

    private func nextQuery(_ iq: inout Node) -> SessionRequestTable.Key {
        self.queryNumber += 1
        let id = self.queryPrefix + String(self.queryNumber)
        iq.attributes["id"] = .string(id)
        return SessionRequestTable.Key(.query, id)
    }

    private func sendNumber() -> UInt64 {
        self.lastSendNumber += 1
        return self.lastSendNumber
    }

    private func payload(of node: Node) throws(ClientError) -> [UInt8] {
        do {
            return try NodeEncoder.encode(node)
        } catch {
            throw .unsendable(error)
        }
    }

    private func enqueueRequest(_ payload: [UInt8], _ key: SessionRequestTable.Key) {
        self.machine.asked(self.time.now)
        self.enqueue(.payload(payload), request: key)
        self.wakeReaderIfRoom()
        self.rearmTimer()
    }

    func enqueue(
        _ content: Outbox.Content, request: SessionRequestTable.Key? = nil, sent: Outbox.SentContinuation? = nil,
        number: UInt64 = 0
    ) {
        let item = Outbox.Item(content: content, request: request, sent: sent, sendNumber: number)
        guard self.connection?.outbox.append(item) == true else {
            // A request that nobody will answer ends with the connection.
            sent?.resume(returning: .failure(.notConnected))
            return
        }
        self.wakeWriter()
    }
}
