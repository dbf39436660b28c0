public import CryptoPrimitives
import GRDB
public import WhatsAppClient

/// What can go wrong with the devices' database, in words an operator can act on. Carries no keys and no numbers of
/// people.
public enum StoreError: Error, Hashable, Sendable {
    // Opening

    /// The file is no database of devices.
    case foreignDatabase(path: String)
    /// A newer version of this program made the database; `known` is the newest schema this one knows.
    case newerDatabase(path: String, version: Int, known: Int)
    /// Another process, or another part of this one, has the database open.
    case inUse(path: String)
    /// The database was made with a key, and none is given.
    case keyMissing(path: String)
    /// The database was made with another key.
    case wrongKey(path: String)
    /// The database was made without a key, and one is given.
    case notEncrypted(path: String)
    /// A key file holds neither 32 bytes nor 64 hexadecimal digits; `byteCount` is what it holds.
    case invalidKey(byteCount: Int)

    // Devices

    /// There is no device of this name, or not any more.
    case noSuchDevice(String)
    /// There is a device of this name already.
    case deviceExists(String)

    // Everyday

    /// No room on the disk; nothing of the transaction was stored.
    case diskFull
    /// The file or its file system takes no writes; nothing of the transaction was stored.
    case notWritable(detail: String)
    /// What is stored is not what was written, or not in this place; `part` names table and column.
    case damaged(part: String)
    /// SQLite refused; nothing of the transaction was stored. `detail` names the statement's fault.
    case database(code: Int32, detail: String)
    /// The cryptographic library failed on valid input.
    case cryptoFailed(CryptoError)
}

extension StoreError: CredentialStoreError {
    public var isLasting: Bool {
        switch self {
        case .noSuchDevice, .damaged, .foreignDatabase, .newerDatabase, .keyMissing, .wrongKey, .notEncrypted,
            .invalidKey:
            true
        // SQLITE_CORRUPT and SQLITE_NOTADB; the higher bits say more.
        case .database(let code, _): [11, 26].contains(code & 0xFF)
        case .inUse, .deviceExists, .diskFull, .notWritable, .cryptoFailed: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .foreignDatabase(let path): "\(path): not a database of devices; name another state directory"
        case .newerDatabase(let path, let version, let known):
            "\(path): made by a newer version (schema \(version), this one knows \(known)); use that version"
        case .inUse(let path): "\(path): in use by another process; two would destroy each other's sessions"
        case .keyMissing(let path): "\(path): encrypted, and no key is given; set state.keyFile"
        case .wrongKey(let path): "\(path): encrypted with another key than the one given"
        case .notEncrypted(let path): "\(path): made without a key; remove state.keyFile, or link the devices anew"
        case .invalidKey(let count): "a key is 32 bytes or 64 hexadecimal digits; the file has \(count) bytes"
        case .noSuchDevice(let name): "no device \(name)"
        case .deviceExists(let name): "there is a device \(name) already"
        case .diskFull: "the disk of the state directory is full; free some space, the daemon goes on by itself"
        case .notWritable(let detail): "the devices' database cannot be written: \(detail)"
        case .damaged(let part): "the devices' database is damaged: \(part)"
        case .database(let code, let detail): "devices' database: SQLite error \(code): \(detail)"
        case .cryptoFailed(let error): "cryptography failed: \(error)"
        }
    }
}

extension StoreError {
    /// Turns whatever GRDB throws into one of these. Values that could not be decoded are not described: they are
    /// secrets.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as CryptoError: self = .cryptoFailed(error)
        case let error as DatabaseError: self.init(error)
        default: self = .database(code: 1, detail: "\(type(of: error))")
        }
    }

    private init(_ error: DatabaseError) {
        let detail = error.message ?? "no further detail"
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull
        case .SQLITE_READONLY: self = .notWritable(detail: detail)
        default: self = .database(code: error.extendedResultCode.rawValue, detail: detail)
        }
    }

    /// What a transaction's body threw, as its caller gets it: errors of the caller's own pass.
    static func ofBody(_ error: any Error) -> any Error {
        error is DatabaseError || error is RowDecodingError ? StoreError(error) : error
    }
}
