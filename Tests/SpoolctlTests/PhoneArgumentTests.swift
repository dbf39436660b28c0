import ArgumentParser
import Testing

@testable import spoolctl

struct PhoneArgumentTests {
    @Test(arguments: ["4930000001", "+49 30 000-001", "0049 (30) 000.001", "+49 30/000001"])
    func `a number is taken as people write it`(text: String) throws {
        #expect(try PhoneArgument(argument: text).digits == "4930000001")
    }

    @Test(arguments: [
        ("030 000001", "write the number with the country's code, such as +49 30 123456"),
        ("+0 30 000001", "write the number with the country's code, such as +49 30 123456"),
        ("123456", "a phone number has 7 to 15 digits with the country's code"),
        ("1234567890123456", "a phone number has 7 to 15 digits with the country's code"),
        ("", "a phone number has 7 to 15 digits with the country's code"),
        ("49+30000001", "a phone number has only digits, spaces and + - . ( ) /"),
        ("4930000001x", "a phone number has only digits, spaces and + - . ( ) /"),
        ("٤٩٣٠٠٠٠٠٠١", "a phone number has only digits, spaces and + - . ( ) /"),
    ])
    func `a number that cannot be one is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: ValidationError.self) { try PhoneArgument(argument: text) }
        #expect(error?.message == reason)
        let parsing = #expect(throws: (any Error).self) {
            try Spoolctl.parseAsRoot(["device", "add", "dev1", "--phone", text])
        }
        let failure = parsing.flatMap { Spoolctl.failure(for: $0) }
        #expect(failure?.status == .usage)
        #expect(failure?.lines.first?.contains(reason) == true, "\(failure?.lines ?? [])")
    }
}
