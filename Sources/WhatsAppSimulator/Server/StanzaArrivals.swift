import Synchronization
import WhatsAppBinary

/// Stanzas that were read and wait for the server, in the order in which they were read. Reading goes on meanwhile.
final class StanzaArrivals: Sendable {
    private let waiting: Mutex<[(id: ConnectionID, stanza: Node)]> = Mutex([])

    /// - Returns: how many wait now.
    func append(_ stanza: Node, on id: ConnectionID) -> Int {
        self.waiting.withLock { waiting in
            waiting.append((id, stanza))
            return waiting.count
        }
    }

    /// All that wait; none do then.
    func takeAll() -> [(id: ConnectionID, stanza: Node)] {
        self.waiting.withLock { waiting in
            let all = waiting
            waiting.removeAll(keepingCapacity: all.count < 1024)
            return all
        }
    }
}
