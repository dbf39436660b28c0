import Foundation
import WhatsAppBinary

// Work comes in portions: stanzas are answered first, for clients wait for that; what they bring for phones is read
// when no stanza waits.
extension SimulatedServer {
    /// The most stanzas that wait: who reads more waits until they are handled.
    static let arrivalLimit = 1024
    /// The most stanzas on their way to phones; with more, phones come first.
    private static let mailLimit = 8192
    /// What phones get in one go.
    private static let mailPortion = 32

    /// Takes a stanza that a connection has read.
    nonisolated func received(_ stanza: Node, on id: ConnectionID) async {
        let count = self.arrivals.append(stanza, on: id)
        if count == 1 {
            Task { await self.work() }
        } else if count >= Self.arrivalLimit {
            await self.handleArrivals()
        }
    }

    private func work() async {
        self.handleArrivals()
        // One at a time; it looks at what has come meanwhile.
        guard !self.isWorking else { return }
        self.isWorking = true
        while self.service.hasMail {
            self.perform(self.service.deliverMail(upTo: Self.mailPortion, now: self.now()))
            await Task.yield()
            self.handleArrivals()
        }
        self.isWorking = false
    }

    /// Handles the stanzas that wait.
    func handleArrivals() {
        let arrivals = self.arrivals.takeAll()
        guard !arrivals.isEmpty else { return }
        self.perform(self.service.receive(arrivals, now: self.now()))
        if self.service.mailCount > Self.mailLimit { self.handle(.timer) }
    }

    /// Does everything that can be done now: whoever looks sees what has come of all that was read.
    func catchUp() {
        self.handleArrivals()
        self.change { _ in }
    }
}
