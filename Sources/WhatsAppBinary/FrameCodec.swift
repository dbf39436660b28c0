/// Cuts a byte stream into frames: three length bytes, big endian, then that many bytes. WebSocket messages are only
/// pieces of the stream; their borders mean nothing.
///
/// Push what arrives, then pull frames until there is none. After an error the stream cannot be followed any more.
public struct FrameCodec: Sendable {
    /// The most bytes a frame's length can say.
    public static let maximumLength = 1 << 24 - 1
    /// Bytes in front of a frame's payload.
    public static let prefixLength = 3

    /// The longest frame this reader accepts; may be smaller while the other side has not proved who it is.
    public var maximumFrameLength: Int

    /// Bytes in `buffer` before `start` have been handed out.
    private var buffer: [UInt8] = []
    private var start = 0

    public init(maximumFrameLength: Int = FrameCodec.maximumLength) {
        self.maximumFrameLength = maximumFrameLength
    }

    /// Bytes that wait for the rest of their frame, or to be pulled.
    public var bufferedCount: Int { self.buffer.count - self.start }

    /// Adds a piece of the stream.
    /// - Throws: `bufferFull` when this would keep more than one frame of the longest length and one longest message.
    public mutating func push(_ bytes: some Collection<UInt8>) throws(BinaryError) {
        let limit = FrameCodec.prefixLength + self.maximumFrameLength + FrameCodec.maximumLength + 1
        let count = self.bufferedCount + bytes.count
        guard count <= limit else { throw .bufferFull(count: count, limit: limit) }
        self.discardConsumed()
        self.buffer.append(contentsOf: bytes)
    }

    /// Takes the next frame's payload, which may be empty; `nil` until it is complete.
    /// - Throws: `frameTooLarge` as soon as its length is known.
    public mutating func nextFrame() throws(BinaryError) -> [UInt8]? {
        guard self.bufferedCount >= FrameCodec.prefixLength else { return nil }
        let length = self.length(at: self.start)
        guard length <= self.maximumFrameLength else {
            throw .frameTooLarge(length: length, limit: self.maximumFrameLength)
        }
        guard self.bufferedCount >= FrameCodec.prefixLength + length else { return nil }
        let first = self.start + FrameCodec.prefixLength
        self.start = first + length
        return Array(self.buffer[first..<self.start])
    }

    /// A frame with its length in front.
    /// - Throws: `frameTooLarge` from 16 MiB.
    public static func encode(_ payload: some Collection<UInt8>) throws(BinaryError) -> [UInt8] {
        let count = payload.count
        guard count <= self.maximumLength else { throw .frameTooLarge(length: count, limit: self.maximumLength) }
        var frame: [UInt8] = []
        frame.reserveCapacity(self.prefixLength + count)
        self.append(length: count, to: &frame)
        frame.append(contentsOf: payload)
        return frame
    }

    static func append(length: Int, to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: length >> 16))
        output.append(UInt8(truncatingIfNeeded: length >> 8))
        output.append(UInt8(truncatingIfNeeded: length))
    }

    private func length(at offset: Int) -> Int {
        Int(self.buffer[offset]) << 16 | Int(self.buffer[offset + 1]) << 8 | Int(self.buffer[offset + 2])
    }

    /// Moves the rest to the front once it is the smaller part, so that each byte is moved once on average; a buffer that
    /// grew for a large frame is given back.
    private mutating func discardConsumed() {
        guard self.start > 0, self.start >= self.buffer.count - self.start else { return }
        if self.start == self.buffer.count {
            self.buffer.removeAll(keepingCapacity: self.buffer.capacity <= 1 << 16)
        } else {
            self.buffer.removeFirst(self.start)
        }
        self.start = 0
    }
}

extension FrameCodec {
    /// Takes the header that a client sends in front of its first frame; `nil` until it is complete. Servers only, once.
    /// - Throws: `invalidHeader` at the first byte that no header has there, `unsupportedVersion`, `routingInfoTooLong`.
    public mutating func nextHeader() throws(BinaryError) -> ConnectionHeader? {
        var offset = 0
        var routingInfo: [UInt8]?
        if self.bufferedCount > 0, self.buffer[self.start] == ConnectionHeader.routingMagic[0] {
            guard try self.matches(ConnectionHeader.routingMagic, at: 0) else { return nil }
            let prefix = ConnectionHeader.routingMagic.count + FrameCodec.prefixLength
            guard self.bufferedCount >= prefix else { return nil }
            let length = self.length(at: self.start + ConnectionHeader.routingMagic.count)
            try ConnectionHeader.checkRoutingInfo(count: length)
            guard self.bufferedCount >= prefix + length else { return nil }
            routingInfo = Array(self.buffer[self.start + prefix..<self.start + prefix + length])
            offset = prefix + length
        }
        guard try self.matches(ConnectionHeader.magic, at: offset) else { return nil }
        let versions = self.start + offset + ConnectionHeader.magic.count
        guard self.buffer.count >= versions + 2 else { return nil }
        let (protocolVersion, dictionaryVersion) = (self.buffer[versions], self.buffer[versions + 1])
        guard protocolVersion == ConnectionHeader.protocolVersion, dictionaryVersion == Tokens.dictionaryVersion else {
            throw .unsupportedVersion(protocolVersion: protocolVersion, dictionaryVersion: dictionaryVersion)
        }
        self.start = versions + 2
        return ConnectionHeader(unchecked: routingInfo)
    }

    /// Whether all bytes are there; false when they are not yet, and those that are do fit.
    private func matches(_ expected: [UInt8], at offset: Int) throws(BinaryError) -> Bool {
        let available = self.buffer[(self.start + offset)...].prefix(expected.count)
        for (index, (byte, wanted)) in zip(available, expected).enumerated() where byte != wanted {
            throw .invalidHeader(byte, offset: offset + index)
        }
        return available.count == expected.count
    }
}
