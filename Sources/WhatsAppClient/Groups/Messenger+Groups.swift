import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary

// What is known of groups.
extension Messenger {
    /// A group's members. Known until the server says that something has changed, or for some hours.
    func groupInfo(_ group: JID) async throws(ClientError) -> GroupInfo {
        let now = self.time.uptime()
        if let known = self.groups.known[group], now - known.since < self.policy.deviceListLifetime {
            return known.info
        }
        if let remaining = self.groups.rest.remaining(now) {
            throw .refused(IQError(code: 429, backoff: remaining))
        }
        let changes = self.groups.changes
        do throws(ClientError) {
            var info = try GroupInfo(answer: try await self.channel.query(GroupInfo.query(group)), group)
            self.groups.rest.succeeded()
            if let addressing = self.groups.addressing[group] { info.addressing = addressing }
            try await self.learn(info.mappings)
            // What has changed meanwhile may not be in the answer.
            if changes == self.groups.changes { self.groups.known[group] = (info, now) }
            return info
        } catch {
            if case .refused(let refusal) = error, refusal.isRateLimit {
                self.groups.rest.begin(self.time.uptime(), atLeast: refusal.backoff)
            }
            throw error
        }
    }

    func forgetGroup(_ group: JID) {
        self.groups.changes += 1
        self.groups.known[group] = nil
        self.groups.addressing[group] = nil
    }

    func forgetGroups() {
        self.groups.changes += 1
        self.groups.known.removeAll { _ in true }
    }

    /// The group's members by the names that messages call them by. Who has no such name is left out: another name in
    /// the same stanza would have it refused for all.
    private func accounts(of info: GroupInfo, _ account: LinkedAccount) async throws(ClientError) -> [JID] {
        var members = try await self.completed(info.members)
        let nameless = members.filter { $0.lid == nil }.compactMap(\.pn)
        if info.addressing == .lid, !nameless.isEmpty {
            try await self.findLIDs(of: nameless)
            members = try await self.completed(members)
        }
        let own = info.addressing == .lid ? account.lid?.account ?? account.jid.account : account.jid.account
        var seen = Set([own])
        return [own] + members.compactMap { $0.name(info.addressing) }.filter { seen.insert($0).inserted }
    }

    private func completed(_ members: [Person]) async throws(ClientError) -> [Person] {
        try await self.read { state in
            try members.map { member in
                Person(
                    lid: try member.lid ?? member.pn.flatMap { try state.lid(of: $0) },
                    pn: try member.pn ?? member.lid.flatMap { try state.pn(of: $0) })
            }
        }
    }

    private func groupPlan(_ info: GroupInfo) async throws(ClientError) -> GroupPlan {
        guard let account = try await self.read({ try $0.loadDevice().account }) else { throw .notConnected }
        let accounts = try await self.accounts(of: info, account)
        return GroupPlan(info, account, accounts, try await self.deviceLists(of: accounts))
    }
}

// Sending
extension Messenger {
    /// Sends messages to a group. Where our idea of its members or devices was wrong, messages go out once more under
    /// the same id: those that were refused for it, and those that some devices have not got.
    func attempt(_ drafts: [Draft], in group: JID) async -> [Attempt] {
        var attempts = await self.attemptOnce(drafts, in: group)
        var again: [Int] = []
        for index in attempts.indices where await self.isToBeRepeated(attempts[index]) { again.append(index) }
        guard !again.isEmpty else { return attempts }
        let repeated = await self.attemptOnce(again.map { drafts[$0] }, in: group)
        for (index, attempt) in zip(again, repeated) {
            // The server has taken it already.
            if case .sent = attempts[index].outcome { continue }
            attempts[index] = attempt
        }
        return attempts
    }

    private func attemptOnce(_ drafts: [Draft], in group: JID) async -> [Attempt] {
        let info: GroupInfo
        do throws(ClientError) {
            info = try await self.groupInfo(group)
        } catch {
            return drafts.map { _ in Attempt(outcome: SendOutcome(askingForGroup: error)) }
        }
        do throws(ClientError) {
            return await self.transmit(try await self.shipments(drafts, info))
        } catch {
            return drafts.map { _ in Attempt(outcome: SendOutcome(preparing: error)) }
        }
    }

    /// Encrypts; when this returns, sender key, ratchets and who may have the key are durable.
    private func shipments(_ drafts: [Draft], _ info: GroupInfo) async throws(ClientError) -> [Shipment] {
        let drafts = try drafts.map { (draft) throws(ClientError) in try draft.expiring(info.expiration) }
        let (plan, bundles) = try await self.planWithBundles(info)
        guard !plan.targets.isEmpty else { return drafts.map { _ in Shipment(failure: .temporary(.noDevices)) } }
        let (cipher, shared, now) = (self.cipher, self.generator, self.time.now.date)
        let (results, changed) = try await self.write { state in
            var generator = shared
            let changed = try state.startSessions(with: bundles, cipher, using: &generator)
            return (try state.encrypt(drafts, for: plan, cipher, now: now, using: &generator), changed)
        }
        for account in changed { await self.onEvent(.identityChanged(of: account)) }
        return results.map { Shipment(to: plan.group, node: $0.stanza.node, way: .group($0.delivery)) }
    }

