import SpoolCore
import Testing

@testable import SpoolFiles

struct RecipientParserTests {
    @Test(arguments: [
        ("15550100001", "15550100001"),
        ("+1 (555) 010-0001", "15550100001"),
        ("0015550100001", "15550100001"),
        ("1.555.010.0001", "15550100001"),
        ("1/555/0100001", "15550100001"),
        ("\u{A0}15550100001\t", "15550100001"),
        ("1\u{202F}555\u{2009}0100001", "15550100001"),
        ("'15550100001", "15550100001"),
        ("=\"15550100001\"", "15550100001"),
        ("=\"+15550100001\"", "15550100001"),
        ("tel:+1-555-010-0001", "15550100001"),
        ("TEL:15550100001", "15550100001"),
        ("(+1) 5550100001", "15550100001"),
        ("\u{FF0B}15550100001", "15550100001"),
        ("\u{661}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}\u{660}\u{660}\u{661}", "15550100001"),
        ("\u{202A}+15550100001\u{202C}", "15550100001"),
        ("\u{FEFF}15550100001\u{200E}", "15550100001"),
        ("15550100001.0", "15550100001"),
        ("=\"15550100001.0\"", "15550100001"),
        ("1.5550100001E+10", "15550100001"),
        ("1,5550100001e10", "15550100001"),
        ("1.55501000010E+10", "15550100001"),
        ("1234567", "1234567"),
        ("123456789012345", "123456789012345"),
    ])
    func `a number is taken as people and spreadsheets write it`(text: String, number: String) throws {
        let parser = RecipientParser(defaultCountryCode: nil)
        #expect(try parser.recipient(from: text) == .phone(number))
    }

    @Test(
        arguments: [
            (nil, ErrorCode.validation, "required"),
            ("  ", .validation, "required"),
            ("''", .validation, "not a phone number"),
            ("hello", .validation, "not a phone number"),
            ("----", .validation, "no digits"),
            ("1555+0100001", .validation, "not a phone number"),
            ("15550100001 x12", .validation, "not a phone number"),
            ("1555010000\u{BD}", .validation, "not a phone number"),
            ("123456", .validation, "6 digits"),
            ("1234567890123456", .validation, "16 digits"),
            ("05550100001", .validation, "national"),
            ("+05550100001", .validation, "starts with 0"),
            ("00055501000", .validation, "starts with 0"),
            ("+44 (0) 5550100001", .validation, "(0)"),
            ("15550100001.00", .validation, "decimal"),
            ("15550100001.5", .validation, "decimal"),
            ("1.55E+10", .numberScientific, "format the column as Text"),
            ("1E+10", .numberScientific, "format the column as Text"),
            ("1.5550100001E+99999999999999999999", .numberScientific, "Text"),
            ("0.15550100001E+11", .numberScientific, "Text"),
            ("1.5550100001E-10", .validation, "not a phone number"),
            ("E+10", .validation, "not a phone number"),
            ("@g.us", .validation, "not a phone number"),
            ("-@g.us", .validation, "not a phone number"),
            ("12a@g.us", .validation, "not a phone number"),
        ] as [(String?, ErrorCode, String)])
    func `what is no number is refused with its reason`(text: String?, code: ErrorCode, words: String) throws {
        let parser = RecipientParser(defaultCountryCode: nil)
        let refusal = try #require(throws: Refusal.self) { try parser.recipient(from: text) }
        #expect(refusal.code == code)
        #expect(refusal.field == "number")
        #expect(refusal.message.contains(words))
    }

    @Test(arguments: [
        ("44", "05550100001", "445550100001"),
        ("44", "0555 010-0001", "445550100001"),
        ("44", "15550100001", "15550100001"),
        ("44", "5550100001", "5550100001"),
        ("1", "5550100001", "15550100001"),
        ("1", "(555) 010-0001", "15550100001"),
        ("1", "15550100001", "15550100001"),
        ("1", "+5550100001", "5550100001"),
    ])
    func `the default country code makes national numbers international`(code: String, text: String, number: String)
        throws
    {
        let parser = RecipientParser(defaultCountryCode: code)
        #expect(try parser.recipient(from: text) == .phone(number))
    }

    @Test(arguments: ["120363000000000001@g.us", " 120363000000000001@G.US "])
    func `a group is written by its id`(text: String) throws {
        let parser = RecipientParser(defaultCountryCode: nil)
        #expect(try parser.recipient(from: text) == .group("120363000000000001@g.us"))
        #expect(try parser.recipient(from: "15550100001-1400000000@g.us") == .group("15550100001-1400000000@g.us"))
    }
}
