import Synchronization
import WhatsAppBinary
import WhatsAppClient

/// A handler that acknowledges what it gets and then shows it to the test.
final class AcknowledgingHandler: StanzaHandler {
    let stanzas: AsyncStream<Node>
    private let continuation: AsyncStream<Node>.Continuation
    private let channel: Mutex<(any StanzaChannel)?> = Mutex(nil)

    init() {
        (self.stanzas, self.continuation) = AsyncStream.makeStream()
    }

    /// The session that this is the handler of.
    func speak(through channel: any StanzaChannel) {
        self.channel.withLock { $0 = channel }
    }

    func handle(_ stanza: Node) async {
        if ["message", "receipt", "notification", "call"].contains(stanza.tag) {
            // Without its connection there is nobody to tell, and the server sends the stanza again.
            try? await self.channel.withLock { $0 }?.send(.acknowledging(stanza))
        }
        self.continuation.yield(stanza)
    }

    func sessionReached(_ phase: SessionPhase) {}
}
