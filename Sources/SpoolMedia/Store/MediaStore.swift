import Foundation
import NIOPosix
public import SpoolCore

/// Attachments on their way from a row to the transport: each source is fetched once for a batch, each content is kept
/// once, and both go when no batch needs them.
///
/// One process only may use a directory. Fetching and copying run beside each other, each source once however many
/// rows ask for it at the same time.
public actor MediaStore {
    private let directory: StoreDirectory
    private let fetcher: MediaFetcher
    private var receptions: [Source: Reception] = [:]
    private var descriptions = DescriptionCache()
    private var received = 0
    private var isClosed = false

    /// One source in one batch.
    private struct Source: Hashable {
        let batch: BatchID
        let key: ContentHash
    }

    private struct Reception {
        /// Names the file that is being received.
        let number: Int
        let task: Task<Result<StoredContent, MediaError>, Never>
    }

    /// - Parameter directory: Made if it is missing; its parent has to be there.
    public init(directory: String, fetcher: MediaFetcher) throws(MediaError) {
        self.directory = try StoreDirectory(directory)
        self.fetcher = fetcher
    }

    /// The attachment of one row: fetched or copied unless the batch has it already, and checked against what the row
    /// says. It stays until `remove(batch)`.
    ///
    /// It survives a crash only after `synchronize`.
    /// - Throws: An error that is not temporary is that of every row of the batch which names this source; nothing is
    ///   tried again for it.
    public func media(_ request: MediaRequest, for batch: BatchID) async throws(MediaError) -> MediaContent {
        let source = Source(batch: batch, key: try ContentHash.of(request.source.key))
        let content = try await self.content(of: request.source, source)
        return MediaContent(hash: content.hash.bytes, description: try await self.describe(content, request))
    }

    /// Where the bytes of a content are, for as long as a batch needs it; `nil` when they are not there, or fewer.
    public nonisolated func path(of content: MediaContent) -> String? {
        let hash = ContentHash(content.hash)
        return self.directory.holds(hash, size: content.description.size) ? self.directory.object(hash) : nil
    }

    /// Makes every attachment that `media` has returned durable.
    public func synchronize() async throws(MediaError) {
        let directory = self.directory
        try await Blocking.run { () throws(MediaError) in try directory.synchronize() }
    }

    /// The batch needs its attachments no longer. What is being fetched for it is given up.
    public func remove(_ batch: BatchID) throws(MediaError) {
        for (source, reception) in self.receptions where source.batch == batch {
            reception.task.cancel()
            self.receptions[source] = nil
        }
        try self.directory.remove(batch)
    }

    /// The batch needs one of its sources no longer.
    public func remove(_ source: MediaSource, of batch: BatchID) throws(MediaError) {
        try self.directory.remove(ContentHash.of(source.key), of: batch)
    }

    /// Removes all that no open batch needs; for the start, when a crash may have left something.
    public func sweep(keeping open: Set<BatchID>) throws(MediaError) {
        for batch in try self.directory.batches() where !open.contains(batch) { try self.directory.remove(batch) }
        try self.directory.removeUnneeded()
    }

    /// Gives up all fetches and begins no more, so that the process can end.
    public func close() {
        self.isClosed = true
        for reception in self.receptions.values { reception.task.cancel() }
    }

    private func content(of place: MediaSource, _ source: Source) async throws(MediaError) -> StoredContent {
        if let reception = self.receptions[source] { return try await reception.task.value.get() }
        switch self.directory.record(of: source.key, in: source.batch) {
        case .content(let content): return content
        case .failure(let error): throw error
        case nil: break
        }
        guard !self.isClosed else { throw .cancelled }
        self.received += 1
        let number = self.received
        let task = Task { await self.receive(place, source, number) }
        self.receptions[source] = Reception(number: number, task: task)
        return try await task.value.get()
    }

    private func receive(
        _ place: MediaSource, _ source: Source, _ number: Int
    ) async -> Result<StoredContent, MediaError> {
        let path = self.directory.incoming(String(number))
        let result: Result<StoredContent, MediaError>
        do throws(MediaError) {
            let file = try await self.fetch(place, into: path)
            // Without it the batch was removed in the meantime, and perhaps asked for again.
            guard self.receptions[source]?.number == number else {
                unlink(path)
                throw .cancelled
            }
            result = .success(try self.keep(file, source, path))
        } catch {
            result = .failure(error)
        }
        guard self.receptions[source]?.number == number else { return result }
        self.receptions[source] = nil
        if case .failure(let error) = result { self.remember(error, source) }
        return result
    }

    private nonisolated func fetch(_ place: MediaSource, into path: String) async throws(MediaError) -> FetchedFile {
        switch place {
        case .url(let url): return try await self.fetcher.fetch(url, into: path)
        case .file(let name, let local):
            return try await Blocking.run { () throws(MediaError) in
                let copy = try local.copy(name, into: path)
                return FetchedFile(hash: copy.hash, size: copy.size, contentType: nil, name: FileName.last(of: name))
            }
        }
    }

    /// Without a pause in between: the count of those who need a content is right at every moment.
    private func keep(_ file: FetchedFile, _ source: Source, _ path: String) throws(MediaError) -> StoredContent {
        do throws(MediaError) {
            try self.directory.adopt(path, as: file.hash, size: file.size, of: source.key, for: source.batch)
            let content = StoredContent(
                hash: file.hash, size: file.size, contentType: file.contentType, name: file.name)
            try self.directory.write(.content(content), of: source.key, in: source.batch)
            return content
        } catch {
            unlink(path)
            throw error
        }
    }

    private func remember(_ error: MediaError, _ source: Source) {
        guard !error.isTemporary else { return }
        do throws(MediaError) {
            try self.directory.write(.failure(error), of: source.key, in: source.batch)
        } catch {
            // Then it is found out anew.
        }
    }

    private func describe(_ content: StoredContent, _ request: MediaRequest) async throws(MediaError)
        -> MediaDescription
    {
        let inspection = MediaInspection(
            kind: request.kind, fileName: request.fileName, contentType: content.contentType, sourceName: content.name)
        let key = DescriptionCache.Key(hash: content.hash, inspection: inspection)
        if let known = self.descriptions.result(for: key) { return try known.get() }
        let path = self.directory.object(content.hash)
        let result: Result<MediaDescription, MediaError>
        do throws(MediaError) {
            result = .success(
                try await Blocking.run { () throws(MediaError) in try inspection.describe(MediaFile(path)) })
        } catch {
            guard !error.isTemporary else { throw error }
            result = .failure(error)
        }
        self.descriptions.remember(result, for: key)
        return try result.get()
    }
}
