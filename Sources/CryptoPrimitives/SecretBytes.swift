import COpenSSL
public import Foundation

/// Bytes that nobody should see: never printed, compared in constant time, wiped when the last copy goes.
/// Copies share one buffer, which never changes once it is filled.
public struct SecretBytes: Sendable, ContiguousBytes, Equatable {
    private final class Storage: @unchecked Sendable {
        let buffer: UnsafeMutableRawBufferPointer

        init(count: Int) {
            self.buffer = .allocate(byteCount: count, alignment: 16)
        }

        deinit {
            OPENSSL_cleanse(self.buffer.baseAddress, self.buffer.count)
            self.buffer.deallocate()
        }
    }

    private let storage: Storage

    /// `count` bytes, all zero until `fill` has written them.
    public init<Failure: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        self.storage = Storage(count: count)
        self.storage.buffer.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(self.storage.buffer)
    }

    /// A copy of `bytes`; wiping the original is its owner's business.
    public init(_ bytes: some ContiguousBytes) {
        self.storage = bytes.withUnsafeBytes { source in
            let storage = Storage(count: source.count)
            storage.buffer.copyMemory(from: source)
            return storage
        }
    }

    /// Fresh bytes; eight of them, little endian, are taken from each number the generator gives.
    public static func random(count: Int, using generator: inout some RandomNumberGenerator) -> SecretBytes {
        SecretBytes(count: count) { generator.fill($0) }
    }

    public var count: Int { self.storage.buffer.count }

    /// A copy of a part. The range must lie within the bytes.
    public subscript(range: Range<Int>) -> SecretBytes {
        SecretBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(self.storage.buffer)[range]))
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(self.storage.buffer))
    }

    /// The bytes in the open, for storing or sending them. The copy is not wiped.
    public var exposed: [UInt8] { Array(self.storage.buffer) }

    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { isEqualInConstantTime(left, $0) } }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "SecretBytes(\(self.count))" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// True when both are the same bytes, in a time that depends on their lengths only.
public func isEqualInConstantTime(_ left: some ContiguousBytes, _ right: some ContiguousBytes) -> Bool {
    left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            guard left.count == right.count else { return false }
            guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
            return CRYPTO_memcmp(leftBase, rightBase, left.count) == 0
        }
    }
}

extension RandomNumberGenerator {
    /// Eight bytes, little endian, from each number; the rest of the last number is dropped.
    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset < buffer.count {
            let number = self.next().littleEndian
            let size = Swift.min(8, buffer.count - offset)
            withUnsafeBytes(of: number) { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
            }
            offset += size
        }
    }

    /// `count` fresh bytes that are no secret; the same order as `SecretBytes.random`.
    public mutating func bytes(count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            self.fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
