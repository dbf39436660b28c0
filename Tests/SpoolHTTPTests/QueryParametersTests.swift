import SpoolHTTP
import Testing

struct QueryParametersTests {
    private let known = ["limit", "cursor", "name"]

    @Test(arguments: [
        ("name=a%20b", "a b"), ("name=a+b", "a b"), ("name=a%2Bb", "a+b"), ("name=a=b", "a=b"),
        ("&&name=%E2%9C%93&", "✓"),
    ])
    func `a value is decoded as forms encode it`(query: String, value: String) throws {
        #expect(try QueryParameters(query, known: self.known)["name"] == value)
    }

    @Test func `nothing given is nothing there`() throws {
        let none = try QueryParameters(nil, known: self.known)
        #expect(none["name"] == nil)
        #expect(try none.limit() == 100)
        #expect(try none.cursor() == nil)
        #expect(try none.number("name") == nil)
    }

    @Test(arguments: [
        ("other=1", "other"), ("name=1&name=1", "name"), ("name", "name"), ("name=", "name"), ("name=%FF", "name"),
        ("name=%4", "name"), ("Name=1", "Name"), ("=1", ""),
    ])
    func `an unknown, doubled, empty or undecodable parameter is refused by name`(query: String, field: String) {
        #expect {
            try QueryParameters(query, known: self.known)
        } throws: { error in
            (error as? APIError)?.code == .validation && (error as? APIError)?.field == field
        }
    }

    @Test func `a name that cannot be decoded is refused`() {
        #expect(throws: APIError.self) { try QueryParameters("%FF=1", known: self.known) }
    }

    @Test(arguments: [("1", 1), ("0100", 100), ("1000", 1000)])
    func `a limit from 1 to 1000 is taken`(text: String, limit: Int) throws {
        #expect(try QueryParameters("limit=" + text, known: self.known).limit() == limit)
    }

    @Test(arguments: ["0", "1001", "-1", "%2B5", "1.0", "ten", "99999999999999999999", "%D9%A1"])
    func `any other limit is refused`(text: String) throws {
        let parameters = try QueryParameters("limit=" + text, known: self.known)
        #expect { try parameters.limit() } throws: { ($0 as? APIError)?.field == "limit" }
    }

    @Test(arguments: ["x", "1", "1-2-3", "-1-2", "!", "zzzzzzzzzzzzzzzzzzzzzzzz-1"])
    func `a cursor nobody gave out is refused`(text: String) throws {
        let parameters = try QueryParameters("cursor=" + text, known: self.known)
        #expect { try parameters.cursor() } throws: { ($0 as? APIError)?.field == "cursor" }
    }

    @Test(arguments: ["0", "-3", "9223372036854775808", "1e3", " 1", ""])
    func `an id that is no positive whole number is refused`(text: String) {
        #expect { try QueryParameters.identifier(text, field: "queueId") } throws: {
            ($0 as? APIError)?.field == "queueId"
        }
    }

    @Test func `the highest id is taken`() throws {
        #expect(try QueryParameters.identifier("9223372036854775807", field: "queueId") == .max)
    }
}
