import GRDB

/// What a person can stop as a whole.
public enum Activity: String, CaseIterable, Sendable {
    /// Taking drop files.
    case intake
    /// Claiming messages.
    case sending
}

extension MessageQueue {
    /// Stops it, or starts it again; kept over restarts. While sending is stopped no claim finds anything.
    public func set(_ activity: Activity, stopped: Bool) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: """
                    INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value
                    """,
                arguments: [activity.rawValue, stopped ? "stopped" : "started"])
        }
    }
}

extension QueueReader {
    /// What a person has stopped.
    public func stoppedActivities() async throws(QueueError) -> Set<Activity> {
        try await self.read { db in
            let names = try String.fetchAll(db, sql: "SELECT name FROM setting WHERE value = 'stopped'")
            return Set(names.compactMap(Activity.init(rawValue:)))
        }
    }
}
