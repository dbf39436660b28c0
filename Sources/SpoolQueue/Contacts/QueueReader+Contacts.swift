public import Foundation
import GRDB
public import SpoolCore

extension QueueReader {
    /// How often the recipient was put off since a message last arrived there, because the service refuses it.
    public func timesPutOff(_ recipient: Recipient) async throws(QueueError) -> Int {
        try await self.read { db in
            try db.prepared("SELECT reachTries FROM recipient WHERE number = ?").first([.text(recipient.address)]) {
                Int($0.integer(0))
            } ?? 0
        }
    }

    /// Whether the number came onto the list of one of these users at that very moment.
    public func wasSuppressed(
        _ number: String, of users: [Int64], at moment: Date
    ) async throws(QueueError) -> Bool {
        try await self.read { db in
            let statement = try db.prepared("SELECT addedAt FROM suppression WHERE userId = ? AND number = ?")
            return try users.contains { user in
                try statement.first([.integer(user), .text(number)]) { $0.integer(0) } == moment.milliseconds
            }
        }
    }
}
