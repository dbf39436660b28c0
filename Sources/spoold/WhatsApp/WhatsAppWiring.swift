import CryptoPrimitives
import Foundation
import Glibc
import Logging
import NoiseProtocol
import SpoolConfig
import SpoolDaemon
import WhatsAppClient
import WhatsAppSocket
import WhatsAppStore
import WhatsAppTransport

/// The devices of a state directory, and how a transport over them is made.
struct WhatsAppWiring: Sendable {
    let devices: DeviceDatabase
    private let uploader: MediaFileUploader
    let logger: Logger

    /// Opens the devices' database, which one daemon at a time can.
    /// - Parameter use: what the state directory is claimed for, once the key is at hand.
    init(_ configuration: DaemonConfiguration, for use: StateUse, logger: Logger) throws {
        self.logger = logger
        self.uploader = MediaFileUploader(
            scheme: MediaFileUploader.Scheme(configuration.whatsApp.mediaScheme),
            temporaryDirectory: configuration.state.directory)
        let key = try Self.key(configuration.state.keyFile, ProcessInfo.processInfo.environment)
        try use.claim(configuration.state.directory)
        do {
            self.devices = try DeviceDatabase(
                path: configuration.state.directory + "/" + Daemon.devicesFile, key: key, logger: logger)
        } catch .inUse(let path) {
            throw Failure(.tryLater, StoreError.inUse(path: path).description)
        } catch {
            throw Failure(error.isForTheOperator ? .configuration : .internal, error.description)
        }
    }

    /// - Parameters:
    ///   - session: how the server is reached.
    ///   - receiptGrace: how long after a device is back a receipt for an attempt without an answer may still come.
    ///   - logger: one of the caller's choice; otherwise the daemon's.
    func transport(
        _ session: SessionConfiguration, receiptGrace: Duration, logger: Logger? = nil
    ) async throws -> WhatsAppTransport {
        try await WhatsAppTransport(
            registry: self.devices, connector: WebSocketConnector(), uploader: self.uploader, configuration: session,
            receiptGrace: receiptGrace, time: SessionTime(clock: ContinuousClock(), date: { Date() }),
            generator: SystemRandomNumberGenerator(), logger: logger ?? self.logger)
    }

    /// The key of `state.keyFile`, or else the one that systemd hands over as the credential `spoold-key`.
    private static func key(_ keyFile: String?, _ environment: [String: String]) throws -> StoreKey? {
        if let keyFile { return try self.key(readingFrom: keyFile) }
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let credential = directory + "/spoold-key"
        return FileManager.default.fileExists(atPath: credential) ? try self.key(readingFrom: credential) : nil
    }

    private static func key(readingFrom path: String) throws -> StoreKey {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Failure(.configuration, "state.keyFile \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.configuration, "state.keyFile \(path): not a regular file")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw Failure(.configuration, "state.keyFile \(path): everybody may read it; chmod o= it")
        }
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            // A little more than a key, so that a file that is too long is found out.
            return try StoreKey(fileContent: SecretBytes(try file.read(upToCount: 128) ?? Data()))
        } catch let error as StoreError {
            throw Failure(.configuration, "state.keyFile \(path): \(error)")
        } catch {
            throw Failure(.configuration, "state.keyFile \(path): \(error.localizedDescription)")
        }
    }
}

extension MediaFileUploader.Scheme {
    init(_ scheme: DaemonConfiguration.WhatsApp.MediaScheme) {
        switch scheme {
        case .https: self = .https
        case .http: self = .http
        }
    }
}

extension StoreError {
    /// Whether the configuration or the state directory is not what it has to be.
    fileprivate var isForTheOperator: Bool {
        switch self {
        case .foreignDatabase, .newerDatabase, .keyMissing, .wrongKey, .notEncrypted, .invalidKey: true
        case .inUse, .noSuchDevice, .deviceExists, .diskFull, .notWritable, .damaged, .database, .cryptoFailed: false
        }
    }
}

extension SessionConfiguration {
    /// The web client that is spoken as unless `whatsapp.appVersion` names another.
    private static let appVersion = AppVersion(2, 3000, 1_045_649_367)

    /// - Throws: `Failure` for values that no server can be reached with.
    init(_ configuration: DaemonConfiguration.WhatsApp) throws {
        guard let url = URL(string: configuration.url.description) else {
            throw Failure(.configuration, "whatsapp.url \(configuration.url) is no address")
        }
        try self.init(url: url, rootKey: configuration.rootKey, appVersion: configuration.appVersion)
    }

    /// - Parameters:
    ///   - rootKey: 64 hexadecimal digits; `nil` for the real service's.
    ///   - appVersion: `nil` for the one that is built in.
    init(url: URL, rootKey: String?, appVersion: String?) throws {
        var version = Self.appVersion
        if let appVersion {
            guard let configured = AppVersion(appVersion) else {
                throw Failure(
                    .configuration, "whatsapp.appVersion \(appVersion) must be three numbers, such as \(version)")
            }
            version = configured
        }
        self.init(
            endpoint: PipeEndpoint(url: url), root: try rootKey.map(Self.root) ?? .production,
            profile: ClientProfile(appVersion: version))
    }

    private static func root(_ digits: String) throws -> CertificateRoot {
        let bytes = stride(from: 0, to: digits.utf8.count - 1, by: 2).compactMap { offset in
            UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
        }
        do {
            return CertificateRoot(key: try PublicKey(bytes))
        } catch {
            throw Failure(.configuration, "whatsapp.rootKey is no key: \(error)")
        }
    }
}
