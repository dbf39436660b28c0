import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct IQErrorTests {
    static let codes = [400, 401, 403, 404, 405, 406, 410, 419, 423, 429, 500, 501, 503, 530]

    @Test(arguments: codes)
    func `every code of an error is thrown to who asked, and only too much asked is a matter of policy`(
        code: Int
    ) async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let asked = Task { try await bench.session.query(.iq("get", xmlns: "usync")) }
            let iq = try await server.receive("iq") { $0.string("xmlns") == "usync" }
            try await server.refuse(iq, code: code, ["text": "the text"])
            let error = IQError(code: code, text: "the text")
            await #expect(throws: ClientError.refused(error)) { try await asked.value }
            let isPolicy = code == 429 || code == 419
            #expect(
                SendOutcome(preparing: .refused(error))
                    == (isPolicy ? .refused(.rateLimited(retryAfter: nil)) : .temporary(.query(error))))
            // Nothing but the request has failed.
            #expect(await bench.session.isOnline)
        }
    }

    @Test(arguments: [
        (Node("error", ["code": "429", "backoff": "60"]), IQError(code: 429, backoff: .seconds(60))),
        (Node("error", ["code": "429", "backoff": "-1"]), IQError(code: 429)),
        (Node("error", ["code": "429", "backoff": "99999999999"]), IQError(code: 429)),
        (Node("error", ["code": "many"]), IQError(code: nil)),
        (Node("error", ["code": "99999999999999999999", "text": ""]), IQError(code: nil, text: "")),
        (Node("mistake", ["code": "400"]), IQError(code: nil)),
    ])
    func `what is not readable in an error is not there`(error: Node, expected: IQError) {
        #expect(IQError(answer: Node("iq", ["type": "error"], children: [error])) == expected)
    }

    @Test(arguments: codes)
    func `a refused activation is a server in trouble, whatever its code`(code: Int) {
        var fixture = MachineFixture.awaitingSuccess()
        _ = fixture.logIn()
        _ = fixture.machine.prepared()
        let refused = Result<Node, ClientError>.failure(.refused(IQError(code: code)))
        #expect(fixture.machine.answered(.activate, refused, fixture.now) == [.closePipe])
        let actions = fixture.closePipe()
        #expect(actions.reason == .serverUnavailable(code: code))
        #expect(actions.retryAfter != .zero && actions.end == nil)
    }
}
