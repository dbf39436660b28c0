import Foundation
import GRDB
import Glibc
import SpoolTestSupport
import Testing
import WhatsAppClient

@testable import WhatsAppStore

@Suite struct DeviceDatabaseTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        self.directory = try TemporaryDirectory()
        self.path = TestDevices.path(in: self.directory)
    }

    private func mode(of file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: self.directory.path("state/" + file))[.posixPermissions]
            as? Int
    }

    /// A database that another program made.
    private func makeForeign(_ sql: String) throws {
        try self.directory.makeDirectory("state")
        let other = try GRDB.DatabaseQueue(path: self.path)
        try other.write { try $0.execute(sql: sql) }
        try other.close()
    }

    @Test func `a commit is on the disk before it returns`() async throws {
        let test = try TestDevices(in: self.directory)
        let settings = try await test.database.access.write { db in
            try ["synchronous", "journal_mode", "foreign_keys", "secure_delete", "application_id", "user_version"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["2", "wal", "1", "1", "\(0x7370_4476)", "3"])
    }

    @Test func `its files and its directory are the daemon's alone`() async throws {
        let test = try TestDevices(in: self.directory)
        try await test.addFull("a")
        for suffix in ["", "-wal", "-shm", ".lock"] {
            #expect(try self.mode(of: "devices.db" + suffix) == 0o600, "devices.db\(suffix)")
        }
        #expect(try self.mode(of: "") == 0o700)
    }

    @Test func `rights that were too wide are taken back`() throws {
        try self.directory.makeDirectory("state")
        try self.directory.write("", to: "state/devices.db")
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: self.path)
        _ = try TestDevices(in: self.directory)
        #expect(try self.mode(of: "devices.db") == 0o600)
    }

    @Test func `a link in the place of the file is not followed`() throws {
        let target = try self.directory.write("", to: "elsewhere")
        try self.directory.makeDirectory("state")
        try FileManager.default.createSymbolicLink(atPath: self.path, withDestinationPath: target)
        let error = #expect(throws: StoreError.self) { try DeviceDatabase(path: self.path) }
        #expect(error == .notWritable(detail: "\(self.path): Too many levels of symbolic links"))
        #expect(try self.directory.read("elsewhere").isEmpty)
    }

    @Test func `a directory that cannot be made is said by its path`() throws {
        let path = self.directory.path("no/such/devices.db")
        let error = #expect(throws: StoreError.self) { try DeviceDatabase(path: path) }
        #expect(error == .notWritable(detail: "\(self.directory.path("no/such")): No such file or directory"))
    }

    @Test func `only one has it open at a time`() throws {
        let first = try DeviceDatabase(path: self.path)
        #expect(throws: StoreError.inUse(path: self.path)) { try DeviceDatabase(path: self.path) }
        try first.close()
        _ = try DeviceDatabase(path: self.path)
    }

    @Test func `a database that cannot be opened closes nobody else's files`() async throws {
        let test = try TestDevices(in: self.directory)
        // In a process of its own, where no other test has files.
        await #expect(processExitsWith: .success) { [path = self.path as String] in
            Thread.detachNewThread {
                while close(open("/dev/null", O_RDONLY)) == 0 {}
                _exit(EXIT_FAILURE)
            }
            for _ in 0..<3000 { _ = try? DeviceDatabase(path: path) }
            _exit(EXIT_SUCCESS)
        }
        try test.database.close()
    }

    @Test func `reopening keeps everything`() async throws {
        let before = try TestDevices(in: self.directory)
        try await before.addFull("a")
        let content = try await before.content()
        #expect(content.count == 17)
        #expect(content.allSatisfy { $0.key == "seal" || $0.value.count == 1 })
        try before.database.close()
        let after = try TestDevices(in: self.directory)
        #expect(try await after.content() == content)
        let store = try await after.database.store(ofDevice: "a")
        #expect(try await store.read { try $0.loadDevice() } == before.device)
    }

    @Test(arguments: 1..<DeviceMigrator.version)
    func `a database of an earlier version becomes one of this version and keeps what it has`(
        version: Int
    ) async throws {
        try self.directory.makeDirectory("state")
        let old = try GRDB.DatabaseQueue(path: self.path)
        try DeviceMigrator.migrate(old, to: version)
        let test = try TestDevices()
        try await test.addFull("a")
        let device = try await test.database.access.read { db in
            try #require(try Row.fetchOne(db, sql: "SELECT * FROM device")).map { ($0, $1) }
        }
        let columns = device.map(\.0).joined(separator: ", ")
        let marks = Array(repeating: "?", count: device.count).joined(separator: ", ")
        try await old.write { db in
            try db.execute(
                sql: "INSERT INTO device (\(columns)) VALUES (\(marks))", arguments: StatementArguments(device.map(\.1))
            )
        }
        try old.close()
        let new = try DeviceDatabase(path: self.path)
        let store = try await new.store(ofDevice: "a")
        #expect(try await store.read { try $0.loadDevice() } == test.device)
        let schema = try await Self.schema(test.database)
        #expect(try await Self.schema(new) == schema)
    }

    private static func schema(_ database: DeviceDatabase) async throws -> [String] {
        try await database.access.read { db in
            try String.fetchAll(
                db, sql: "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name")
                + [String.fetchOne(db, sql: "PRAGMA user_version") ?? ""]
        }
    }

    @Test func `a closed database says so`() async throws {
        let test = try TestDevices(in: self.directory)
        let store = try await test.addFull("a")
        try test.database.close()
        await #expect(throws: StoreError.self) { try await store.read { try $0.loadDevice() } }
        await #expect(throws: StoreError.self) { try await store.write { try $0.loadDevice() } }
        await #expect(throws: StoreError.self) { try await test.database.deviceNames() }
    }
}

