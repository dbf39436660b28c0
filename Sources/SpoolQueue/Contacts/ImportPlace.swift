import Foundation
import GRDB
import SpoolCore

/// Where a row goes on its way into the queue: to which owner, into which lane, or nowhere.
///
/// Looks up what there is to be found only: a queue that knows nobody yet costs a row nothing.
struct ImportPlace {
    private let user: Int64
    private let now: Date
    private let knowsRecipients: Bool
    private let suppressed: PreparedStatement?
    private let owner: PreparedStatement
    private let lane: PreparedStatement

    init(user: Int64, now: Date, _ db: Database) throws {
        self.user = user
        self.now = now
        self.knowsRecipients = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM recipient)") ?? false
        let hasList =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM suppression WHERE userId = ?)", arguments: [user]) ?? false
        self.suppressed =
            try hasList ? db.prepared("SELECT 1 FROM suppression WHERE userId = ? AND number = ?") : nil
        self.owner = try db.prepared("SELECT owner FROM recipient WHERE number = ?")
        self.lane = try db.prepared(
            "SELECT firstInAt, lastInAt, lastReadAt FROM contact WHERE device = ? AND number = ?")
    }

    func isSuppressed(_ number: String) throws -> Bool {
        guard let suppressed = self.suppressed else { return false }
        return try suppressed.first([.integer(self.user), .text(number)]) { _ in true } ?? false
    }

    /// The device that the message stays with, `''` for any, and the lane it has there.
    func place(of recipient: Recipient, pin: DeviceID?) throws -> (owner: String, lane: Lane) {
        if case .group = recipient { return (pin?.rawValue ?? "", .known) }
        guard self.knowsRecipients else { return (pin?.rawValue ?? "", .cold) }
        let number = recipient.address
        let owner = try pin?.rawValue ?? self.owner.first([.text(number)]) { $0.text(0) } ?? ""
        guard !owner.isEmpty else { return (owner, .cold) }
        let lane = try self.lane.first([.text(owner), .text(number)]) { row in
            if row.integer(1) > self.now.milliseconds - Lane.replyWindow { return Lane.reply }
            return row.isNull(0) && row.isNull(2) ? .cold : .known
        }
        return (owner, lane ?? .cold)
    }
}
