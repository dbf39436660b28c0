import SpoolCore
import Testing

@testable import spoolctl

struct LinkingStateTests {
    @Test func `every state is read`() throws {
        let code = try #require(QRCode("2@a"))
        let cases: [(JSONValue, LinkingState)] = [
            (["state": "qr", "qr": "2@a", "validSeconds": 60], .qr(code, text: "2@a", validFor: .seconds(60))),
            (["state": "qrExhausted"], .qrExhausted),
            (
                ["state": "code", "code": "ABCD-EFGH", "validSeconds": 180],
                .code("ABCD-EFGH", validFor: .seconds(180))
            ),
            (["state": "codeExpired"], .codeExpired),
            (["state": "linked", "sessionId": "dev1", "number": "15550000001"], .linked(number: "15550000001")),
            (["state": "linked", "sessionId": "dev1", "number": .null], .linked(number: nil)),
            (["state": "connected", "number": "15550000001"], .connected(number: "15550000001")),
            (["state": "failed", "code": "X", "error": "No"], .failed(code: "X", reason: "No")),
            (["state": "failed", "error": "No"], .failed(code: nil, reason: "No")),
            (["state": "dancing"], .unknown("dancing")),
        ]
        for (line, state) in cases { #expect(try LinkingState(line) == state) }
    }

    private static let faults: [(JSONValue, String)] = [
        ([:], "a line has no state"), (["state": 1], "a line has no state"),
        (["state": "qr", "validSeconds": 1], "a line has no qr"),
        (["state": "qr", "qr": "a"], "a line has no validSeconds"),
        (["state": "qr", "qr": "", "validSeconds": 1], "a text fits into no QR code"),
        (
            ["state": "qr", "qr": .string(String(repeating: "a", count: 2954)), "validSeconds": 1],
            "a text fits into no QR code"
        ),
        (["state": "code", "code": "A", "validSeconds": "1"], "a line has no validSeconds"),
        (
            ["state": "code", "code": .string(String(repeating: "A", count: 33)), "validSeconds": 1],
            "a pairing code is too long"
        ),
        (["state": "failed", "code": "X"], "a line has no error"),
    ]

    @Test(arguments: Self.faults)
    func `a state without what belongs to it makes no sense`(line: JSONValue, reason: String) {
        let failure = #expect(throws: CommandFailure.self) { try LinkingState(line) }
        #expect(failure?.status == .internalError)
        #expect(failure?.lines.first?.contains(reason) == true, "\(failure?.lines ?? [])")
    }

    @Test(arguments: [(Int64.min, 0), (-1, 0), (0, 0), (86_400, 86_400), (.max, 86_400)])
    func `a time that cannot be is brought into bounds`(seconds: Int64, expected: Int) throws {
        let state = try LinkingState(["state": "code", "code": "A", "validSeconds": .integer(seconds)])
        #expect(state.validity == .seconds(expected))
    }
}
