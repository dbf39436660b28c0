import Testing

@testable import WhatsAppClient

@Suite struct AppVersionTests {
    @Test func `a version is read as it is written`() throws {
        for version in [AppVersion(2, 3000, 1_045_649_367), AppVersion(0, 0, 0), AppVersion(.max, .max, .max)] {
            #expect(AppVersion(version.description) == version)
        }
        #expect(AppVersion(2, 3000, 1).description == "2.3000.1")
    }

    @Test(arguments: [
        "", "2", "2.3000", "2.3000.1.4", "2..1", ".1.2", "1.2.", "+1.2.3", "-1.2.3", "1.2.4294967296", "a.b.c",
    ])
    func `anything but three numbers is no version`(text: String) {
        #expect(AppVersion(text) == nil)
    }
}