    /// Devices and keys of all members. 406 says that one of the devices is gone, see `fetchBundles(for:)`.
    private func planWithBundles(_ info: GroupInfo) async throws(ClientError) -> (GroupPlan, [JID: PreKeyBundle]) {
        var plan = try await self.groupPlan(info)
        var missing = try await self.withoutSession(plan.targets)
        for isLast in [false, true] {
            do throws(ClientError) {
                return (plan, try await self.fetchBundles(of: missing))
            } catch {
                guard error.isNotAcceptable else { throw error }
            }
            guard !isLast else { break }
            try await self.forgetDeviceLists(of: Array(Set(missing.map(\.account))))
            plan = try await self.groupPlan(info)
            missing = try await self.withoutSession(plan.targets)
        }
        return (plan, try await self.fetchBundlesOneByOne(of: missing))
    }

    /// What an acknowledgement says about our idea of a group.
    func learn(_ ack: Node, of delivery: GroupDelivery, _ outcome: SendOutcome) async {
        do throws(ClientError) {
            if case .sent = outcome { try await self.write { try $0.confirm(delivery) } }
            let hasOtherHash = delivery.plan.otherHash(in: ack).map { $0 != self.groups.settled[delivery.plan.group] }
            guard hasOtherHash == true || outcome.isGroupStale else { return }
            self.forgetGroup(delivery.plan.group)
            if case .temporary(.acknowledgement(code: 421), _) = outcome {
                self.groups.addressing[delivery.plan.group] = Addressing(mode: ack.string("addressing_mode"))
            }
            guard hasOtherHash == true || outcome.areDevicesStale else { return }
            try await self.forgetDeviceLists(of: delivery.plan.accounts)
        } catch {
            self.logger.error("what a group has become was not stored", metadata: ["error": "\(error)"])
        }
    }

    /// Whether another attempt, with what is known by now, reaches devices that this one has not.
    private func isToBeRepeated(_ attempt: Attempt) async -> Bool {
        guard case .group(let delivery) = attempt.way, let ack = attempt.ack else { return false }
        let group = delivery.plan.group
        switch attempt.outcome {
        case .temporary(.acknowledgement(code: 421), _): return true
        case .sent:
            guard let theirs = delivery.plan.otherHash(in: ack), theirs != self.groups.settled[group] else {
                return false
            }
            do throws(ClientError) {
                let plan = try await self.groupPlan(try await self.groupInfo(group))
                guard Set(plan.devices).isSubset(of: delivery.plan.devices) else { return true }
                // We know all that there is, so asking again would tell nothing new.
                self.groups.settled[group] = theirs
            } catch {
                self.logger.info("a group was not asked for again", metadata: ["error": "\(error)"])
            }
            return false
        case .temporary, .permanent, .refused, .sessionLost, .unknown: return false
        }
    }
}

/// What a messenger knows of groups, and for how long.
struct KnownGroups: Sendable {
    private static let limit = 256

    /// With the time of the session's clock.
    var known = RecentValues<JID, (info: GroupInfo, since: Duration)>(limit: Self.limit)
    /// What the server has said about how to address a group, which it knows best.
    var addressing = RecentValues<JID, Addressing>(limit: Self.limit)
    /// Hashes of the server that stay other than ours whatever we ask.
    var settled = RecentValues<JID, String>(limit: Self.limit)
    var rest = QueryRest()
    /// How often something was said to have changed.
    var changes = 0
}

extension SendOutcome {
    /// Sorts the failure of asking for a group: most of the server's refusals are for good.
    fileprivate init(askingForGroup error: ClientError) {
        if case .refused(let refusal) = error, let code = refusal.code,
            [400, 401, 403, 404, 405, 406, 410].contains(code)
        {
            self = .permanent(code: code)
        } else {
            self = SendOutcome(preparing: error)
        }
    }

    /// Whether devices are not what they were.
    fileprivate var areDevicesStale: Bool { self == .refused(.staleDevices) || self == .permanent(code: 400) }

    /// Whether the group, or our place in it, is not what it was.
    fileprivate var isGroupStale: Bool {
        switch self {
        case .temporary(.acknowledgement(code: 421), _), .refused(.staleDevices), .permanent: true
        case .sent, .temporary, .refused, .sessionLost, .unknown: false
        }
    }
}
