import Foundation

/// OpenSSL contexts that wait for their next use: making one costs more than hashing a short message.
/// A context keeps what its last operation left in it until the next one starts or the process ends.
final class ContextPool: @unchecked Sendable {
    // Thread sanitizer knows this lock; it does not see the one in the Synchronization module.
    private let lock = NSLock()
    /// Guarded by `lock`.
    private var idle: [OpaquePointer] = []
    private let make: @Sendable () -> OpaquePointer?
    private let free: @Sendable (OpaquePointer) -> Void
    private let name: StaticStringName

    /// - Parameters:
    ///   - make: gives a context, or nil when the library cannot.
    ///   - free: ends a context whose operation failed, for its state is not known then.
    init(
        _ name: StaticStringName, make: @escaping @Sendable () -> OpaquePointer?,
        free: @escaping @Sendable (OpaquePointer) -> Void
    ) {
        self.name = name
        self.make = make
        self.free = free
    }

    func with<Value>(_ body: (OpaquePointer) throws(CryptoError) -> Value) throws(CryptoError) -> Value {
        let context = try self.take()
        do {
            let value = try body(context)
            self.lock.withLock { self.idle.append(context) }
            return value
        } catch {
            self.free(context)
            throw error
        }
    }

    private func take() throws(CryptoError) -> OpaquePointer {
        if let context = self.lock.withLock({ self.idle.popLast() }) { return context }
        guard let context = self.make() else { throw .primitiveFailed(self.name) }
        return context
    }
}
