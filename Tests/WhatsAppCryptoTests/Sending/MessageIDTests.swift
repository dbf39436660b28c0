import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto

@Suite struct MessageIDTests {
    @Test func `an id has the prefix and 18 digits and comes once`() throws {
        var generator = SeededGenerator(seed: 3)
        let account = try JID("15550001111:4@s.whatsapp.net")
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let ids = try (0..<100).map { _ in try MessageID.make(for: account, now: now, using: &generator) }
        #expect(Set(ids).count == 100)
        for id in ids {
            #expect(id.utf8.count == 22)
            #expect(id.hasPrefix(MessageID.prefix))
            #expect(id.allSatisfy { $0.isHexDigit && !$0.isLowercase })
        }
    }

    @Test func `the device does not count, number and second do`() throws {
        func id(_ account: String, _ seconds: Double) throws -> String {
            var generator = ScriptedGenerator([UInt8](0..<16))
            return try MessageID.make(
                for: JID(account), now: Date(timeIntervalSince1970: seconds), using: &generator)
        }
        let id1 = try id("15550001111@s.whatsapp.net", 1_700_000_000)
        #expect(id1 == "3EB0B60EE93DD91536D839")
        #expect(try id("15550001111:9@s.whatsapp.net", 1_700_000_000.9) == id1)
        #expect(try id("15550001112@s.whatsapp.net", 1_700_000_000) != id1)
        #expect(try id("15550001111@s.whatsapp.net", 1_700_000_001) != id1)
    }

    @Test(arguments: [-1.0e300, -1, 0, 1.0e300, .nan, .infinity])
    func `a clock gone wrong still gives an id`(seconds: Double) throws {
        var generator = SeededGenerator(seed: 3)
        let id = try MessageID.make(for: nil, now: Date(timeIntervalSince1970: seconds), using: &generator)
        #expect(id.utf8.count == 22)
    }
}
