import Foundation
import Logging
import WhatsAppBinary

/// Receipts that have come and were not handed over yet.
struct GatheredReceipts: Sendable {
    struct Item: Sendable {
        let receipt: InboundReceipt
        let mappings: [LIDMapping]
        /// What the server is told when it was handed over.
        let acknowledgement: Node

        /// Keeps of the stanza what is of use: it may be long.
        init(_ receipt: InboundReceipt, _ stanza: Node) {
            self.receipt = receipt
            self.mappings = stanza.mappings
            self.acknowledgement = .acknowledging(stanza)
        }
    }

    /// With so many ids waiting, no more is taken in.
    static let limit = 1024

    private(set) var items: [Item] = []
    private var idCount = 0
    var isHandingOver = false
    /// Who waits for room.
    var blocked: [CheckedContinuation<Void, Never>] = []
    /// Who waits until there are none.
    var settling: [CheckedContinuation<Void, Never>] = []

    var hasRoom: Bool { self.idCount < Self.limit }

    mutating func append(_ item: Item) {
        self.items.append(item)
        self.idCount += item.receipt.ids.count
    }

    /// Takes all out, and lets in who was waiting.
    mutating func takeAll() -> [Item] {
        defer {
            self.items = []
            self.idCount = 0
            for continuation in self.blocked { continuation.resume() }
            self.blocked = []
        }
        return self.items
    }
}

// Every receipt that is handed over costs whoever stores it a commit, so those that come while others are on their way
// wait and go together: their number follows the store, not the network.
extension Messenger {
    /// Takes in a receipt, which is acknowledged when it was handed over.
    func gather(_ receipt: InboundReceipt, _ stanza: Node) async {
        while !self.gathered.hasRoom { await withCheckedContinuation { self.gathered.blocked.append($0) } }
        self.gathered.append(GatheredReceipts.Item(receipt, stanza))
        guard !self.gathered.isHandingOver else { return }
        self.gathered.isHandingOver = true
        // Ends with the last of them.
        Task { await self.handOverGathered() }
    }

    /// Returns when all receipts that have come were handed over, or could not be.
    public func handReceiptsOver() async {
        guard self.gathered.isHandingOver else { return }
        await withCheckedContinuation { self.gathered.settling.append($0) }
    }

    private func handOverGathered() async {
        while !self.gathered.items.isEmpty { await self.handOver(self.gathered.takeAll()) }
        self.gathered.isHandingOver = false
        for continuation in self.gathered.settling { continuation.resume() }
        self.gathered.settling = []
    }

    private func handOver(_ items: [GatheredReceipts.Item]) async {
        do throws(ClientError) {
            try await self.learn(items.flatMap(\.mappings))
            let news = try await self.news(in: items)
            if !news.isEmpty {
                try await self.tell(.receipts(news.map(\.news)))
                for receipt in news { self.receipts.record(receipt.receipt) }
            }
        } catch {
            // Not acknowledged, so the server sends them again at the next connection.
            return self.logger.error(
                "receipts could not be handled", metadata: ["count": "\(items.count)", "error": "\(error)"])
        }
        for item in items { await self.reply(item.acknowledgement) }
    }

    private func news(
        in items: [GatheredReceipts.Item]
    ) async throws(ClientError) -> [(receipt: InboundReceipt, news: Receipt)] {
        let receipts = items.map(\.receipt).filter { $0.from.isPerson && !self.receipts.news(in: $0).isEmpty }
        guard !receipts.isEmpty else { return [] }
        let senders = Set(receipts.map(\.from))
        let people = try await self.read { state in
            let account = try state.loadDevice().account
            var people: [JID: Person] = [:]
            // Our own devices are not who a message is for.
            for sender in senders where account?.isOwn(sender) != true { people[sender] = try state.person(sender) }
            return people
        }
        let ours = receipts.filter { people[$0.from] != nil }
        let now = self.time.now.date
        return zip(ours, self.receipts.news(in: ours)).compactMap { receipt, ids in
            guard !ids.isEmpty, let person = people[receipt.from] else { return nil }
            let kind: Receipt.Kind = receipt.kind == .read ? .read : .delivered
            return (receipt, Receipt(kind, ids: ids, person: person, date: receipt.date ?? now))
        }
    }
}
