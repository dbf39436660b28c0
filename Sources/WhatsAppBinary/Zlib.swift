import CZlib

/// Whole zlib streams (RFC 1950) in memory.
enum Zlib {
    /// - Throws: `inflatedTooLarge` as soon as the output passes the limit; `compressionFailed` for a stream that is
    ///   damaged, incomplete, needs a preset dictionary or has bytes after its end.
    static func inflate(_ input: ArraySlice<UInt8>, limit: Int) throws(BinaryError) -> [UInt8] {
        guard let inputCount = UInt32(exactly: input.count) else { throw .compressionFailed(code: Z_DATA_ERROR) }
        var stream = z_stream()
        let status = spool_inflate_init(&stream)
        guard status == Z_OK else { throw .compressionFailed(code: status) }
        defer { inflateEnd(&stream) }

        return try input.withUnsafeBufferPointer { input throws(BinaryError) in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = inputCount
            var output: [UInt8] = []
            // One byte more than allowed, to tell a stream that fits exactly from one that goes on.
            var capacity = min(limit + 1, max(4 * input.count, 1024))
            while true {
                let status = self.inflate(&stream, appendingTo: &output, capacity: capacity)
                guard output.count <= limit else { throw .inflatedTooLarge(limit: limit) }
                if status == Z_STREAM_END { break }
                // Room left means that it was the input which ran out.
                guard status == Z_OK, output.count == capacity else {
                    throw .compressionFailed(code: status == Z_OK ? Z_BUF_ERROR : status)
                }
                capacity = min(limit + 1, 2 * capacity)
            }
            guard stream.avail_in == 0 else { throw .compressionFailed(code: Z_DATA_ERROR) }
            return output
        }
    }

    /// - Parameter level: 0 (stored) to 9 (best).
    static func deflate(_ input: [UInt8], level: Int) throws(BinaryError) -> [UInt8] {
        var status = Z_OK
        let bound = compressBound(uLong(input.count))
        let output = [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, initialized in
            var count = bound
            status = compress2(buffer.baseAddress, &count, input, uLong(input.count), Int32(clamping: level))
            initialized = status == Z_OK ? Int(count) : 0
        }
        guard status == Z_OK else { throw .compressionFailed(code: status) }
        return output
    }

    /// Goes on until the output has `capacity` bytes or the stream gives no more.
    private static func inflate(_ stream: inout z_stream, appendingTo output: inout [UInt8], capacity: Int) -> Int32 {
        var status = Z_OK
        let before = output
        output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            _ = buffer.initialize(fromContentsOf: before)
            stream.next_out = buffer.baseAddress?.advanced(by: before.count)
            stream.avail_out = UInt32(capacity - before.count)
            status = CZlib.inflate(&stream, Z_NO_FLUSH)
            count = capacity - Int(stream.avail_out)
        }
        return status
    }
}
