import NIOPosix

/// Work that waits for the disk or the processor, away from the threads that everything else runs on.
enum Blocking {
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(MediaError) -> Value
    ) async throws(MediaError) -> Value {
        let result: Result<Value, MediaError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive { Self.result(body) }
        } catch {
            // The task was cancelled before a thread was free; the pool itself never ends.
            throw .cancelled
        }
        return try result.get()
    }

    private static func result<Value>(_ body: () throws(MediaError) -> Value) -> Result<Value, MediaError> {
        do throws(MediaError) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }
}
