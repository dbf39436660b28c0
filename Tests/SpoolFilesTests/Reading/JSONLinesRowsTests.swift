import SpoolCore
import Testing

@testable import SpoolFiles

struct JSONLinesRowsTests {
    @Test func `a bad line is a refused row and nothing more`() {
        let reading = Reading(
            """
            \u{FEFF}{"number": "15550100001", "message": "a"}\r

               {"number": "15550100002", "message": "b"}  \t
            {"number": "15550100003", "message": "c"
            {"number": "15550100004", "message": "d"} x
            [1]
            not json
            {"number": "15550100005", "message": "\\ud83d"}
            {"messages": []}
            {"number": "15550100006", "message": "f"}
            """, .jsonLines)
        #expect(
            reading.summary == [
                "1 15550100001 a", "3 15550100002 b", "4 VALIDATION_ERROR -", "5 VALIDATION_ERROR -",
                "6 VALIDATION_ERROR -", "7 VALIDATION_ERROR -", "8 ENCODING_ERROR -", "9 VALIDATION_ERROR number",
                "10 15550100006 f",
            ])
        #expect(reading.error == nil)
    }

    @Test func `a last line cut off inside a value makes the file incomplete`() throws {
        let first = "{\"number\": \"15550100001\", \"message\": \"a\"}\n"
        let last = "{\"number\": \"15550100002\", \"message\": \"b\\n\"}"
        for length in 1..<last.utf8.count {
            let reading = Reading(first + last.prefix(length), .jsonLines)
            let error = try #require(reading.error)
            #expect(error.refusal.code == .incompleteFile)
            #expect(error.isIncomplete)
            #expect(error.line == 2)
            #expect(reading.rows.count == 1)
        }
        #expect(Reading(first + last, .jsonLines).rows.count == 2)
        #expect(Reading(first + last.dropLast() + "\n", .jsonLines).refusals.count == 1)
    }

    @Test func `a file without lines is empty`() {
        #expect(Reading(" \n\r\n", .jsonLines).error?.refusal.code == .emptyFile)
    }

    @Test func `a line over the limit refuses the file`() {
        let text = "{}\n{\"x\": \"" + String(repeating: "y", count: 100) + "\"}\n"
        for pieceSize in [1, 9, 65536] {
            let reading = Reading(text, .jsonLines, rules: ReadingRules(maximumField: 20), pieceSize: pieceSize)
            #expect(reading.error?.refusal.code == .tooLarge)
            #expect(reading.error?.line == 2)
        }
    }
}