// Databases of others
extension DeviceDatabaseTests {
    @Test(arguments: [
        "CREATE TABLE device (id INTEGER)", "CREATE TABLE other (id INTEGER); PRAGMA user_version = 1",
        "CREATE TABLE grdb_migrations (identifier TEXT PRIMARY KEY)", "PRAGMA application_id = 5",
        "PRAGMA user_version = 1",
    ])
    func `another program's database is refused and left as it is`(sql: String) throws {
        try self.makeForeign(sql)
        let before = try self.directory.read("state/devices.db")
        #expect(throws: StoreError.foreignDatabase(path: self.path)) { try DeviceDatabase(path: self.path) }
        #expect(try self.directory.read("state/devices.db") == before)
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
        let text = String(repeating: "number,message\n", count: 100)
        try self.directory.makeDirectory("state")
        try self.directory.write(text, to: "state/devices.db")
        #expect(throws: StoreError.foreignDatabase(path: self.path)) { try DeviceDatabase(path: self.path) }
        #expect(try self.directory.text("state/devices.db") == text)
    }

    @Test func `a file of a newer version is refused`() async throws {
        let test = try TestDevices(in: self.directory)
        try await test.execute("PRAGMA user_version = 9")
        try test.database.close()
        #expect(throws: StoreError.newerDatabase(path: self.path, version: 9, known: 3)) {
            try DeviceDatabase(path: self.path)
        }
    }
}

// Devices
extension DeviceDatabaseTests {
    @Test func `devices are added, found and renamed`() async throws {
        let test = try TestDevices(in: self.directory)
        let database = test.database
        let store = try await test.addFull("shop 1")
        try await database.addDevice(test.device, named: "b")
        await #expect(throws: StoreError.deviceExists("b")) { try await database.addDevice(test.device, named: "b") }
        await #expect(throws: StoreError.noSuchDevice("c")) { try await database.store(ofDevice: "c") }
        #expect(try await database.deviceNames() == ["shop 1", "b"])

        try await database.renameDevice("shop 1", to: "c")
        try await database.renameDevice("c", to: "c")
        await #expect(throws: StoreError.deviceExists("b")) { try await database.renameDevice("c", to: "b") }
        await #expect(throws: StoreError.noSuchDevice("x")) { try await database.renameDevice("x", to: "y") }
        #expect(try await database.deviceNames() == ["c", "b"])
        #expect(try await store.read { try $0.loadDevice() } == test.device)
        try await store.write { try $0.reset(to: test.device) }
        #expect(try await Set(database.deviceNames()) == ["b", "c"], "a reset keeps the name")
    }

    @Test(arguments: [false, true])
    func `removing a device deletes all its rows and only them`(isEncrypted: Bool) async throws {
        let test = try TestDevices(in: self.directory, key: isEncrypted ? .test(1) : nil)
        let removed = try await test.addFull("a")
        let kept = try await test.addFull("b")
        let before = try await test.rowCounts(ofDevice: 1)
        #expect(before.count == 15)
        #expect(before.values.allSatisfy { $0 > 0 }, "\(before)")
        try await test.database.removeDevice("a")
        #expect(try await test.rowCounts(ofDevice: 1).values.allSatisfy { $0 == 0 })
        #expect(try await test.rowCounts(ofDevice: 2) == before)
        #expect(try await kept.read { try $0.loadDevice() } == test.device)
        await #expect(throws: StoreError.noSuchDevice("a")) { try await test.database.removeDevice("a") }
        await #expect(throws: StoreError.noSuchDevice("a")) { try await removed.read { try $0.loadDevice() } }

        try await test.database.removeDevice("b")
        try await test.addFull("a")
        #expect(try await test.rowCounts(ofDevice: 3) == before, "an id is not used twice")
    }

    @Test func `a store of a removed device fails at every write`() async throws {
        let test = try TestDevices(in: self.directory)
        let store = try await test.addFull("a")
        try await test.database.removeDevice("a")
        let writes: [@Sendable (inout any DeviceState) throws -> Void] = [
            { try $0.saveDevice(test.device) }, { try $0.reset(to: test.device) },
            { try $0.savePreKeys([], areUploaded: true, nextID: 2) },
            { try $0.saveMapping(LIDMapping(lid: "1", pn: "2")) },
            { try $0.saveDeviceList(DeviceList(devices: [], fetchedAt: .now), of: TestDevices.chat.get()) },
        ]
        for write in writes {
            await #expect(throws: StoreError.noSuchDevice("a")) { try await store.write { try write(&$0) } }
        }
        #expect(try await test.content()["deviceList"]?.isEmpty == true)
    }

    @Test func `a removed device's keys are not in the file any more`() async throws {
        let test = try TestDevices(in: self.directory)
        try await test.addFull("a")
        #expect(try test.filesContain(test.secret))
        try await test.database.removeDevice("a")
        #expect(try !test.filesContain(test.secret))
    }
}
