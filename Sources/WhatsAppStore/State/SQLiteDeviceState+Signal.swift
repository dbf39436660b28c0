import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol

extension SQLiteDeviceState {
    func loadSessions(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: SessionRecord] {
        let sql = """
            SELECT wanted.key, session.record FROM json_each(?) AS wanted CROSS JOIN session
            WHERE session.deviceId = ? AND session.name = wanted.value ->> 0 AND session.number = wanted.value ->> 1
            """
        return try self.select(sql, addresses) { row, address in
            let column = SecretColumn.session(address)
            let bytes = try self.open(row.value(1, column.name), column)
            return try Self.undamaged(column) { () throws(SignalError) in try SessionRecord(serialized: bytes) }
        }
    }

    func addressesWithoutSession(among addresses: [ProtocolAddress]) throws -> Set<ProtocolAddress> {
        let sql = """
            SELECT wanted.key FROM json_each(?) AS wanted CROSS JOIN session
            WHERE session.deviceId = ? AND session.name = wanted.value ->> 0 AND session.number = wanted.value ->> 1
            """
        return Set(addresses).subtracting(try self.select(sql, addresses) { _, _ in true }.keys)
    }

    func loadIdentities(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: IdentityKey] {
        let sql = """
            SELECT wanted.key, identity.key FROM json_each(?) AS wanted CROSS JOIN identity
            WHERE identity.deviceId = ? AND identity.name = wanted.value ->> 0 AND identity.number = wanted.value ->> 1
            """
        return try self.select(sql, addresses) { row, _ in
            guard let key = try? PublicKey(row.bytes(1, "identity.key")) else {
                throw StoreError.damaged(part: "identity.key")
            }
            return IdentityKey(key)
        }
    }

    /// One statement for all addresses: its rows say by position which of them they are for.
    private func select<Value>(
        _ sql: String, _ addresses: [ProtocolAddress], _ decode: (Row, ProtocolAddress) throws -> Value
    ) throws -> [ProtocolAddress: Value] {
        guard !addresses.isEmpty else { return [:] }
        var values: [ProtocolAddress: Value] = [:]
        let rows = try Row.fetchCursor(self.statement(sql), arguments: [KeyList.json(addresses), self.id])
        while let row = try rows.next() {
            let address = addresses[try row.value(0, "position")]
            values[address] = try decode(row, address)
        }
        return values
    }

    func loadSenderKey(for name: SenderKeyName) throws -> SenderKeyRecord? {
        let sql = "SELECT record FROM senderKey WHERE deviceId = ? AND name = ? AND number = ? AND groupId = ?"
        let row = try Row.fetchOne(
            self.statement(sql), arguments: [self.id, name.sender.name, name.sender.deviceID, name.groupID])
        guard let row else { return nil }
        let column = SecretColumn.senderKey(name)
        let bytes = try self.open(row.value(0, column.name), column)
        return try Self.undamaged(column) { () throws(SignalError) in try SenderKeyRecord(serialized: bytes) }
    }

    /// A record that cannot be read is the store's fault, and not that of a message.
    private static func undamaged<Record>(
        _ column: SecretColumn, _ read: () throws(SignalError) -> Record
    ) throws(StoreError) -> Record {
        do {
            return try read()
        } catch {
            throw .damaged(part: column.name)
        }
    }
}

// Changes
extension SQLiteDeviceState {
    func commit(_ changes: SignalChanges) throws {
        for (address, record) in changes.sessions { try self.saveSession(record.serialized(), of: address) }
        for (address, identity) in changes.identities {
            try self.execute(
                """
                INSERT INTO identity (deviceId, name, number, key) VALUES (?, ?, ?, ?)
                ON CONFLICT (deviceId, name, number) DO UPDATE SET key = excluded.key
                """, [self.id, address.name, address.deviceID, Data(identity.publicKey.bytes)])
        }
        if let id = changes.consumedPreKeyID {
            try self.execute("DELETE FROM preKey WHERE deviceId = ? AND id = ?", [self.id, id])
        }
        for (name, record) in changes.senderKeys { try self.saveSenderKey(record.serialized(), of: name) }
    }

    private func saveSession(_ record: [UInt8], of address: ProtocolAddress) throws {
        try self.execute(
            """
            INSERT INTO session (deviceId, name, number, record) VALUES (?, ?, ?, ?)
            ON CONFLICT (deviceId, name, number) DO UPDATE SET record = excluded.record
            """, [self.id, address.name, address.deviceID, try self.seal(record, .session(address))])
    }

    private func saveSenderKey(_ record: [UInt8], of name: SenderKeyName) throws {
        try self.execute(
            """
            INSERT INTO senderKey (deviceId, name, number, groupId, record) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (deviceId, name, number, groupId) DO UPDATE SET record = excluded.record
            """,
            [
                self.id, name.sender.name, name.sender.deviceID, name.groupID,
                try self.seal(record, .senderKey(name)),
            ])
    }

    func deleteSessions(for addresses: [ProtocolAddress]) throws {
        for address in addresses {
            try self.execute(
                "DELETE FROM session WHERE deviceId = ? AND name = ? AND number = ?",
                [self.id, address.name, address.deviceID])
        }
    }

    func deleteSessionsAndIdentities(ofUser name: String) throws {
        try self.execute("DELETE FROM session WHERE deviceId = ? AND name = ?", [self.id, name])
        try self.execute("DELETE FROM identity WHERE deviceId = ? AND name = ?", [self.id, name])
    }

    /// Sealed records have to be sealed anew, for their address is part of what they are sealed for.
    func renameUser(_ old: String, to new: String) throws {
        guard old != new else { return }
        try self.renameSessions(old, new)
        try self.execute(
            "UPDATE OR IGNORE identity SET name = ? WHERE deviceId = ? AND name = ?", [new, self.id, old])
        try self.execute("DELETE FROM identity WHERE deviceId = ? AND name = ?", [self.id, old])
        try self.renameSenderKeys(old, new)
        try self.renameSenderKeyHolders(old, new)
    }

    private func renameSessions(_ old: String, _ new: String) throws {
        let sql = "DELETE FROM session WHERE deviceId = ? AND name = ? RETURNING number, record"
        for row in try Row.fetchAll(self.statement(sql), arguments: [self.id, old]) {
            let number: UInt32 = try row.value(0, "session.number")
            let column = SecretColumn.session(ProtocolAddress(name: old, deviceID: number))
            let target = ProtocolAddress(name: new, deviceID: number)
            guard try self.addressesWithoutSession(among: [target]) == [target] else { continue }
            try self.saveSession(self.open(row.value(1, column.name), column), of: target)
        }
    }

    private func renameSenderKeys(_ old: String, _ new: String) throws {
        let sql = "DELETE FROM senderKey WHERE deviceId = ? AND name = ? RETURNING number, groupId, record"
        for row in try Row.fetchAll(self.statement(sql), arguments: [self.id, old]) {
            let number: UInt32 = try row.value(0, "senderKey.number")
            let group: String = try row.value(1, "senderKey.groupId")
            let name = SenderKeyName(groupID: group, sender: ProtocolAddress(name: old, deviceID: number))
            let target = SenderKeyName(groupID: group, sender: ProtocolAddress(name: new, deviceID: number))
            guard try self.loadSenderKey(for: target) == nil else { continue }
            let column = SecretColumn.senderKey(name)
            try self.saveSenderKey(self.open(row.value(2, column.name), column), of: target)
        }
    }
}
