import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary

// All are acknowledged, those without an effect here too.
extension Messenger {
    func handleNotification(_ stanza: Node) async throws(ClientError) {
        try await self.learn(stanza.mappings)
        switch stanza.string("type") {
        case "encrypt": try await self.handleEncryption(stanza)
        case "devices": try await self.forgetDevices(of: stanza)
        case "account_sync":
            if stanza.child("devices") != nil { try await self.forgetOwnDevices() }
        case "privacy_token": try await self.handleToken(stanza)
        case "w:gp2":
            if let group = stanza.jid("from"), group.isGroup { self.forgetGroup(group.withoutDevice) }
        case "mediaretry": try await self.retireUpload(reportedBy: stanza)
        case "mex": await self.report(MexUpdate.updates(in: stanza, now: self.time.now.date))
        default: break
        }
        await self.acknowledge(stanza)
    }

    private func handleEncryption(_ stanza: Node) async throws(ClientError) {
        guard let from = stanza.jid("from")?.normalized else { return }
        if from.isPerson, stanza.child("identity") != nil { return try await self.handleNewIdentity(of: from) }
        guard from.isServer else { return }
        if let count = stanza.child("count") {
            self.enqueue(.uploadPreKeys(reported: count.integer("value") ?? 0, attempt: 0))
        } else if stanza.child("digest") != nil {
            self.enqueue(.checkDigest)
        }
    }

    /// Somebody has installed anew: nothing that is encrypted for the old devices can be read.
    private func handleNewIdentity(of jid: JID) async throws(ClientError) {
        guard jid.device == 0 else { return }
        let change = try await self.write { state -> (isOwn: Bool, tokenDue: Bool, names: [JID]) in
            guard try state.loadDevice().account?.isOwn(jid) != true else { return (true, false, []) }
            let names = try state.names(of: jid)
            let hadToken = try names.contains { try state.loadTokenIssueDate(for: $0) != nil }
            for name in names {
                try state.forgetSessions(of: name)
                try state.saveTokenIssueDate(nil, for: name)
            }
            try state.deleteDeviceLists(of: names)
            return (false, hadToken, names)
        }
        guard !change.isOwn else { return }
        // Nothing is left of the sessions that were made for the old devices.
        let addresses = Set(change.names.flatMap(\.signalNames))
        self.rebuilds.removeAll { addresses.contains($0.name) }
        if change.tokenDue { self.enqueue(.issueTokens([jid.account])) }
        await self.onEvent(.identityChanged(of: jid.account))
    }

    private func forgetDevices(of stanza: Node) async throws(ClientError) {
        guard let from = stanza.jid("from")?.normalized, from.isPerson else { return }
        try await self.forgetDeviceLists(of: [from])
    }

    private func forgetOwnDevices() async throws(ClientError) {
        try await self.write { state in
            guard let account = try state.loadDevice().account else { return }
            try state.deleteDeviceLists(of: [account.jid.account] + [account.lid?.account].compactMap(\.self))
        }
    }

    /// What is cached of these people's devices is not good any more, by whatever name.
    func forgetDeviceLists(of accounts: [JID]) async throws(ClientError) {
        try await self.write { state in
            for account in accounts { try state.deleteDeviceLists(of: try state.names(of: account)) }
        }
    }

    private func handleToken(_ stanza: Node) async throws(ClientError) {
        guard let from = stanza.jid("from")?.normalized, from.isPerson, let token = PrivacyTokens.token(in: stanza)
        else {
            return
        }
        try await self.write { try $0.receive(token, from: from) }
    }

    func report(_ updates: [MexUpdate]) async {
        for update in updates {
            switch update {
            case .timeLock(let lock): await self.onEvent(.timeLock(lock))
            case .capping(let capping): await self.onEvent(.capping(capping))
            }
        }
    }
}

extension DeviceState {
    /// Forgets the sessions and identities of all devices of an account, hosted ones too, by this name of it.
    mutating func forgetSessions(of account: JID) throws {
        for name in account.signalNames { try self.deleteSessionsAndIdentities(ofUser: name) }
    }
}

extension JID {
    /// What the Signal addresses of the account's devices are called, hosted ones too.
    fileprivate var signalNames: [String] {
        let servers: [JID.Server] = self.isLID ? [.lid, .hostedLID] : [.user, .hosted]
        return servers.map { ProtocolAddress.name(self.user, $0) }
    }
}
