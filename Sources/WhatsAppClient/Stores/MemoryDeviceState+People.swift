import Foundation
import SignalProtocol
import WhatsAppBinary

extension MemoryDeviceState {
    func loadLID(ofPN user: String) -> String? { self.lids[user] }
    func loadPN(ofLID user: String) -> String? { self.pns[user] }

    mutating func saveMapping(_ mapping: LIDMapping) {
        if let lid = self.lids[mapping.pn] { self.pns[lid] = nil }
        if let pn = self.pns[mapping.lid] { self.lids[pn] = nil }
        self.lids[mapping.pn] = mapping.lid
        self.pns[mapping.lid] = mapping.pn
    }

    func loadDeviceLists(of accounts: [JID]) -> [JID: DeviceList] {
        var lists: [JID: DeviceList] = [:]
        for account in accounts { lists[account] = self.deviceLists[account] }
        return lists
    }

    mutating func saveDeviceList(_ list: DeviceList, of account: JID) {
        self.deviceLists[account] = list
    }

    mutating func deleteDeviceLists(of accounts: [JID]) {
        for account in accounts { self.deviceLists[account] = nil }
    }

    func loadNumberLookups(of numbers: [String]) -> [String: NumberLookup] {
        var lookups: [String: NumberLookup] = [:]
        for number in numbers { lookups[number] = self.numberLookups[number] }
        return lookups
    }

    mutating func saveNumberLookups(_ lookups: [String: NumberLookup]) {
        self.numberLookups.merge(lookups) { $1 }
    }

    func loadPrivacyToken(of account: JID) -> PrivacyToken? { self.privacyTokens[account] }

    mutating func savePrivacyToken(_ token: PrivacyToken, of account: JID) {
        self.privacyTokens[account] = token
    }

    func loadTokenIssueDate(for account: JID) -> Date? { self.tokenIssueDates[account] }

    mutating func saveTokenIssueDate(_ date: Date?, for account: JID) {
        self.tokenIssueDates[account] = date
    }
}

// Messages
extension MemoryDeviceState {
    mutating func saveSentMessages(_ messages: [SentMessage]) {
        for message in messages { self.sentMessages[MessageKey(id: message.id, account: message.chat)] = message }
    }

    func loadSentMessage(id: String, chat: JID) -> SentMessage? {
        self.sentMessages[MessageKey(id: id, account: chat)]
    }

    mutating func countRetry(of id: String, chat: JID, for device: ProtocolAddress) -> Int {
        let key = RetryKey(message: MessageKey(id: id, account: chat), device: device)
        self.retries[key, default: 0] += 1
        return self.retries[key, default: 0]
    }

    func loadRetryCount(of id: String, chat: JID, for device: ProtocolAddress) -> Int {
        self.retries[RetryKey(message: MessageKey(id: id, account: chat), device: device), default: 0]
    }

    func loadReceivedMessage(hash: [UInt8]) -> ReceivedMessage? { self.receivedMessages[hash] }

    func hasReceivedMessage(id: String, from account: JID) -> Bool {
        self.receivedIDs[MessageKey(id: id, account: account)] != nil
    }

    mutating func saveReceivedMessage(_ message: ReceivedMessage, hash: [UInt8]) {
        self.receivedMessages[hash] = message
        self.receivedIDs[MessageKey(id: message.id, account: message.sender)] = message.receivedAt
    }

    mutating func deleteMessages(sentBefore: Date, receivedBefore: Date) {
        self.sentMessages = self.sentMessages.filter { $0.value.sentAt >= sentBefore }
        let sent = self.sentMessages
        self.retries = self.retries.filter { sent[$0.key.message] != nil }
        self.receivedMessages = self.receivedMessages.filter { $0.value.receivedAt >= receivedBefore }
        self.receivedIDs = self.receivedIDs.filter { $0.value >= receivedBefore }
    }
}

// Media
extension MemoryDeviceState {
    func loadMediaUpload(_ key: MediaUploadKey) -> MediaUpload? { self.mediaUploads[key] }

    mutating func saveMediaUpload(_ upload: MediaUpload, for key: MediaUploadKey) {
        self.mediaUploads[key] = upload
    }

    mutating func deleteMediaUpload(_ key: MediaUploadKey) {
        self.mediaUploads[key] = nil
    }

    mutating func deleteMediaUploads(before date: Date) {
        self.mediaUploads = self.mediaUploads.filter { $0.value.uploadedAt >= date }
    }
}
