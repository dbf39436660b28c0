/// One copy of a user's file into one of ours.
struct FileCopy {
    let source: MediaFile
    let target: String
    let limit: Int64
    /// Whether the kernel is asked to keep writers away.
    var usesLease = true
    /// Called after every piece that was hashed.
    var progress: () -> Void = {}

    func run() throws(MediaError) -> (hash: ContentHash, size: Int64) {
        let before = self.source.state
        guard before.size <= self.limit else { throw .tooLarge(size: before.size, limit: self.limit, kind: nil) }
        let lease = self.usesLease ? ReadLease(on: self.source.descriptor) : nil
        if let lease, lease.state == .somebodyWrites { throw .changing(path: self.source.path) }
        let output = try ContentWriter(creating: self.target, limit: self.limit)
        do throws(MediaError) {
            try self.transfer(into: output, of: before)
            let isSame = try self.source.currentState() == before && output.size == before.size
            guard isSame, lease?.isUnbroken ?? true else { throw .changing(path: self.source.path) }
            return (try output.finish(), output.size)
        } catch {
            output.discard()
            throw error
        }
    }

    private func transfer(into output: ContentWriter, of before: FileState) throws(MediaError) {
        if output.clone(self.source) { return try output.hashClone(progress: self.progress) }
        try self.source.forEachPiece { piece throws(MediaError) in
            // A file that grows is refused here, before it fills the disk.
            guard Int64(piece.count) <= before.size - output.size else { throw .changing(path: self.source.path) }
            try output.write(piece)
            self.progress()
        }
    }
}
