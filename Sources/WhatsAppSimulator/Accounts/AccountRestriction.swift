import Foundation

/// What the service holds against an account that writes to strangers.
struct AccountRestriction: Sendable, Hashable {
    /// No messages to strangers until then.
    var timeLock: TimeLock?
    var capping = Capping()

    struct TimeLock: Sendable, Hashable {
        var until: Date
        /// Such as `DEFAULT` or `WEB_COMPANION_ONLY`.
        var enforcement: String
    }

    /// The monthly number of new chats.
    struct Capping: Sendable, Hashable {
        enum Status: String, Sendable, CaseIterable {
            case none = "NONE"
            case firstWarning = "FIRST_WARNING"
            case secondWarning = "SECOND_WARNING"
            case capped = "CAPPED"
        }

        var status = Status.none
        /// -1 for no limit.
        var total = -1
        var used = 0
        var start: Date?
        var end: Date?
    }

    func isTimeLocked(at now: Date) -> Bool { self.timeLock.map { now < $0.until } ?? false }

    func isCapped(at now: Date) -> Bool {
        self.capping.status == .capped && self.capping.end.map { now < $0 } ?? true
    }
}

extension AccountRestriction {
    /// The value under `xwa2_…_account_reachout_timelock`.
    func timeLockJSON(at now: Date) -> [String: Any] {
        guard let timeLock, now < timeLock.until else { return ["is_active": false] }
        return [
            "is_active": true, "enforcement_type": timeLock.enforcement,
            "time_enforcement_ends": String(Int(timeLock.until.timeIntervalSince1970)),
        ]
    }

    /// The value under `xwa2_…_new_chat_messages_capping_info…`.
    var cappingJSON: [String: Any] {
        func seconds(_ date: Date?) -> String { String(Int(date?.timeIntervalSince1970 ?? 0)) }
        return [
            "total_quota": self.capping.total, "used_quota": self.capping.used,
            "cycle_start_timestamp": seconds(self.capping.start), "cycle_end_timestamp": seconds(self.capping.end),
            "capping_status": self.capping.status.rawValue, "ote_status": "NONE", "mv_status": "NONE",
        ]
    }
}
