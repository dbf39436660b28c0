import CryptoPrimitives
import Foundation
import GRDB
import WhatsAppBinary
import WhatsAppClient

extension SQLiteDeviceState {
    func loadLID(ofPN user: String) throws -> String? {
        try String.fetchOne(
            self.statement("SELECT lid FROM lidMapping WHERE deviceId = ? AND pn = ?"), arguments: [self.id, user])
    }

    func loadPN(ofLID user: String) throws -> String? {
        try String.fetchOne(
            self.statement("SELECT pn FROM lidMapping WHERE deviceId = ? AND lid = ?"), arguments: [self.id, user])
    }

    /// Both columns are unique, so a row with either half goes.
    func saveMapping(_ mapping: LIDMapping) throws {
        try self.execute(
            "INSERT OR REPLACE INTO lidMapping (deviceId, pn, lid) VALUES (?, ?, ?)",
            [self.id, mapping.pn, mapping.lid])
    }

    func loadNumberLookups(of numbers: [String]) throws -> [String: NumberLookup] {
        let sql = """
            SELECT number, account, pn, askedAt FROM json_each(?) AS wanted CROSS JOIN numberLookup
            WHERE deviceId = ? AND number = wanted.value
            """
        var lookups: [String: NumberLookup] = [:]
        for row in try Row.fetchAll(self.statement(sql), arguments: [KeyList.json(numbers), self.id]) {
            lookups[try row.value(0, "numberLookup.number")] = NumberLookup(
                account: try row.jid(1, "numberLookup.account"), pn: try row.jid(2, "numberLookup.pn"),
                askedAt: try row.date(3, "numberLookup.askedAt"))
        }
        return lookups
    }

    func saveNumberLookups(_ lookups: [String: NumberLookup]) throws {
        for (number, lookup) in lookups {
            try self.execute(
                "INSERT OR REPLACE INTO numberLookup (deviceId, number, account, pn, askedAt) VALUES (?, ?, ?, ?, ?)",
                [self.id, number, lookup.account?.stored, lookup.pn?.stored, lookup.askedAt.milliseconds])
        }
    }

    func loadPrivacyToken(of account: JID) throws -> PrivacyToken? {
        let sql = "SELECT token, givenAt FROM privacyToken WHERE deviceId = ? AND account = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id, account.stored]) else { return nil }
        let column = SecretColumn.privacyToken(account: account.stored)
        return PrivacyToken(
            token: SecretBytes(try self.open(row.value(0, column.name), column)),
            date: try row.date(1, "privacyToken.givenAt"))
    }

    func savePrivacyToken(_ token: PrivacyToken, of account: JID) throws {
        let sealed = try self.seal(token.token, .privacyToken(account: account.stored))
        try self.execute(
            "INSERT OR REPLACE INTO privacyToken (deviceId, account, token, givenAt) VALUES (?, ?, ?, ?)",
            [self.id, account.stored, sealed, token.date.milliseconds])
    }

    func loadTokenIssueDate(for account: JID) throws -> Date? {
        try Int64.fetchOne(
            self.statement("SELECT issuedAt FROM tokenIssue WHERE deviceId = ? AND account = ?"),
            arguments: [self.id, account.stored]
        ).map { Date(milliseconds: $0) }
    }

    func saveTokenIssueDate(_ date: Date?, for account: JID) throws {
        guard let date else {
            try self.execute("DELETE FROM tokenIssue WHERE deviceId = ? AND account = ?", [self.id, account.stored])
            return
        }
        try self.execute(
            "INSERT OR REPLACE INTO tokenIssue (deviceId, account, issuedAt) VALUES (?, ?, ?)",
            [self.id, account.stored, date.milliseconds])
    }
}

// Device lists
extension SQLiteDeviceState {
    func loadDeviceLists(of accounts: [JID]) throws -> [JID: DeviceList] {
        let sql = """
            SELECT wanted.key, list.fetchedAt, listed.number, listed.keyIndex, listed.isHosted
            FROM json_each(?) AS wanted CROSS JOIN deviceList AS list
            LEFT JOIN listedDevice AS listed ON listed.deviceId = list.deviceId AND listed.account = list.account
            WHERE list.deviceId = ? AND list.account = wanted.value
            ORDER BY wanted.key, listed.position
            """
        var lists: [JID: DeviceList] = [:]
        // Each once, for a list is put together from its rows.
        let accounts = Array(Set(accounts))
        let rows = try Row.fetchCursor(
            self.statement(sql), arguments: [KeyList.json(accounts.map(\.stored)), self.id])
        while let row = try rows.next() {
            let account = accounts[try row.value(0, "position")]
            let fetchedAt = try row.date(1, "deviceList.fetchedAt")
            let device = row.hasNull(atIndex: 2) ? nil : try Self.listedDevice(row)
            lists[account, default: DeviceList(devices: [], fetchedAt: fetchedAt)].devices += [device].compactMap(
                \.self)
        }
        return lists
    }

    private static func listedDevice(_ row: Row) throws -> DeviceList.Device {
        DeviceList.Device(
            id: try row.value(2, "listedDevice.number"), keyIndex: try row.optional(3, "listedDevice.keyIndex"),
            isHosted: try row.value(4, "listedDevice.isHosted"))
    }

    func saveDeviceList(_ list: DeviceList, of account: JID) throws {
        try self.deleteDeviceLists(of: [account])
        try self.execute(
            "INSERT INTO deviceList (deviceId, account, fetchedAt) VALUES (?, ?, ?)",
            [self.id, account.stored, list.fetchedAt.milliseconds])
        for (position, device) in list.devices.enumerated() {
            try self.execute(
                """
                INSERT INTO listedDevice (deviceId, account, position, number, keyIndex, isHosted)
                VALUES (?, ?, ?, ?, ?, ?)
                """, [self.id, account.stored, position, device.id, device.keyIndex, device.isHosted])
        }
    }

    func deleteDeviceLists(of accounts: [JID]) throws {
        for account in accounts {
            try self.execute("DELETE FROM deviceList WHERE deviceId = ? AND account = ?", [self.id, account.stored])
        }
    }
}

extension Row {
    fileprivate func jid(_ index: Int, _ part: String) throws(StoreError) -> JID? {
        let text: String? = try self.optional(index, part)
        guard let text else { return nil }
        return try JID(stored: text, part)
    }
}
