public import Foundation
public import SignalProtocol
public import WhatsAppBinary

/// The state of one linked device inside a transaction. Lives no longer than the transaction.
///
/// Accounts are given as JIDs without device, and mean the account in this form of address only: the phone number and
/// the hidden id of a person are two keys. Times may lose fractions of a second.
public protocol DeviceState: SignalStore {
    // The device

    func loadDevice() throws -> LinkedDevice

    /// Replaces the device's fields. `loadLocalIdentity` and `loadSignedPreKey` come from its keys.
    mutating func saveDevice(_ device: LinkedDevice) throws

    /// Deletes everything there is, and begins anew with this device.
    mutating func reset(to device: LinkedDevice) throws

    // Signal sessions

    /// Those that have no session.
    func addressesWithoutSession(among addresses: [ProtocolAddress]) throws -> Set<ProtocolAddress>

    /// Deletes the sessions, not the identities.
    mutating func deleteSessions(for addresses: [ProtocolAddress]) throws

    /// Deletes sessions and identities of all devices whose address has this name.
    mutating func deleteSessionsAndIdentities(ofUser name: String) throws

    /// Gives sessions, identities and sender keys of all devices with the name `old` the name `new`. Where there is
    /// one with the new name already, that one stays and the old one is deleted. Holders of our sender keys are renamed
    /// too, but one whose new name is taken stays as it is: it must not be forgotten.
    mutating func renameUser(_ old: String, to new: String) throws

    // Our sender keys

    /// The devices that were given our sender key of a group.
    func loadSenderKeyHolders(of groupID: String) throws -> [SenderKeyHolder]
    /// Replaces those with the same device.
    mutating func saveSenderKeyHolders(_ holders: [SenderKeyHolder], of groupID: String) throws
    mutating func deleteSenderKeyHolders(of groupID: String) throws

    // One-time pre-keys

    /// The id of the next key to make; 1 at first.
    func loadNextPreKeyID() throws -> UInt32

    /// Stores keys and the id of the next one. A key with the same id is replaced.
    mutating func savePreKeys(_ keys: [PreKey], areUploaded: Bool, nextID: UInt32) throws

    /// Keys the server has not confirmed, in the order in which they were stored.
    func loadPreKeysToUpload(limit: Int) throws -> [PreKey]

    /// Whether a key that the server has confirmed is still unused.
    func hasUploadedPreKeys() throws -> Bool

    /// Ids without a key are passed over: it was used up meanwhile.
    mutating func markPreKeysUploaded(_ ids: [UInt32]) throws

    // People

    /// The hidden id (user part) that belongs to a phone number (user part).
    func loadLID(ofPN user: String) throws -> String?

    /// The phone number (user part) that belongs to a hidden id (user part).
    func loadPN(ofLID user: String) throws -> String?

    /// Stores a pair; pairs with either half of it are deleted. See `learn`, which is what to call.
    mutating func saveMapping(_ mapping: LIDMapping) throws

    func loadDeviceLists(of accounts: [JID]) throws -> [JID: DeviceList]
    mutating func saveDeviceList(_ list: DeviceList, of account: JID) throws
    mutating func deleteDeviceLists(of accounts: [JID]) throws

    /// Answers about phone numbers, by their digits.
    func loadNumberLookups(of numbers: [String]) throws -> [String: NumberLookup]
    mutating func saveNumberLookups(_ lookups: [String: NumberLookup]) throws

    /// The token the account gave us.
    func loadPrivacyToken(of account: JID) throws -> PrivacyToken?
    mutating func savePrivacyToken(_ token: PrivacyToken, of account: JID) throws

    /// When we last gave the account a token of ours.
    func loadTokenIssueDate(for account: JID) throws -> Date?
    /// - Parameter date: `nil` when the account needs a new one.
    mutating func saveTokenIssueDate(_ date: Date?, for account: JID) throws

    // Messages

    /// Replaces the message with the same chat and id; its retries stay counted.
    mutating func saveSentMessages(_ messages: [SentMessage]) throws
    func loadSentMessage(id: String, chat: JID) throws -> SentMessage?

    /// Counts one more retry of a sent message for a device, and says how many that makes. Counters go with the
    /// message.
    mutating func countRetry(of id: String, chat: JID, for device: ProtocolAddress) throws -> Int
    /// How many were counted; 0 also for a message that is not there.
    func loadRetryCount(of id: String, chat: JID, for device: ProtocolAddress) throws -> Int

    /// - Parameter hash: 32 bytes, of a ciphertext.
    func loadReceivedMessage(hash: [UInt8]) throws -> ReceivedMessage?
    /// Whether a message with this id has come from the account, in whatever ciphertext.
    func hasReceivedMessage(id: String, from account: JID) throws -> Bool
    /// Replaces what is stored under the same hash.
    mutating func saveReceivedMessage(_ message: ReceivedMessage, hash: [UInt8]) throws

    /// Deletes sent and received messages that are older.
    mutating func deleteMessages(sentBefore: Date, receivedBefore: Date) throws

    // Media

    func loadMediaUpload(_ key: MediaUploadKey) throws -> MediaUpload?
    /// Replaces the one with the same key.
    mutating func saveMediaUpload(_ upload: MediaUpload, for key: MediaUploadKey) throws
    mutating func deleteMediaUpload(_ key: MediaUploadKey) throws
    /// Deletes uploads that are older.
    mutating func deleteMediaUploads(before date: Date) throws
}
