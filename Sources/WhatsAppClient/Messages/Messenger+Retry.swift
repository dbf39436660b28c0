import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

extension Messenger {
    /// Has a message repeated when there is time, unless the account has asked for too much in this hour.
    func enqueue(_ request: RetryRequest) {
        let account = request.device.account
        var hour = self.retryHours[account] ?? HourlyCount()
        guard hour.isBelow(MessagePolicy.retriesPerHour, now: self.uptime), self.enqueue(.answerRetry(request)) else {
            return
        }
        hour.increment(now: self.uptime)
        self.retryHours[account] = hour
    }

    /// Sends a message again to the one device that could not decrypt it. Requests for what we have not sent to this
    /// person or group, or too many of them, are passed over.
    func answer(_ request: RetryRequest) async throws(ClientError) {
        await self.takeTurn()
        defer { self.endTurn() }
        guard let rebuild = try await self.rebuild(for: request), try await self.isEntitled(request) else { return }
        if try await self.isUnlisted(request.device) { try await self.forgetDeviceLists(of: [request.device]) }
        var bundle = request.bundle
        if case .fetch = rebuild {
            bundle = try await self.fetchBundles(of: [request.device])[request.device]
        }
        let address = try await self.read { try $0.signalAddress(of: request.device) }
        if bundle != nil { self.rebuilds[address] = self.uptime }
        guard let (stanza, changed) = try await self.repeatMessage(request, bundle) else { return }
        for account in changed { await self.onEvent(.identityChanged(of: account)) }
        try await self.channel.send(stanza.node)
    }

    /// Whether the device may have what it asks for. In a group that is who belongs to it now: the answer brings our
    /// sender key.
    private func isEntitled(_ request: RetryRequest) async throws(ClientError) -> Bool {
        guard request.isFromGroup else { return true }
        let members = try await self.groupInfo(request.from).members
        return try await self.read { state in
            let names = try state.names(of: request.device)
            return try state.loadDevice().account?.isOwn(request.device) == true
                || members.contains { member in
                    names.contains { $0 == member.lid || $0 == member.pn }
                }
        }
    }

    /// What has to happen to the session first.
    private enum Rebuild: Sendable {
        case nothing
        /// The keys of the request make a new one.
        case useKeys
        /// Keys have to be asked for.
        case fetch
    }

    /// `nil` when the request is not to be answered.
    private func rebuild(for request: RetryRequest) async throws(ClientError) -> Rebuild? {
        guard request.count <= MessagePolicy.retryLimit else { return nil }
        let (uptime, rebuilds) = (self.uptime, self.rebuilds)
        return try await self.read { state in
            guard let sent = try state.sentMessage(for: request) else { return nil }
            let address = try state.signalAddress(of: request.device)
            let count = try state.loadRetryCount(of: sent.id, chat: sent.chat, for: address)
            guard count < MessagePolicy.retryLimit else { return nil }
            guard request.bundle == nil else { return .useKeys }
            let isRecent = rebuilds[address].map { uptime - $0 < MessagePolicy.rebuildInterval } ?? false
            guard let session = try state.loadSessions(for: [address])[address],
                request.registrationID.map({ $0 == session.remoteRegistrationID }) ?? true
            else {
                // What it says of itself costs it nothing, and a request to the server is not for nothing.
                return isRecent ? nil : .fetch
            }
            return request.count >= 2 && !isRecent ? .fetch : .nothing
        }
    }

    /// Whether the person's list of devices lacks this one: then it is out of date.
    private func isUnlisted(_ device: JID) async throws(ClientError) -> Bool {
        try await self.read { state in
            let lists = try state.loadDeviceLists(of: try state.names(of: device)).values
            return lists.contains { list in !list.devices.contains { $0.id == device.device } }
        }
    }

    private func repeatMessage(
        _ request: RetryRequest, _ bundle: PreKeyBundle?
    ) async throws(ClientError) -> (RepetitionStanza, Set<JID>)? {
        let (cipher, shared, now) = (self.cipher, self.generator, self.time.now.date)
        return try await self.write { state in
            var generator = shared
            guard let account = try state.loadDevice().account, let sent = try state.sentMessage(for: request) else {
                return nil
            }
            let address = try state.signalAddress(of: request.device)
            guard try state.countRetry(of: sent.id, chat: sent.chat, for: address) <= MessagePolicy.retryLimit else {
                return nil
            }
            if let registrationID = request.registrationID,
                let session = try state.loadSessions(for: [address])[address],
                session.remoteRegistrationID != registrationID
            {
                try state.deleteSessions(for: [address])
            }
            let bundles = bundle.map { [request.device: $0] } ?? [:]
            let changed = try state.startSessions(with: bundles, cipher, using: &generator)
            guard try state.addressesWithoutSession(among: [address]).isEmpty else { return nil }
            let content = try state.repetition(of: sent, for: request, from: account, to: address, using: &generator)
            let ciphertext = try cipher.encrypt(
                MessagePadding.pad(content, using: &generator), for: address, in: &state)
            let hasToken = !request.isFromGroup && !account.isOwn(request.device)
            let stanza = RepetitionStanza(
                request: request, form: try MessageForm(content: sent.content.exposed), ciphertext: ciphertext,
                identity: try account.identity.serialized(),
                token: hasToken ? try state.tokenNode(for: sent.chat, now: now) : nil)
            return (stanza, changed)
        }
    }
}

extension DeviceState {
    /// The message that is asked for, if it went to the chat the device belongs to.
    fileprivate func sentMessage(for request: RetryRequest) throws -> SentMessage? {
        var chat = request.from
        if try self.loadDevice().account?.isOwn(request.from) == true { chat = request.recipient ?? chat }
        return try self.sentMessage(request.id, in: [chat])
    }

    /// What the device gets: a copy when it is ours; in a group the sender key too, which goes to this device with the
    /// next message once more.
    fileprivate mutating func repetition(
        of sent: SentMessage, for request: RetryRequest, from account: LinkedAccount, to address: ProtocolAddress,
        using generator: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        let content = sent.content.exposed
        guard request.isFromGroup else {
            return account.isOwn(request.device) ? try MessageContent.deviceSent(content, to: sent.chat) : content
        }
        let name = SenderKeyName(group: sent.chat, sender: account)
        _ = try self.senderKeyHolders(of: name, using: &generator, isEntitled: { _ in true })
        let distribution = try SenderKeyCipher().distributionMessage(for: name, in: &self, using: &generator)
        try self.offerSenderKey(distribution.keyID, of: name, to: [address])
        return try MessageContent.withSenderKey(content, distribution, of: sent.chat)
    }
}
