import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

extension Messenger {
    /// A draft for a person that is encrypted, or why it is not.
    struct Prepared: Sendable {
        var plan: SendPlan?
        var stanza: Node?
        var failure: SendOutcome?
    }

    /// Finds the devices, gets keys for those without a session, and encrypts. When this returns, the ratchets are
    /// durable.
    func prepare(_ drafts: [Draft], _ addressing: Addressing) async throws(ClientError) -> [Prepared] {
        var prepared = try await self.plan(drafts, addressing)
        try await self.setDevices(&prepared)
        let bundles = try await self.fetchBundles(for: &prepared)
        try await self.encrypt(&prepared, bundles)
        return prepared
    }

    private func plan(_ drafts: [Draft], _ addressing: Addressing) async throws(ClientError) -> [Prepared] {
        let recipients = drafts.map(\.text.recipient.normalized.account)
        guard let account = try await self.read({ try $0.loadDevice().account }) else { throw .notConnected }
        var people = try await self.read { state in try recipients.map { try state.person($0) } }
        let unknown = Set(people.filter { $0.lid == nil }.compactMap(\.pn)).filter { self.withoutLID[$0] == nil }
        if account.lid != nil, !unknown.isEmpty {
            try await self.findLIDs(of: unknown.sorted { $0.user < $1.user })
            people = try await self.read { state in try recipients.map { try state.person($0) } }
        }
        return zip(drafts, people).map { draft, person in
            guard let plan = SendPlan(draft, to: person, from: account, addressing) else {
                return Prepared(failure: .temporary(.noDevices))
            }
            return Prepared(plan: plan)
        }
    }

    private func setDevices(_ prepared: inout [Prepared]) async throws(ClientError) {
        let accounts = Set(prepared.flatMap { $0.failure == nil ? $0.plan?.accounts ?? [] : [] })
        let lists = try await self.deviceLists(of: accounts.sorted { $0.description < $1.description })
        for index in prepared.indices where prepared[index].failure == nil {
            if prepared[index].plan?.setDevices(lists) != true { prepared[index].failure = .temporary(.noDevices) }
        }
    }

    private func devicesWithoutSession(_ prepared: [Prepared]) async throws(ClientError) -> [JID] {
        var seen: Set<JID> = []
        let devices = prepared.flatMap { $0.failure == nil ? $0.plan?.targets ?? [] : [] }.map(\.jid)
            .filter { seen.insert($0).inserted }
        return try await self.withoutSession(devices)
    }

    func withoutSession(_ devices: [JID]) async throws(ClientError) -> [JID] {
        try await self.read { state in
            let addresses = try devices.map { try state.signalAddress(of: $0) }
            let missing = try state.addressesWithoutSession(among: addresses)
            return zip(devices, addresses).filter { missing.contains($0.1) }.map(\.0)
        }
    }

    /// Asks for the bundles of all devices without session. 406 says that one of them is gone: then the device lists
    /// are fetched anew, and as a last resort each device is asked for alone.
    private func fetchBundles(for prepared: inout [Prepared]) async throws(ClientError) -> [JID: PreKeyBundle] {
        let missing = try await self.devicesWithoutSession(prepared)
        do throws(ClientError) {
            return try await self.fetchBundles(of: missing)
        } catch {
            guard error.isNotAcceptable else { throw error }
        }
        try await self.forgetDeviceLists(of: Array(Set(missing.map(\.account))))
        try await self.setDevices(&prepared)
        let stillMissing = try await self.devicesWithoutSession(prepared)
        do throws(ClientError) {
            return try await self.fetchBundles(of: stillMissing)
        } catch {
            guard error.isNotAcceptable else { throw error }
        }
        return try await self.fetchBundlesOneByOne(of: stillMissing)
    }

    func fetchBundles(of devices: [JID]) async throws(ClientError) -> [JID: PreKeyBundle] {
        var bundles: [JID: PreKeyBundle] = [:]
        for chunk in devices.chunks(of: MessagePolicy.usersPerQuery) {
            let answer = try await self.channel.query(BundleStanzas.query(for: Array(chunk)))
            bundles.merge(try BundleStanzas.bundles(in: answer)) { $1 }
        }
        return bundles
    }

