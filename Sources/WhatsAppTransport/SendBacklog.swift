import WhatsAppBinary
import WhatsAppClient

/// The messages of one call of `send`, by chat in their order. One whose attachment is not uploaded yet holds back what
/// follows it in its chat, and nothing else.
struct SendBacklog: Sendable {
    typealias Entry = (index: Int, text: OutgoingText)

    private struct Item {
        let index: Int
        var text: OutgoingText
        var isReady: Bool
    }

    private var chats: [JID: [Item]] = [:]

    /// - Parameter isReady: whether it has all it needs.
    mutating func append(_ index: Int, _ text: OutgoingText, isReady: Bool) {
        self.chats[text.recipient, default: []].append(Item(index: index, text: text, isReady: isReady))
    }

    /// The attachment of a message is there.
    mutating func attach(_ attachment: UploadedAttachment, to index: Int) {
        for chat in self.chats.keys {
            guard let position = self.chats[chat]?.firstIndex(where: { $0.index == index }) else { continue }
            self.chats[chat]?[position].text.attachment = attachment
            self.chats[chat]?[position].isReady = true
            return
        }
    }

    /// A message does not go out this time; those after it do not wait for it.
    mutating func drop(_ index: Int) {
        for chat in self.chats.keys { self.chats[chat]?.removeAll { $0.index == index } }
    }

    /// Takes out what may go now.
    mutating func takeReady() -> [Entry] {
        var ready: [Entry] = []
        for chat in self.chats.keys {
            guard let items = self.chats[chat] else { continue }
            let first = items.prefix { $0.isReady }
            ready += first.map { ($0.index, $0.text) }
            self.chats[chat] = first.count == items.count ? nil : Array(items.dropFirst(first.count))
        }
        return ready.sorted { $0.index < $1.index }
    }
}

/// Uploads that have ended. Those that end while others are being sent are looked at together.
actor EndedUploads {
    typealias Entry = (index: Int, result: Result<UploadedAttachment, AttachmentFailure>)

    private var ended: [Entry] = []
    private var waiter: CheckedContinuation<Void, Never>?

    func add(_ index: Int, _ result: Result<UploadedAttachment, AttachmentFailure>) {
        self.ended.append((index, result))
        self.waiter?.resume()
        self.waiter = nil
    }

    /// All that have ended since the last call, at least one. For one caller.
    func takeAll() async -> [Entry] {
        if self.ended.isEmpty { await withCheckedContinuation { self.waiter = $0 } }
        defer { self.ended = [] }
        return self.ended
    }
}
