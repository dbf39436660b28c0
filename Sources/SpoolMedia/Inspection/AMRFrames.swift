/// The frames of an AMR file (RFC 4867, 5): each lasts 20 ms, and its first byte tells its length.
enum AMRFrames {
    /// Whole seconds, rounded up; `nil` when the frames are broken.
    static func seconds(of file: MediaFile, isWideband: Bool) throws(MediaError) -> Int? {
        let lengths = isWideband ? Self.wideband : Self.narrowband
        var (count, rest, isBroken): (UInt64, Int, Bool) = (0, isWideband ? 9 : 6, false)
        try file.forEachPiece { piece throws(MediaError) in
            var position = rest
            while position < piece.count, !isBroken {
                let length = lengths[Int(piece[position] >> 3 & 15)]
                isBroken = length == 0
                position += length
                count += 1
            }
            rest = position - piece.count
        }
        return isBroken ? nil : Seconds.whole(count, per: 50)
    }

    /// Bytes of a frame by its type, the first byte included; 0 for types that do not exist.
    private static let narrowband = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1]
    private static let wideband = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1]
}
