import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

/// What the account may do, and what others see of the device.
extension LinkedDeviceSession {
    /// Tells news of the account, unless whoever stores it is gone.
    func tell(_ signal: ServerSignal) async {
        do {
            try await self.surroundings.funnel.tell([.signal(self.id, signal)])
        } catch {
            self.surroundings.logger.error(
                "news of the account could not be stored", metadata: ["device.id": "\(self.id)", "error": "\(error)"])
        }
    }

    /// What fails is left out.
    func show(_ activity: ChatActivity) async {
        guard self.condition == .connected, let messenger = self.live?.messenger else { return }
        do throws(ClientError) {
            switch activity {
            case .available: try await messenger.setPresence(.available)
            case .unavailable: try await messenger.setPresence(.unavailable)
            // The service tells recording from typing only by an attribute that is not sent here.
            case .composing(let recipient), .recording(let recipient):
                try await self.show(.composing, to: recipient, messenger)
            case .paused(let recipient): try await self.show(.paused, to: recipient, messenger)
            }
        } catch {
            self.surroundings.logger.debug(
                "nobody sees what the device does", metadata: ["device.id": "\(self.id)", "error": "\(error)"])
        }
    }

    /// Only to those who were looked up before: what is shown must not cost a question.
    private func show(
        _ state: ChatState, to recipient: Recipient, _ messenger: Messenger
    ) async throws(ClientError) {
        guard let number = recipient.phone,
            let account = try await messenger.knownLookups(of: [number])[number]?.account
        else { return }
        try await messenger.sendChatState(state, to: account)
    }

    func askTimeLock() async -> TimeLockKnowledge {
        guard self.condition == .connected, let messenger = self.live?.messenger else { return .unknown }
        do throws(ClientError) {
            guard let lock = try await messenger.queryTimeLock() else { return .unknown }
            return lock.isActive ? .active(until: lock.ends) : .inactive
        } catch {
            return .unknown
        }
    }
}

extension TimeLock {
    /// What the daemon hears of it.
    var signal: ServerSignal { self.isActive ? .reachOutTimeLock(until: self.ends) : .reachOutTimeLockLifted }
}

extension Capping {
    /// What the daemon hears of it.
    var signal: ServerSignal {
        let level: NewChatQuota.Level =
            switch self.status {
            case .none: .none
            case .firstWarning: .firstWarning
            case .secondWarning: .secondWarning
            case .capped: .capped
            }
        return .newChatQuota(
            NewChatQuota(level: level, total: self.totalQuota, used: self.usedQuota, endsAt: self.cycleEnd))
    }
}
