import Foundation
import SpoolConfig
import Testing

@Suite struct TimeZoneNameTests {
    @Test func `a zone keeps the name it was given`() throws {
        #expect(TimeZoneName("UTC") != nil)
        #expect(TimeZoneName("UTC")?.description == "UTC")
        let karachi = try #require(TimeZoneName("Asia/Karachi"))
        #expect(karachi.timeZone.secondsFromGMT() == 5 * 3600)
        #expect(TimeZoneName.utc.timeZone.secondsFromGMT() == 0)
    }

    @Test(arguments: ["", "Nowhere/Else", "../../../etc/localtime", "Asia/Karachi\0x", "Asia/../UTC", "Asia Karachi"])
    func `an unknown name is refused`(name: String) {
        #expect(TimeZoneName(name) == nil)
    }
}
