import Foundation
import Logging
import WhatsAppBinary

// Who is who, and with which devices.
extension Messenger {
    /// Answers about phone numbers that are known already and still good.
    /// - Parameter numbers: digits, with the country's, without `+`.
    public func knownLookups(of numbers: [String]) async throws(ClientError) -> [String: NumberLookup] {
        let (now, policy) = (self.time.now.date, self.policy)
        return try await self.read { try $0.loadNumberLookups(of: numbers) }.filter { _, lookup in
            let lifetime = lookup.account == nil ? policy.unregisteredLifetime : policy.registeredLifetime
            return lookup.askedAt.addingTimeInterval(lifetime.inSeconds) > now
        }
    }

    /// Which accounts phone numbers belong to. Asks the server about those that are not known, 50 at a time; accounts
    /// get limited for asking about many, so how many is for the caller to decide.
    ///
    /// A number that the answer leaves out is missing from the result: nothing is known about it.
    /// - Parameter numbers: digits, with the country's, without `+`.
    /// - Throws: `refused` with 429 or 419 when too much was asked (`IQError.isRateLimit`); what came before is stored.
    public func lookUp(_ numbers: [String]) async throws(ClientError) -> [String: NumberLookup] {
        var lookups = try await self.knownLookups(of: numbers)
        let isNumber = { (text: String) in
            1...20 ~= text.utf8.count && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
        let unknown = Set(numbers.filter { lookups[$0] == nil && isNumber($0) }).sorted()
        for chunk in unknown.chunks(of: MessagePolicy.usersPerQuery) {
            let iq = USync.contactsQuery(of: Array(chunk), sid: self.makeSID())
            let answer = try await self.query(iq, about: "contact")
            let found = answer.numbers.filter { chunk.contains($0.key) }
            try await self.write { try $0.saveNumberLookups(found) }
            lookups.merge(found) { $1 }
        }
        return lookups
    }

    /// The device lists of accounts in the form of address given. Asks the server for those that are not known or too
    /// old; accounts without devices are missing.
    func deviceLists(of accounts: [JID]) async throws(ClientError) -> [JID: DeviceList] {
        let (now, lifetime) = (self.time.now.date, self.policy.deviceListLifetime.inSeconds)
        var lists = try await self.read { try $0.loadDeviceLists(of: accounts) }.filter { _, list in
            list.fetchedAt.addingTimeInterval(lifetime) > now
        }
        let unknown = accounts.filter { lists[$0] == nil }
        for chunk in unknown.chunks(of: MessagePolicy.usersPerQuery) {
            let answer = try await self.query(
                USync.devicesQuery(of: Array(chunk), sid: self.makeSID()), about: "devices")
            let found = answer.deviceLists.filter { chunk.contains($0.key) && !$0.value.devices.isEmpty }
            try await self.write { state in
                for (account, list) in found { try state.saveDeviceList(list, of: account) }
            }
            lists.merge(found) { $1 }
        }
        return lists
    }

    /// Asks for the hidden ids of accounts that are known by phone number only. Not again in this session for those
    /// that have none.
    func findLIDs(of accounts: [JID]) async throws(ClientError) {
        let unknown = accounts.filter { self.withoutLID[$0] == nil }
        for chunk in unknown.chunks(of: MessagePolicy.usersPerQuery) {
            let answer = try await self.query(USync.lidsQuery(of: Array(chunk), sid: self.makeSID()), about: "lid")
            let found = Set(answer.mappings.map(\.pn))
            for account in chunk where !found.contains(account.user) { self.withoutLID[account] = true }
        }
    }

    private func query(_ iq: Node, about part: String) async throws(ClientError) -> USync.Answer {
        let answer = try USync.answer(try await self.channel.query(iq), about: part, now: self.time.now.date)
        try await self.learn(answer.mappings)
        return answer
    }

    private func makeSID() -> String {
        String(self.generator.next(), radix: 36)
    }
}
