import Foundation
import SignalProtocol
import WhatsAppBinary

/// A state of a device as a value: a copy is a transaction that can be thrown away.
struct MemoryDeviceState: DeviceState {
    struct MessageKey: Hashable {
        let id: String
        let account: JID
    }

    struct RetryKey: Hashable {
        let message: MessageKey
        let device: ProtocolAddress
    }

    var device: LinkedDevice
    var signal: InMemorySignalStore
    var nextPreKeyID = PreKey.ids.lowerBound
    /// In the order in which they were stored.
    var preKeysToUpload: [UInt32] = []
    var lids: [String: String] = [:]
    var pns: [String: String] = [:]
    var deviceLists: [JID: DeviceList] = [:]
    var numberLookups: [String: NumberLookup] = [:]
    var privacyTokens: [JID: PrivacyToken] = [:]
    var tokenIssueDates: [JID: Date] = [:]
    var sentMessages: [MessageKey: SentMessage] = [:]
    var retries: [RetryKey: Int] = [:]
    var receivedMessages: [[UInt8]: ReceivedMessage] = [:]
    var receivedIDs: [MessageKey: Date] = [:]
    /// By group.
    var senderKeyHolders: [String: [ProtocolAddress: SenderKeyHolder]] = [:]
    var mediaUploads: [MediaUploadKey: MediaUpload] = [:]

    init(_ device: LinkedDevice) {
        self.device = device
        self.signal = InMemorySignalStore(localIdentity: device.keys.identity)
    }

    func loadDevice() -> LinkedDevice { self.device }

    mutating func saveDevice(_ device: LinkedDevice) {
        self.device = device
        self.signal.localIdentity = device.keys.identity
    }

    mutating func reset(to device: LinkedDevice) {
        self = MemoryDeviceState(device)
    }
}

// Signal
extension MemoryDeviceState {
    func loadSessions(for addresses: [ProtocolAddress]) -> [ProtocolAddress: SessionRecord] {
        self.signal.loadSessions(for: addresses)
    }

    func loadLocalIdentity() -> LocalIdentity { self.signal.loadLocalIdentity() }

    func loadIdentities(for addresses: [ProtocolAddress]) -> [ProtocolAddress: IdentityKey] {
        self.signal.loadIdentities(for: addresses)
    }

    func loadPreKey(_ id: UInt32) -> PreKey? { self.signal.loadPreKey(id) }

    func loadSignedPreKey(_ id: UInt32) -> SignedPreKey? {
        self.device.keys.signedPreKey.id == id ? self.device.keys.signedPreKey : nil
    }

    func loadSenderKey(for name: SenderKeyName) -> SenderKeyRecord? { self.signal.loadSenderKey(for: name) }

    mutating func commit(_ changes: SignalChanges) {
        self.signal.commit(changes)
        if let id = changes.consumedPreKeyID { self.preKeysToUpload.removeAll { $0 == id } }
    }

    func addressesWithoutSession(among addresses: [ProtocolAddress]) -> Set<ProtocolAddress> {
        Set(addresses.filter { self.signal.sessions[$0] == nil })
    }

    mutating func deleteSessions(for addresses: [ProtocolAddress]) {
        for address in addresses { self.signal.sessions[address] = nil }
    }

    mutating func deleteSessionsAndIdentities(ofUser name: String) {
        self.signal.sessions = self.signal.sessions.filter { $0.key.name != name }
        self.signal.identities = self.signal.identities.filter { $0.key.name != name }
    }

    mutating func renameUser(_ old: String, to new: String) {
        guard old != new else { return }
        func renamed(_ address: ProtocolAddress) -> ProtocolAddress? {
            address.name == old ? ProtocolAddress(name: new, deviceID: address.deviceID) : nil
        }
        self.signal.sessions.rename(renamed)
        self.signal.identities.rename(renamed)
        self.signal.senderKeys.rename { name in
            renamed(name.sender).map { SenderKeyName(groupID: name.groupID, sender: $0) }
        }
        self.senderKeyHolders = self.senderKeyHolders.mapValues { holders in
            var result = holders
            for (address, holder) in holders {
                guard let new = renamed(address), holders[new] == nil else { continue }
                result[address] = nil
                result[new] = holder
                result[new]?.device = new
            }
            return result
        }
    }

    func loadSenderKeyHolders(of groupID: String) -> [SenderKeyHolder] {
        Array((self.senderKeyHolders[groupID] ?? [:]).values)
    }

    mutating func saveSenderKeyHolders(_ holders: [SenderKeyHolder], of groupID: String) {
        for holder in holders { self.senderKeyHolders[groupID, default: [:]][holder.device] = holder }
    }

    mutating func deleteSenderKeyHolders(of groupID: String) {
        self.senderKeyHolders[groupID] = nil
    }

    func loadNextPreKeyID() -> UInt32 { self.nextPreKeyID }

    mutating func savePreKeys(_ keys: [PreKey], areUploaded: Bool, nextID: UInt32) {
        let ids = Set(keys.map(\.id))
        self.preKeysToUpload.removeAll { ids.contains($0) }
        for key in keys { self.signal.preKeys[key.id] = key }
        if !areUploaded { self.preKeysToUpload += keys.map(\.id) }
        self.nextPreKeyID = nextID
    }

    func loadPreKeysToUpload(limit: Int) -> [PreKey] {
        self.preKeysToUpload.prefix(limit).compactMap { self.signal.preKeys[$0] }
    }

    func hasUploadedPreKeys() -> Bool { self.signal.preKeys.count > self.preKeysToUpload.count }

    mutating func markPreKeysUploaded(_ ids: [UInt32]) {
        let ids = Set(ids)
        self.preKeysToUpload.removeAll { ids.contains($0) }
    }
}

extension Dictionary {
    /// Moves values to the keys that `rename` gives; a value that is there already stays.
    fileprivate mutating func rename(_ rename: (Key) -> Key?) {
        let moves = self.keys.compactMap { key in rename(key).map { (key, $0) } }
        for (old, new) in moves {
            let value = self.removeValue(forKey: old)
            if self[new] == nil { self[new] = value }
        }
    }
}
