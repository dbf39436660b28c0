import Foundation
import Logging
public import WhatsAppBinary

extension Messenger: StanzaHandler {
    public func handle(_ stanza: Node) async {
        do throws(ClientError) {
            switch stanza.tag {
            case "message": try await self.handleMessage(stanza)
            case "receipt": try await self.handleReceipt(stanza)
            case "notification": try await self.handleNotification(stanza)
            case "call": await self.acknowledge(stanza)
            case "chatstate": try await self.handleChatState(stanza)
            case "ib":
                if let dirty = stanza.child("dirty") {
                    if dirty.string("type") == "groups" { self.forgetGroups() }
                    if let job = Job(cleaning: dirty) { self.enqueue(job) }
                }
            default: break
            }
        } catch {
            // Not acknowledged, so the server sends it again at the next connection.
            self.logger.error(
                "a stanza could not be handled", metadata: ["tag": "\(stanza.tag)", "error": "\(error)"])
        }
    }

    public func sessionReached(_ phase: SessionPhase) async {
        switch phase {
        case .loggedIn:
            self.addressing = .lid
            if let again = await self.perform(.uploadPreKeys(reported: nil, attempt: 0)) { self.enqueue(.later(again)) }
        case .connected: self.isConnected = true
        case .drained:
            // Whoever hears of it may rely on having all news.
            await self.handReceiptsOver()
            self.isDrained = true
            self.enqueue(.purge)
        case .disconnected:
            self.isConnected = false
            self.isDrained = false
            self.presence = .unavailable
        }
        self.wakeWorker()
    }

    /// Without an id nothing can be acknowledged.
    func acknowledge(_ stanza: Node) async {
        guard stanza.attributes["id"] != nil, stanza.attributes["from"] != nil else { return }
        await self.reply(.acknowledging(stanza))
    }

    /// Hands an event over; what went wrong there comes back as the store's failure it is.
    func tell(_ event: MessageEvent) async throws(ClientError) {
        do {
            try await self.onMessage(event)
        } catch {
            throw .storeFailed("\(error)")
        }
    }

    private func handleReceipt(_ stanza: Node) async throws(ClientError) {
        guard let receipt = InboundReceipt(stanza) else { return await self.acknowledge(stanza) }
        switch receipt.kind {
        case .delivered, .read: return await self.gather(receipt, stanza)
        case .retry: RetryRequest(stanza).map { self.enqueue($0) }
        case .mediaMissing: try await self.retireUpload(reportedBy: stanza)
        case .other: break
        }
        try await self.learn(stanza.mappings)
        await self.acknowledge(stanza)
    }

    private func handleChatState(_ stanza: Node) async throws(ClientError) {
        guard let from = stanza.jid("from")?.normalized, from.isPerson else { return }
        let state = [ChatState.composing, .paused].first { stanza.child($0.rawValue) != nil }
        guard let state else { return }
        let person = try await self.read { try $0.person(from) }
        try await self.tell(.chatState(state, of: person))
    }
}
