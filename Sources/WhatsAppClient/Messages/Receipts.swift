import Foundation
import WhatsAppBinary

/// News about messages of ours.
struct InboundReceipt: Equatable {
    enum Kind: Equatable {
        case delivered, read, retry
        /// The file of the message could not be had.
        case mediaMissing
        /// News that is nobody's concern but the server's.
        case other
    }

    /// The most ids that are read of one receipt.
    static let idLimit = 1000

    let kind: Kind
    let ids: [String]
    /// The device that tells it; in a group one of those that do.
    let from: JID
    /// The chat, when the receipt is from a device of our own.
    let recipient: JID?
    let date: Date?

    /// `nil` when it does not say of what or from whom, or is of something that has no id of ours.
    init?(_ node: Node) {
        guard let id = node.string("id"), id.isShort, let chat = node.jid("from")?.normalized, node.hasShortAttributes
        else { return nil }
        // Of a group: the reader, or one list of readers for each message.
        let lists = chat.isGroup ? node.children("participants").prefix(Self.idLimit) : []
        let readers = [node.jid("participant")] + lists.map { $0.child("user")?.jid("jid") }
        let from = chat.isGroup ? readers.compactMap { $0?.normalized }.first ?? chat : chat
        let items =
            (node.child("list")?.children("item").prefix(Self.idLimit).compactMap { $0.string("id") } ?? [])
            + lists.compactMap { $0.string("key") }
        var seen: Set<String> = []
        self.ids = ([id] + items).filter { $0.isShort && seen.insert($0).inserted }
        self.from = from
        self.recipient = node.jid("recipient")?.normalized
        self.date = node.integer("t", as: UInt32.self).map { Date(timeIntervalSince1970: Double($0)) }
        self.kind =
            switch node.string("type") {
            case nil, "", "inactive": .delivered
            case "read", "played": .read
            case "retry": .retry
            case "server-error": .mediaMissing
            default: .other
            }
    }
}

extension Node {
    /// The receipt for a message that came in.
    static func receipt(for message: Node, type: String?) -> Node {
        var attributes = Attributes()
        attributes["id"] = message.attributes["id"]
        attributes["to"] = message.attributes["from"]
        attributes["participant"] = message.attributes["participant"]
        attributes["recipient"] = message.attributes["recipient"]
        attributes["type"] = type.map { .string($0) }
        return Node("receipt", attributes)
    }

    /// What tells the server that a message cannot be handled.
    static func refusing(_ message: Node, code: Int) -> Node {
        var ack = Node.acknowledging(message)
        ack.attributes["error"] = .integer(code)
        return ack
    }
}

/// Says of receipts which are news: deliveries and readings of the last messages, each once and only forward.
struct ReceiptLedger: Sendable {
    private enum Stage: Int {
        case delivered = 1
        case read = 2
    }

    private var stages = RecentValues<String, Stage>(limit: 8192)

    /// The ids of which this is not known yet.
    func news(in receipt: InboundReceipt) -> [String] { self.news(in: [receipt])[0] }

    /// The ids of each receipt of which this is not known yet, neither from before nor from one that stands before it.
    func news(in receipts: [InboundReceipt]) -> [[String]] {
        var seen: [String: Stage] = [:]
        return receipts.map { receipt in
            guard let stage = Self.stage(of: receipt) else { return [] }
            return receipt.ids.filter { id in
                let known = seen[id] ?? self.stages[id]
                guard (known?.rawValue ?? 0) < stage.rawValue else { return false }
                seen[id] = stage
                return true
            }
        }
    }

    mutating func record(_ receipt: InboundReceipt) {
        guard let stage = Self.stage(of: receipt) else { return }
        for id in self.news(in: receipt) { self.stages[id] = stage }
    }

    private static func stage(of receipt: InboundReceipt) -> Stage? {
        switch receipt.kind {
        case .delivered: .delivered
        case .read: .read
        case .retry, .mediaMissing, .other: nil
        }
    }
}
