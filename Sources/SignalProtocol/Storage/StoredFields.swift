import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// The newest format of stored records, and the only one so far.
let storageFormat: UInt32 = 1

extension SwiftProtobuf.Message {
    init(recordBytes bytes: [UInt8]) throws(SignalError) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw .invalidRecord(part: "protobuf")
        }
    }

    func recordBytes() throws(SignalError) -> [UInt8] {
        do {
            return try self.serializedBytes()
        } catch {
            // Only required fields and sizes beyond 2 GB make encoding fail.
            throw .invalidRecord(part: "protobuf")
        }
    }
}

extension Data {
    init(_ secret: SecretBytes) {
        self = secret.withUnsafeBytes { Data($0) }
    }

    func publicKey(_ part: StaticStringName) throws(SignalError) -> PublicKey {
        guard let key = try? PublicKey(self) else { throw .invalidRecord(part: part) }
        return key
    }

    func privateKey(_ part: StaticStringName) throws(SignalError) -> PrivateKey {
        guard let key = try? PrivateKey(self) else { throw .invalidRecord(part: part) }
        return key
    }

    func chainKey(index: UInt32) throws(SignalError) -> ChainKey {
        ChainKey(key: try self.secret("chain key"), index: index)
    }

    /// 32 bytes.
    func secret(_ part: StaticStringName) throws(SignalError) -> SecretBytes {
        guard self.count == 32 else { throw .invalidRecord(part: part) }
        return SecretBytes(self)
    }
}

extension SkippedKeys {
    private static let entrySize = 36

    /// Counter (4 bytes, big endian) and seed (32) of each.
    var stored: Data {
        var data = Data(capacity: Self.entrySize * self.entries.count)
        for entry in self.entries {
            withUnsafeBytes(of: entry.counter.bigEndian) { data.append(contentsOf: $0) }
            entry.seed.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        return data
    }

    /// - Parameter index: that of the chain, which is larger than all counters.
    init(stored data: Data, chainIndex index: UInt32) throws(SignalError) {
        let bytes = Array(data)
        guard bytes.count.isMultiple(of: Self.entrySize), bytes.count <= Self.entrySize * Self.limit else {
            throw .invalidRecord(part: "skipped keys")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(bytes.count / Self.entrySize)
        for offset in stride(from: 0, to: bytes.count, by: Self.entrySize) {
            let counter = bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard counter < index, entries.last.map({ $0.counter < counter }) ?? true else {
                throw .invalidRecord(part: "skipped counter")
            }
            let seed = SecretBytes(bytes[offset + 4..<offset + Self.entrySize])
            entries.append(Entry(counter: counter, seed: seed))
        }
        self.init()
        self.append(entries)
    }
}
