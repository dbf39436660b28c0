public import Foundation
import SpoolCore

/// One limit of a device, how much of it is used, and when the next message fits.
public struct DeviceLimit: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case hourly
        case daily
        /// Of strangers, in 24 hours: warm-up, careful profile or a warning of the service, whichever is least.
        case cold
        /// The service's own number of new chats in its cycle.
        case newChats
    }

    public var kind: Kind
    public var limit: Int
    public var used: Int
    /// `nil`: now.
    public var freeAt: Date?
    /// Why a cold limit is what it is.
    public var reason: String?
}

extension DeviceState {
    /// Every limit that is on.
    public func limits(at now: Date) -> [DeviceLimit] {
        let own = self.caps.map { cap, window in
            DeviceLimit(
                kind: window == .hour ? .hourly : .daily, limit: cap.limit,
                used: cap.limit - cap.room(at: now, after: self.ledger.all),
                freeAt: cap.room(at: now, after: self.ledger.all) > 0
                    ? nil : cap.nextRoom(at: now, after: self.ledger.all))
        }
        return own + [self.coldLimit(at: now), self.newChatLimit(at: now)].compactMap(\.self)
    }

    private func coldLimit(at now: Date) -> DeviceLimit? {
        guard let least = self.coldCaps(at: now).min(by: { $0.cap.limit < $1.cap.limit }) else { return nil }
        return DeviceLimit(
            kind: .cold, limit: least.cap.limit,
            used: least.cap.limit - least.cap.room(at: now, after: self.ledger.cold),
            freeAt: self.coldClosure(at: now)?.until, reason: least.reason.description)
    }

    private func newChatLimit(at now: Date) -> DeviceLimit? {
        guard let quota = self.memory.standing.quota(at: now), let total = quota.notice.total,
            let left = self.memory.standing.quotaLeft(at: now)
        else { return nil }
        return DeviceLimit(
            kind: .newChats, limit: total, used: total - left,
            freeAt: self.memory.standing.quotaUsedUp(at: now)?.until)
    }
}
