import SpoolTestSupport
import Testing
import WhatsAppBinary

@Suite struct FrameCodecTests {
    @Test func `a frame is its length and its bytes`() throws {
        #expect(try FrameCodec.encode([7, 8]) == [0, 0, 2, 7, 8])
        #expect(try FrameCodec.encode([]) == [0, 0, 0])
        let long = [UInt8](repeating: 1, count: 0x012345)
        #expect(try FrameCodec.encode(long).prefix(4) == [1, 0x23, 0x45, 1])
    }

    @Test func `the longest frame goes through, one byte more does not`() throws {
        let longest = [UInt8](repeating: 9, count: FrameCodec.maximumLength)
        let frame = try FrameCodec.encode(longest)
        #expect(frame.prefix(3) == [255, 255, 255])
        var codec = FrameCodec()
        try codec.push(frame)
        #expect(try codec.nextFrame()?.count == longest.count)
        #expect(throws: BinaryError.frameTooLarge(length: 1 << 24, limit: 1 << 24 - 1)) {
            try FrameCodec.encode(longest + [0])
        }
    }

    @Test func `frames come out at any split of the stream in two`() throws {
        let frames: [[UInt8]] = [[1], [], [2, 3, 4], [UInt8](repeating: 5, count: 300), [], [6]]
        let stream = try frames.flatMap { try FrameCodec.encode($0) }
        for split in 0...stream.count {
            var codec = FrameCodec()
            try codec.push(stream[..<split])
            var pulled = try self.pull(&codec)
            try codec.push(stream[split...])
            pulled += try self.pull(&codec)
            #expect(pulled == frames, "split at \(split)")
            #expect(codec.bufferedCount == 0)
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `frames come out whatever the pieces`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let frames = (0..<40).map { _ in generator.bytes(upTo: 200) }
        var stream = try frames.flatMap { try FrameCodec.encode($0) }[...]
        var codec = FrameCodec()
        var pulled: [[UInt8]] = []
        while !stream.isEmpty {
            let piece = stream.prefix(Int.random(in: 0...150, using: &generator))
            stream = stream.dropFirst(piece.count)
            try codec.push(piece)
            // Some are left waiting until later.
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                if let frame = try codec.nextFrame() { pulled.append(frame) }
            }
        }
        pulled += try self.pull(&codec)
        #expect(pulled == frames, "seed \(seed)")
    }

    @Test func `a frame over the limit is refused as soon as its length is known`() throws {
        var codec = FrameCodec(maximumFrameLength: 100)
        try codec.push([0, 0])
        #expect(try codec.nextFrame() == nil)
        try codec.push([101])
        for _ in 0..<2 {
            #expect(throws: BinaryError.frameTooLarge(length: 101, limit: 100)) { try codec.nextFrame() }
        }
        codec.maximumFrameLength = 101
        #expect(try codec.nextFrame() == nil)
    }

    @Test func `bytes that nobody pulls do not pile up`() throws {
        var codec = FrameCodec(maximumFrameLength: 100)
        let message = [UInt8](repeating: 0, count: 1 << 24)
        try codec.push(message)
        let limit = 1 << 24 + 103
        try codec.push([UInt8](repeating: 0, count: 103))
        #expect(throws: BinaryError.bufferFull(count: limit + 1, limit: limit)) { try codec.push([0]) }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random bytes give frames, waiting or an error`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var codec = FrameCodec(maximumFrameLength: 1 << 16)
        for _ in 0..<200 {
            do throws(BinaryError) {
                try codec.push(generator.bytes(upTo: 100))
                while try codec.nextFrame() != nil {}
            } catch {
                guard case .frameTooLarge(let length, 1 << 16) = error, length > 1 << 16 else {
                    Issue.record("seed \(seed): \(error)")
                    return
                }
                codec = FrameCodec(maximumFrameLength: 1 << 16)
            }
        }
    }

    private func pull(_ codec: inout FrameCodec) throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let frame = try codec.nextFrame() { frames.append(frame) }
        return frames
    }
}
