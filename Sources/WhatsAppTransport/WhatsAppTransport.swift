public import Logging
public import SpoolCore
import WhatsAppBinary
public import WhatsAppClient
import WhatsAppCrypto

/// The queue's transport over linked devices of WhatsApp accounts.
///
/// Every device of the registry has a session of its own while `run` runs; a session that has ended for good stays so
/// until the next start or until the device is linked anew. Linking needs `run` too.
public struct WhatsAppTransport: MessageTransport {
    public let receiptGrace: Duration
    let pool: DevicePool
    private let generator: SharedGenerator
    private let time: SessionTime

    /// Takes in the registry's devices; nothing connects before `run`.
    /// - Parameters:
    ///   - registry: devices of it that were never linked are removed.
    ///   - uploader: what carries attachments to the media servers.
    ///   - receiptGrace: how long the service may take to bring the receipts that waited.
    ///   - generator: for keys, ids and the chance in waiting times; has to be one for secrets.
    public init(
        registry: any DeviceRegistry, connector: any BytePipeConnector, uploader: any MediaUploader,
        configuration: SessionConfiguration, policy: MessagePolicy = MessagePolicy(),
        receiptGrace: Duration = .seconds(60), time: SessionTime,
        generator: some RandomNumberGenerator & Sendable, logger: Logger
    ) async throws(DeviceRegistryError) {
        self.receiptGrace = receiptGrace
        self.time = time
        self.generator = SharedGenerator(generator)
        self.pool = DevicePool(
            registry: registry, connector: connector, uploader: uploader, configuration: configuration,
            policy: policy, time: time, generator: self.generator, logger: logger)
        try await self.pool.load()
    }

    public var isDryRun: Bool { false }

    public func devices() async -> [TransportDevice] { await self.pool.descriptions() }

    /// `3EB0` and 18 upper-case hexadecimal digits, the form of web clients.
    public func makeMessageID(for device: DeviceID) -> WireMessageID {
        var generator = self.generator
        do {
            return WireMessageID(rawValue: try MessageID.make(for: nil, now: self.time.date(), using: &generator))
        } catch {
            // Without SHA-256 the digits are drawn: what counts is that they are fresh.
            let digits = (0..<18).map { _ in String(generator.next() >> 60, radix: 16, uppercase: true) }
            return WireMessageID(rawValue: MessageID.prefix + digits.joined())
        }
    }

    /// Recipients who are not known yet are looked up, all together. An attachment keeps waiting only what follows it to
    /// the same recipient.
    public func send(_ messages: [OutgoingMessage]) async -> [SendResult] {
        guard let id = messages.first?.device else { return [] }
        guard let device = await self.pool.sender(id) else {
            return messages.map { _ in .failure(.sessionLost(detail: "there is no device \(id) at the moment")) }
        }
        return await device.send(messages)
    }

    public func show(_ activity: ChatActivity, by device: DeviceID) async {
        await self.pool.sender(device)?.show(activity)
    }

    public func askTimeLock(of device: DeviceID) async -> TimeLockKnowledge {
        await self.pool.sender(device)?.askTimeLock() ?? .unknown
    }

    /// Says good-bye to the server for every device when it is cancelled, which takes at most some 5 s.
    public func run(_ handle: @escaping TransportEventHandler) async {
        await self.pool.run(handle)
    }
}

extension WhatsAppTransport: DeviceAdministration {
    public func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws(DeviceAdministrationError) -> TransportDevice {
        var jid: JID?
        if let phone {
            do {
                jid = try JID(phoneToPair: phone)
            } catch {
                throw .invalidPhone("give the phone's number with the country code: 7 to 15 digits, no leading 0")
            }
        }
        return try await self.pool.link(device, phone: jid, onStep: onStep)
    }

    public func rename(_ device: DeviceID, to name: DeviceID) async throws(DeviceAdministrationError) {
        try await self.pool.rename(device, to: name)
    }

    public func remove(_ device: DeviceID) async throws(DeviceAdministrationError) -> Bool {
        try await self.pool.remove(device)
    }
}
