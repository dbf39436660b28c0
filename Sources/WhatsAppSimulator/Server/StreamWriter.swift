import NIOCore
import NIOWebSocket
import NoiseProtocol
import WhatsAppBinary

/// Turns stanzas into WebSocket frames: encoded, encrypted in the order they come, and cut as their style says.
struct StreamWriter {
    private var cipher: CipherState
    /// Stanzas of more bytes go out compressed.
    private let compressAbove: Int?
    private var corruptsNext: Bool
    private var random: SimulationRandom

    init(_ cipher: CipherState, compressAbove: Int?, corruptsFirst: Bool, random: SimulationRandom) {
        self.cipher = cipher
        self.compressAbove = compressAbove
        self.corruptsNext = corruptsFirst
        self.random = random
    }

    mutating func frames(for stanzas: [(node: Node, style: FrameStyle)]) throws -> [WebSocketFrame] {
        var frames: [WebSocketFrame] = []
        var joined: [UInt8] = []
        for (node, style) in stanzas {
            let bytes = try self.bytes(of: node, style)
            if style.contains(.joined) || style.contains(.split) {
                joined += bytes
            } else {
                frames.append(Self.frame(bytes))
            }
        }
        guard !joined.isEmpty, let style = stanzas.first?.style else { return frames }
        return frames + (style.contains(.split) ? self.pieces(of: joined) : [Self.frame(joined)])
    }

    private mutating func bytes(of node: Node, _ style: FrameStyle) throws -> [UInt8] {
        var payload = try NodeEncoder.encode(node)
        if style.contains(.compressed) || self.compressAbove.map({ payload.count > $0 }) == true {
            payload = try NodeEncoder.encodeCompressed(node)
        }
        var ciphertext = try self.cipher.encrypt(payload)
        if self.corruptsNext {
            self.corruptsNext = false
            ciphertext[0] ^= 1
        }
        return try FrameCodec.encode(ciphertext)
    }

    /// The bytes in messages whose ends mean nothing, some of them in fragments.
    private mutating func pieces(of bytes: [UInt8]) -> [WebSocketFrame] {
        var frames: [WebSocketFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(1, min(rest.count, bytes.count / 2)), using: &self.random)
            let piece = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            if piece.count > 1, self.random.next() % 3 == 0 {
                let (first, last) = (piece[..<(piece.count / 2)], piece[(piece.count / 2)...])
                frames.append(Self.frame(Array(first), isLast: false))
                frames.append(WebSocketFrame(fin: true, opcode: .continuation, data: ByteBuffer(bytes: last)))
            } else {
                frames.append(Self.frame(piece))
            }
        }
        return frames
    }

    static func frame(_ bytes: [UInt8], isLast: Bool = true) -> WebSocketFrame {
        WebSocketFrame(fin: isLast, opcode: .binary, data: ByteBuffer(bytes: bytes))
    }
}
