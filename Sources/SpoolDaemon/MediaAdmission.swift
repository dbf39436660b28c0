import Glibc
import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolQueue

/// Looks at the attachments that the rows of a file name, while the file is imported: local files are copied and checked,
/// URLs are checked as far as that goes without asking anybody.
struct MediaAdmission: Sendable {
    let store: MediaStore
    let urlGuard: URLGuard
    let layout: SpoolLayout
    let reader: QueueReader
    /// Bytes that have to stay free in the state directory.
    let minimumFree: Int64?
    let stateDirectory: String
    var freeSpace: @Sendable (_ directory: String) throws -> UInt64 = FreeSpace.available

    /// What an import has looked at, so that equal rows cost nothing; bounded, because every row may name another file.
    struct Memory: Sendable {
        fileprivate var local: LocalMedia?
        fileprivate var known: [MediaReference: Result<MediaContent?, Refusal>] = [:]
        fileprivate static let capacity = 1000
    }

    /// Settles the attachments of a chunk's rows: a row whose file is bad is refused, one whose file is good has its
    /// content. All copies are durable when this returns.
    ///
    /// - Throws: What this machine is at fault for, and `CancellationError`.
    func admit(_ rows: inout [ImportRow], of batch: BatchID, user: UserName, _ memory: inout Memory) async throws {
        var isAnyCopied = false
        for index in rows.indices {
            guard case .success(let request) = rows[index].content, let reference = request.media else { continue }
            try Task.checkCancellation()
            switch try await self.content(reference, batch, user, &memory) {
            case .success(let content):
                isAnyCopied = isAnyCopied || content != nil
                rows[index].media = content
                guard content?.description.kind == .audio, !request.text.isEmpty else { continue }
                rows[index].content = .failure(MediaReference.captionOfAudio)
            case .failure(let refusal): rows[index].content = .failure(refusal)
            }
        }
        if isAnyCopied { try await self.store.synchronize() }
    }

    /// Forgets all that was copied for a batch of which nothing is taken.
    func forget(_ batch: BatchID) async {
        // What cannot be removed now, the next start removes.
        try? await self.store.remove(batch)
    }

    private func content(
        _ reference: MediaReference, _ batch: BatchID, _ user: UserName, _ memory: inout Memory
    ) async throws -> Result<MediaContent?, Refusal> {
        if let known = memory.known[reference] { return known }
        let local: LocalMedia
        if let known = memory.local { local = known } else { local = try await self.local(of: user) }
        memory.local = local
        let result = try await self.look(at: reference, batch, local)
        if memory.known.count >= Memory.capacity { memory.known.removeAll(keepingCapacity: true) }
        memory.known[reference] = result
        return result
    }

    private func local(of user: UserName) async throws(QueueError) -> LocalMedia {
        LocalMedia(of: user, in: self.layout, users: try await self.reader.users())
    }

    private func look(
        at reference: MediaReference, _ batch: BatchID, _ local: LocalMedia
    ) async throws -> Result<MediaContent?, Refusal> {
        do throws(MediaError) {
            let request = try MediaRequest(reference, local: local)
            if case .url(let url) = request.source {
                try self.urlGuard.checkLiteral(url)
                return .success(nil)
            }
            try self.checkFreeSpace()
            return .success(try await self.store.media(request, for: batch))
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .store: throw error
            default: return .failure(error.refusal)
            }
        }
    }

    /// A copy must not take the room that outcomes need to be stored.
    private func checkFreeSpace() throws(MediaError) {
        guard let minimumFree = self.minimumFree else { return }
        let available = (try? self.freeSpace(self.stateDirectory)) ?? .max
        guard available < UInt64(max(0, minimumFree)) else { return }
        throw .store(call: "copy", path: self.stateDirectory, code: ENOSPC)
    }
}

extension LocalMedia {
    /// The files that a user's rows may name. Those of `default` lie around the other users' directories.
    init(of user: UserName, in layout: SpoolLayout, users: [UserName]) {
        self.init(
            root: layout.media(of: user),
            reserved: user == .default ? Set(users.filter { $0 != .default }.map(\.rawValue)) : [])
    }
}
