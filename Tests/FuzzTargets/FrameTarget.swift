import WhatsAppBinary

/// However the stream is cut into pieces, the same frames come out, and joined they are the stream again.
enum FrameTarget {
    static func run(_ bytes: [UInt8]) {
        let whole = self.frames(of: bytes, pieceSize: max(1, bytes.count))
        let cut = self.frames(of: bytes, pieceSize: Int(bytes.first ?? 0) % 7 + 1)
        precondition(whole == cut, "frames depend on the pieces")
        let joined = whole.frames.flatMap { frame in (try? FrameCodec.encode(frame)) ?? [] }
        let start = whole.header?.bytes ?? []
        precondition(bytes.starts(with: start + joined), "frames are not what the stream held")
    }

    private struct Outcome: Equatable {
        var header: ConnectionHeader?
        var frames: [[UInt8]] = []
        var error: BinaryError?
    }

    private static func frames(of bytes: [UInt8], pieceSize: Int) -> Outcome {
        var codec = FrameCodec(maximumFrameLength: 1 << 16)
        var outcome = Outcome()
        let startsWithHeader = bytes.first == ConnectionHeader.prologue[0] || bytes.first == 0x45
        do {
            for start in stride(from: 0, to: bytes.count, by: pieceSize) {
                try codec.push(bytes[start..<min(start + pieceSize, bytes.count)])
                if startsWithHeader, outcome.header == nil {
                    outcome.header = try codec.nextHeader()
                    if outcome.header == nil { continue }
                }
                while let frame = try codec.nextFrame() { outcome.frames.append(frame) }
            }
        } catch {
            outcome.error = error
        }
        return outcome
    }
}
