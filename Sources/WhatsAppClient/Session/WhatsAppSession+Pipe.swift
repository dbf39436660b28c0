import Logging
import NoiseProtocol
import WhatsAppBinary

// Reading and writing on one connection. One task each; both end when either does.
extension WhatsAppSession {
    /// Speaks on a pipe until it ends; the reason, `nil` for a good end.
    func serve(_ pipe: any BytePipe, _ connection: Connection) async -> PipeError? {
        self.connection = connection
        let number = connection.number
        self.perform(self.machine.connected(self.time.now))
        self.sendHello()
        return await withTaskCancellationHandler {
            await withTaskGroup(of: PipeError?.self) { group in
                group.addTask { await self.read(pipe, number) }
                group.addTask { await self.write(pipe, number) }
                // There are two, so there is a first one.
                let first = await group.next() ?? nil
                self.abandon(number)
                await pipe.close()
                group.cancelAll()
                await group.waitForAll()
                return first
            }
        } onCancel: {
            Task { await self.abandon(number) }
        }
    }

    /// Ends the waiting of both tasks.
    private func abandon(_ number: Int) {
        guard self.connection?.number == number else { return }
        self.connection?.isOver = true
        self.wakeWriter()
        self.wakeReader()
    }

    /// The connection is gone, and what hung on it.
    func pipeEnded(_ error: PipeError?) {
        for item in self.connection?.outbox.remove(where: { _ in true }) ?? [] {
            item.sent?.resume(returning: .failure(.connectionLost(mayHaveLeft: false)))
        }
        self.connection = nil
        self.pairing = nil
        self.inbox.forgetConnection()
        let requests = self.requests.removeAll()
        // First, or a request of the session's own would be taken for the cause.
        self.perform(self.machine.pipeClosed(error, self.time.now, using: &self.generator))
        for request in requests {
            self.settle(request, .failure(.connectionLost(mayHaveLeft: request.mayHaveLeft)))
        }
    }

    private nonisolated func read(_ pipe: any BytePipe, _ number: Int) async -> PipeError? {
        do {
            while let message = try await pipe.receive() {
                guard await self.received(message, number) else { return nil }
            }
            return nil
        } catch {
            return error
        }
    }

    private nonisolated func write(_ pipe: any BytePipe, _ number: Int) async -> PipeError? {
        while let (bytes, sent) = await self.nextOutgoing(number) {
            do throws(PipeError) {
                try await pipe.send(bytes)
                sent?.resume(returning: .success(()))
            } catch {
                sent?.resume(returning: .failure(.connectionLost(mayHaveLeft: true)))
                return error
            }
        }
        return nil
    }

    /// Takes the next frame and encrypts it; `nil` when there will be none.
    private func nextOutgoing(_ number: Int) async -> ([UInt8], Outbox.SentContinuation?)? {
        while let connection, connection.number == number, !connection.isOver {
            guard let item = self.connection?.outbox.takeFirst() else {
                await withCheckedContinuation { self.connection?.writer = $0 }
                continue
            }
            guard let bytes = self.wireForm(of: item.content) else {
                item.sent?.resume(returning: .failure(.connectionLost(mayHaveLeft: false)))
                return nil
            }
            if let request = item.request { self.requests.markLeft(request) }
            self.wakeReaderIfRoom()
            return (bytes, item.sent)
        }
        return nil
    }

    private func wireForm(of content: Outbox.Content) -> [UInt8]? {
        switch content {
        case .plain(let bytes): return bytes
        case .close: return nil
        case .payload(let payload):
            do {
                guard let frame = try self.connection?.ciphers?.send.encrypt(payload) else { return nil }
                return try FrameCodec.encode(frame)
            } catch let error as NoiseError {
                self.broken(.noise(error))
            } catch {
                self.logger.error("a frame could not be made", metadata: ["error": "\(error)"])
            }
            return nil
        }
    }

    /// Takes a piece of the stream, and returns when there is room for another; false when none is wanted.
    private func received(_ message: [UInt8], _ number: Int) async -> Bool {
        guard let connection, connection.number == number, !connection.isOver else { return false }
        // Until the pipe has closed, what comes is of no use.
        guard !self.machine.isClosing else { return true }
        do {
            try self.connection?.codec.push(message)
            while !self.machine.isClosing, let frame = try self.connection?.codec.nextFrame() {
                self.received(frame: frame)
            }
        } catch {
            self.broken(.malformedStream(error))
        }
        while let connection = self.connection, connection.number == number, !connection.isOver, !self.hasRoom {
            await withCheckedContinuation { self.connection?.reader = $0 }
        }
        return true
    }

