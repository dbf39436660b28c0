import Foundation
import SignalProtocol
public import WhatsAppBinary
public import WhatsAppProto
import CryptoPrimitives

extension Messenger {
    /// Shows the account as online or not. While it is online, receipts say so to those who write, and the phone does
    /// not ring.
    /// - Throws: `unsendable` while the account's name is not known, which the service wants; what `send` throws.
    public func setPresence(_ presence: Presence) async throws(ClientError) {
        guard let name = try await self.read({ try $0.loadDevice().pushName }), !name.isEmpty else {
            throw .unsendable(nil)
        }
        try await self.channel.sendPresence(presence, name: name)
        self.presence = presence
    }

    /// Shows that we are typing, or have stopped; only while we are online. To be repeated every 10 s.
    public func sendChatState(_ state: ChatState, to recipient: JID) async throws(ClientError) {
        let chat = try await self.read { try $0.names(of: recipient)[0] }
        try await self.channel.sendChatState(state, to: chat)
    }

    /// Asks whether the account may write to people who do not know it. The answer comes as an event too.
    /// - Returns: `nil` when the server says nothing that is known here.
    public func queryTimeLock() async throws(ClientError) -> TimeLock? {
        let updates = try await self.queryLimits(self.policy.timeLockQueryID, variables: "{}")
        for case .timeLock(let lock) in updates { return lock }
        return nil
    }

    /// Asks how much is left of the monthly number of new chats. The answer comes as an event too.
    public func queryCapping() async throws(ClientError) -> Capping? {
        let updates = try await self.queryLimits(
            self.policy.cappingQueryID, variables: #"{"input":{"type":"INDIVIDUAL_NEW_CHAT_MSG"}}"#)
        for case .capping(let capping) in updates { return capping }
        return nil
    }

    private func queryLimits(_ id: String, variables: String) async throws(ClientError) -> [MexUpdate] {
        let query = Node("query", ["query_id": .string(id)], bytes: Array("{\"variables\":\(variables)}".utf8))
        let answer = try await self.channel.query(.iq("get", xmlns: "w:mex", children: [query]))
        let updates = MexUpdate.updates(in: answer, now: self.time.now.date)
        await self.report(updates)
        return updates
    }

    /// Takes from a piece of the account's history what sending needs: names that belong together, tokens, the
    /// account's own name.
    public func learn(_ history: WAHistorySync) async throws(ClientError) {
        try await self.write { try $0.learn(history) }
    }
}

extension DeviceState {
    fileprivate mutating func learn(_ history: WAHistorySync) throws {
        for mapping in history.phoneNumberToLidMappings {
            guard let lid = try? JID(mapping.lidJid), let pn = try? JID(mapping.pnJid) else { continue }
            if let mapping = LIDMapping(lid, pn) { try self.learn(mapping) }
        }
        for conversation in history.conversations { try self.learn(conversation) }
        var device = try self.loadDevice()
        if !history.nctSalt.isEmpty { device.nctSalt = SecretBytes(history.nctSalt) }
        if history.hasCompanionMetaNonce { device.companionMetaNonce = history.companionMetaNonce }
        let own = history.pushnames.first { name in
            guard let jid = try? JID(name.id) else { return false }
            return device.account?.isOwn(jid) ?? false
        }
        if let own, !own.pushname.isEmpty { device.pushName = own.pushname }
        try self.saveDevice(device)
    }

    private mutating func learn(_ conversation: WAHistoryConversation) throws {
        guard let chat = try? JID(conversation.id), chat.isPerson else { return }
        for other in [conversation.pnJid, conversation.lidJid] {
            if let other = try? JID(other), let mapping = LIDMapping(chat, other) { try self.learn(mapping) }
        }
        let account = try self.names(of: chat)[0]
        if !conversation.tcToken.isEmpty, let date = Self.date(conversation.tcTokenTimestamp) {
            try self.receive(PrivacyToken(token: SecretBytes(conversation.tcToken), date: date), from: account)
        }
        if let date = Self.date(conversation.tcTokenSenderTimestamp),
            try self.loadTokenIssueDate(for: account) ?? .distantPast < date
        {
            try self.saveTokenIssueDate(date, for: account)
        }
    }

    private static func date(_ seconds: UInt64) -> Date? {
        UInt32(exactly: seconds).flatMap { $0 == 0 ? nil : Date(timeIntervalSince1970: Double($0)) }
    }
}
