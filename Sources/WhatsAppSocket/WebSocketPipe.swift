import NIOCore
import NIOWebSocket
import WhatsAppClient

/// A pipe that is a WebSocket. Puts fragments together, answers pings, drops text.
actor WebSocketPipe: BytePipe {
    private let channel: any Channel
    private let frames: NIOAsyncChannelInboundStream<WebSocketFrame>
    private var iterator: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator?
    /// What there is of a message in several frames.
    private var fragments: Fragments?
    private var isClosed = false

    private struct Fragments {
        let isBinary: Bool
        var bytes: [UInt8]
    }

    init(channel: any Channel, frames: NIOAsyncChannelInboundStream<WebSocketFrame>) {
        self.channel = channel
        self.frames = frames
    }

    // Not through the actor, so that messages go out in the order of the calls, and while another task receives.
    nonisolated func send(_ message: [UInt8]) async throws(PipeError) {
        do {
            try await self.channel.writeAndFlush(self.frame(.binary, ByteBuffer(bytes: message))).get()
        } catch {
            throw PipeError(error)
        }
    }

    func receive() async throws(PipeError) -> [UInt8]? {
        while let frame = try await self.nextFrame() {
            if let message = try self.take(frame) { return message }
            if self.isClosed { return nil }
        }
        // The end of the connection without a word is one only when nobody here wanted it.
        if Task.isCancelled { throw .cancelled }
        if self.isClosed { return nil }
        throw .closed(code: Code.abnormal)
    }

    func close() {
        self.close(with: .normalClosure)
    }

    private func nextFrame() async throws(PipeError) -> WebSocketFrame? {
        if self.isClosed { return nil }
        var iterator = self.iterator ?? self.frames.makeAsyncIterator()
        self.iterator = iterator
        do {
            return try await iterator.next(isolation: self)
        } catch {
            if self.isClosed { return nil }
            throw self.failed(error)
        }
    }

    /// A whole binary message, when this frame completes one.
    private func take(_ frame: WebSocketFrame) throws(PipeError) -> [UInt8]? {
        // Bits for extensions, and we have agreed on none.
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { throw self.violated() }
        switch frame.opcode {
        case .binary, .text:
            guard self.fragments == nil else { throw self.violated() }
            self.fragments = Fragments(isBinary: frame.opcode == .binary, bytes: [])
            return try self.append(frame)
        case .continuation:
            guard self.fragments != nil else { throw self.violated() }
            return try self.append(frame)
        case .ping:
            self.answer(frame)
            return nil
        case .pong: return nil
        case .connectionClose:
            try self.closed(by: frame)
            return nil
        default: throw self.violated()
        }
    }

    private func append(_ frame: WebSocketFrame) throws(PipeError) -> [UInt8]? {
        let data = frame.unmaskedData
        let count = (self.fragments?.bytes.count ?? 0) + data.readableBytes
        guard count <= BytePipeLimit.messageSize else {
            self.close(with: .messageTooLarge)
            throw .messageTooLarge(limit: BytePipeLimit.messageSize)
        }
        self.fragments?.bytes.append(contentsOf: data.readableBytesView)
        guard frame.fin, let fragments else { return nil }
        self.fragments = nil
        return fragments.isBinary ? fragments.bytes : nil
    }

    private func answer(_ ping: WebSocketFrame) {
        // Pings of a server that does not read are not worth any memory.
        guard self.channel.isWritable else { return }
        self.channel.writeAndFlush(self.frame(.pong, ping.unmaskedData), promise: nil)
    }

    private func closed(by frame: WebSocketFrame) throws(PipeError) {
        var data = frame.unmaskedData
        let code = data.readInteger(as: UInt16.self).map(Int.init)
        self.close(with: .normalClosure)
        guard let code, code != Code.normal, code != Code.goingAway else { return }
        throw .closed(code: code)
    }

    /// The decoder leaves saying goodbye to us.
    private func failed(_ error: any Error) -> PipeError {
        let failure = PipeError(error)
        switch failure {
        case .messageTooLarge: self.close(with: .messageTooLarge)
        case .protocolViolation: self.close(with: .protocolError)
        default: break
        }
        return failure
    }

    private func violated() -> PipeError {
        self.close(with: .protocolError)
        return .protocolViolation
    }

    private func close(with code: WebSocketErrorCode) {
        guard !self.isClosed else { return }
        self.isClosed = true
        let channel = self.channel
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        channel.writeAndFlush(self.frame(.connectionClose, data)).whenComplete { _ in channel.close(promise: nil) }
        // What the system does not take in a second it may keep.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    /// Clients mask what they send.
    private nonisolated func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    }

    private enum Code {
        static let normal = 1000
        static let goingAway = 1001
        static let abnormal = 1006
    }
}