    func fetchBundlesOneByOne(of devices: [JID]) async throws(ClientError) -> [JID: PreKeyBundle] {
        var bundles: [JID: PreKeyBundle] = [:]
        for device in devices {
            do throws(ClientError) {
                bundles.merge(try await self.fetchBundles(of: [device])) { $1 }
            } catch {
                guard error.isNotAcceptable else { throw error }
            }
        }
        return bundles
    }

    /// Starts the sessions and encrypts everything in one transaction.
    private func encrypt(
        _ prepared: inout [Prepared], _ bundles: [JID: PreKeyBundle]
    ) async throws(ClientError) {
        let plans = prepared.compactMap { $0.failure == nil ? $0.plan : nil }
        guard !plans.isEmpty else { return }
        var generator = self.generator
        var copies: [(content: [UInt8], copy: [UInt8])] = []
        for plan in plans {
            let copy = try MessageContent.deviceSent(plan.draft.content, to: plan.to)
            copies.append(
                (
                    MessagePadding.pad(plan.draft.content, using: &generator),
                    MessagePadding.pad(copy, using: &generator)
                ))
        }
        let (cipher, shared, now, contents) = (self.cipher, self.generator, self.time.now.date, copies)
        let encrypted = try await self.write { state in
            var generator = shared
            let changed = try state.startSessions(with: bundles, cipher, using: &generator)
            return (try state.encrypt(plans, contents, cipher, now: now), changed)
        }
        var stanzas = encrypted.0.makeIterator()
        for index in prepared.indices where prepared[index].failure == nil {
            guard let plan = prepared[index].plan, let stanza = stanzas.next() else { continue }
            if plan.reachesPhone(stanza.participants.map(\.jid)) {
                prepared[index].stanza = stanza.node
            } else {
                prepared[index].failure = .temporary(.phoneUnreachable)
            }
        }
        for account in encrypted.1 { await self.onEvent(.identityChanged(of: account)) }
    }
}

extension ClientError {
    var isNotAcceptable: Bool {
        if case .refused(let error) = self { error.code == 406 } else { false }
    }
}

extension DeviceState {
    /// - Returns: the accounts whose devices have another identity than before.
    mutating func startSessions(
        with bundles: [JID: PreKeyBundle], _ cipher: SessionCipher, using generator: inout some RandomNumberGenerator
    ) throws -> Set<JID> {
        guard !bundles.isEmpty else { return [] }
        let devices = bundles.keys.sorted { $0.description < $1.description }
        let starts = try devices.compactMap { jid in
            try bundles[jid].map { (address: try self.signalAddress(of: jid), bundle: $0) }
        }
        let results = try cipher.startSessions(with: starts, in: &self, using: &generator)
        var changed: Set<JID> = []
        // A bundle that is not authentic leaves its device without session, and so without ciphertext.
        for (device, result) in zip(devices, results) {
            if case .success(.replaced) = result { changed.insert(device.account) }
        }
        for account in changed {
            for name in try self.names(of: account) { try self.saveTokenIssueDate(nil, for: name) }
        }
        return changed
    }

    /// Encrypts each plan's contents for its devices, and keeps the messages for those who will ask for them again.
    fileprivate mutating func encrypt(
        _ plans: [SendPlan], _ contents: [(content: [UInt8], copy: [UInt8])], _ cipher: SessionCipher, now: Date
    ) throws -> [MessageStanza] {
        var plaintexts: [(address: ProtocolAddress, plaintext: [UInt8])] = []
        for (plan, content) in zip(plans, contents) {
            for target in plan.targets {
                let address = try self.signalAddress(of: target.jid)
                plaintexts.append((address, target.isOwn ? content.copy : content.content))
            }
        }
        var results = try cipher.encrypt(plaintexts, in: &self)[...]
        let stanzas = try plans.map { plan in
            let encrypted = zip(plan.targets, results.prefix(plan.targets.count))
            results = results.dropFirst(plan.targets.count)
            return MessageStanza(
                id: plan.draft.id, form: plan.draft.form, to: plan.to, recipientPN: plan.recipient.pn,
                participants: encrypted.compactMap { target, result in
                    (try? result.get()).map { (target.jid, $0) }
                },
                identity: try plan.account.identity.serialized(), token: try self.tokenNode(for: plan.to, now: now))
        }
        try self.saveSentMessages(
            plans.map { plan in
                SentMessage(
                    id: plan.draft.id, chat: plan.to, content: SecretBytes(plan.draft.content), sentAt: now)
            })
        return stanzas
    }
}
