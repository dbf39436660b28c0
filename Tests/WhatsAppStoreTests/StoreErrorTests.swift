import GRDB
import Testing
import WhatsAppClient

@testable import WhatsAppStore

@Suite struct StoreErrorTests {
    @Test(arguments: [
        (StoreError.noSuchDevice("a"), true), (.damaged(part: "device.keys"), true), (.wrongKey(path: "x"), true),
        (.diskFull, false), (.notWritable(detail: "x"), false), (.inUse(path: "x"), false),
    ])
    func `it says whether waiting may help`(error: StoreError, isLasting: Bool) {
        #expect((error as any CredentialStoreError).isLasting == isLasting)
    }

    @Test(arguments: [
        (ResultCode.SQLITE_CORRUPT, true), (.SQLITE_CORRUPT_INDEX, true), (.SQLITE_NOTADB, true),
        (.SQLITE_IOERR, false), (.SQLITE_IOERR_READ, false), (.SQLITE_BUSY, false), (.SQLITE_NOMEM, false),
        (.SQLITE_CANTOPEN, false),
    ])
    func `of SQLite's errors only a broken file lasts`(code: ResultCode, isLasting: Bool) {
        #expect(StoreError(DatabaseError(resultCode: code)).isLasting == isLasting)
    }
}
