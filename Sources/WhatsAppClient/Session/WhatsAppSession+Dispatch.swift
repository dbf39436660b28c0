import Logging
import WhatsAppBinary

// Everything that takes time and has an order: handler, listener, store. One task does it.
extension WhatsAppSession {
    func queue(_ task: Inbox.Task) {
        self.inbox.append(task, connection: self.connectionNumber)
        self.wakeDispatcher()
    }

    func closeInbox() {
        self.isInboxClosed = true
        self.wakeDispatcher()
    }

    private func wakeDispatcher() {
        self.dispatcher?.resume()
        self.dispatcher = nil
    }

    /// Returns when the inbox was closed and is empty.
    func dispatch() async {
        while let item = await self.nextItem() { await self.handle(item) }
    }

    private func nextItem() async -> Inbox.Item? {
        while true {
            if let item = self.inbox.takeFirst() {
                self.wakeReaderIfRoom()
                return item
            }
            if self.isInboxClosed { return nil }
            await withCheckedContinuation { self.dispatcher = $0 }
        }
    }

    private func handle(_ item: Inbox.Item) async {
        switch item.task {
        case .stanza(let stanza, _): await self.handler.handle(stanza)
        case .phase(let phase): await self.reach(phase, item.connection)
        case .event(let event): await self.onEvent(event)
        case .saveLID(let lid): await self.store("the device's hidden id") { try await $0.saveLID(lid) }
        case .saveRoutingInfo(let bytes):
            await self.store("routing information") { try await $0.saveRoutingInfo(bytes) }
        case .markLoggedOut(let reason): await self.store("the logout") { try await $0.markLoggedOut(reason) }
        case .save(let change, let then, let otherwise):
            let isStored = await self.store("the link") { try await $0.save(change) }
            self.perform(pairing: isStored ? then : otherwise, item.connection)
        case .answer(let hello):
            guard item.connection == self.connectionNumber else { return }
            self.perform(pairing: { $0.answer(hello, $1, using: &$2) })
        }
    }

    private func reach(_ phase: SessionPhase, _ connection: Int) async {
        await self.handler.sessionReached(phase)
        switch phase {
        case .loggedIn:
            if connection == self.connectionNumber { self.perform(self.machine.prepared()) }
        case .connected: await self.onEvent(.connected)
        case .drained: await self.onEvent(.drained)
        case .disconnected: break
        }
    }

    /// False when the store failed. A session goes on without what is not essential, and says so.
    @discardableResult
    private func store(_ what: String, _ write: (any CredentialStore) async throws -> Void) async -> Bool {
        do {
            try await write(self.store)
            return true
        } catch {
            self.logger.error("\(what) could not be stored", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Of what hangs on a store, only the news are left when the connection is gone meanwhile.
    private func perform(pairing actions: [PairingStateMachine.Action], _ connection: Int) {
        let isAlive = connection == self.connectionNumber && self.connection != nil
        self.perform(pairing: isAlive ? actions : actions.filter(\.isEvent))
    }
}

extension PairingStateMachine.Action {
    fileprivate var isEvent: Bool {
        if case .event = self { true } else { false }
    }
}

extension CredentialStore {
    fileprivate func save(_ change: PairingStateMachine.Change) async throws {
        switch change {
        case .advSecret(let secret): try await self.saveADVSecret(secret)
        case .account(let account): try await self.saveLinkedAccount(account)
        }
    }
}