    /// Answers must get through while somebody waits for them, or the handler that waits would wait for itself.
    private var hasRoom: Bool {
        (self.connection?.outbox.count ?? 0) < Inbox.stanzaLimit && (self.inbox.hasRoom || !self.requests.isEmpty)
    }

    func wakeWriter() {
        self.connection?.writer?.resume()
        self.connection?.writer = nil
    }

    func wakeReaderIfRoom() {
        if self.connection?.reader != nil, self.hasRoom { self.wakeReader() }
    }

    private func wakeReader() {
        self.connection?.reader?.resume()
        self.connection?.reader = nil
    }

    func broken(_ reason: DisconnectReason) {
        self.logger.warning("the connection is given up", metadata: ["reason": "\(reason)"])
        self.perform(self.machine.broken(reason, self.time.now))
    }
}

// Frames.
extension WhatsAppSession {
    private func sendHello() {
        guard let hello = self.connection?.handshake?.clientHello, let frame = try? FrameCodec.encode(hello) else {
            return
        }
        let routingInfo = self.configuration.sendsRoutingInfo ? self.credentials?.routingInfo : nil
        // Routing information that is too long is as good as none.
        let header = (try? ConnectionHeader(routingInfo: routingInfo))?.bytes ?? ConnectionHeader.prologue
        self.enqueue(.plain(header + frame))
    }

    private func received(frame: [UInt8]) {
        if let handshake = self.connection?.handshake {
            self.finish(handshake, answer: frame)
            return
        }
        let plaintext: [UInt8]
        do {
            guard let bytes = try self.connection?.ciphers?.receive.decrypt(frame) else { return }
            plaintext = bytes
        } catch {
            self.broken(.noise(error))
            return
        }
        self.machine.frameReceived()
        do {
            self.received(try NodeDecoder.decode(plaintext), bytes: plaintext.count)
        } catch {
            // The counters have moved on, so what follows can still be read.
            self.logger.warning("a stanza is not readable", metadata: ["error": "\(error)"])
        }
    }

    private func finish(_ handshake: HandshakeXX.Initiator, answer: [UInt8]) {
        do throws(NoiseError) {
            let end = try handshake.receive(
                serverHello: answer, trusting: self.configuration.root, now: self.time.date())
            self.connection?.handshake = nil
            self.connection?.ciphers = end.ciphers
            self.connection?.codec.maximumFrameLength = FrameCodec.maximumLength
            try self.sendFinish(end.clientFinish)
        } catch {
            if case .certificateRefused = error {
                self.logger.error("the server could not prove who it is", metadata: ["error": "\(error)"])
            }
            self.broken(.noise(error))
        }
    }

    private func sendFinish(_ message: [UInt8]) throws(NoiseError) {
        guard let frame = try? FrameCodec.encode(message), let connection else {
            throw .messageTooLarge(bytes: message.count)
        }
        self.enqueue(.plain(frame))
        if connection.mode == .registration, let credentials {
            self.pairing = PairingStateMachine(keys: credentials.keys, companion: self.configuration.companion)
        }
        self.perform(
            self.machine.handshakeCompleted(as: connection.mode, self.time.now, using: &self.generator))
    }

    private func received(_ stanza: Node, bytes: Int) {
        self.logger.trace("received", metadata: ["stanza": "\(stanza)"])
        if let key = SessionRequestTable.Key(answer: stanza), let request = self.requests.remove(key) {
            self.settle(request, Self.result(of: stanza))
        } else {
            if ["failure", "stream:error"].contains(stanza.tag) {
                self.logger.notice("the server ends the connection", metadata: ["stanza": "\(stanza)"])
            }
            self.perform(self.machine.received(stanza, self.time.now), bytes: bytes)
        }
        if self.inbox.isOverfull { self.broken(.overloaded) }
    }

    private static func result(of answer: Node) -> Result<Node, ClientError> {
        answer.tag == "iq" && answer.string("type") == "error"
            ? .failure(.refused(IQError(answer: answer))) : .success(answer)
    }
}
