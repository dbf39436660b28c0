import CryptoPrimitives
import Foundation
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct SendOutcomeTests {
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)

    private func outcome(_ attributes: Attributes) -> SendOutcome {
        SendOutcome(acknowledgement: Node("ack", attributes), now: Self.now)
    }

    @Test func `an ack without error is sent, at the server's time`() {
        #expect(self.outcome(["t": "1700000009"]) == .sent(at: Date(timeIntervalSince1970: 1_700_000_009)))
        #expect(self.outcome(["t": "soon"]) == .sent(at: Self.now))
        #expect(self.outcome([:]) == .sent(at: Self.now))
    }

    @Test(arguments: [400, 401, 403, 404, 405, 406] + Array(487...500) + [550, 551, 552])
    func `codes that forbid are permanent`(code: Int) {
        #expect(self.outcome(["error": .integer(code)]) == .permanent(code: code))
    }

    @Test(arguments: [420, 421, 503, 402, 486, 501, 549, 553, 999])
    func `other codes are temporary`(code: Int) {
        #expect(self.outcome(["error": .integer(code)]) == .temporary(.acknowledgement(code: code)))
    }

    @Test func `the service's policy has results of its own`() {
        #expect(self.outcome(["error": "463"]) == .refused(.reachOutTimeLock))
        #expect(self.outcome(["error": "475"]) == .refused(.newChatCap))
        #expect(self.outcome(["error": "479"]) == .refused(.staleDevices))
        #expect(self.outcome(["error": "429", "backoff": "60"]) == .refused(.rateLimited(retryAfter: .seconds(60))))
    }

    @Test func `an error that is no number is temporary, and the server's wish to wait is kept`() {
        #expect(self.outcome(["error": "broken"]) == .temporary(.acknowledgement(code: nil)))
        #expect(
            self.outcome(["error": "503", "backoff": "7"])
                == .temporary(.acknowledgement(code: 503), retryAfter: .seconds(7)))
    }

    @Test func `a message that may have left is unknown`() {
        for error in [
            ClientError.connectionLost(mayHaveLeft: true), .timedOut(mayHaveLeft: true), .cancelled(mayHaveLeft: true),
        ] { #expect(SendOutcome(sending: error) == .unknown) }
        for error in [
            ClientError.connectionLost(mayHaveLeft: false), .notConnected, .cancelled(mayHaveLeft: false),
        ] { #expect(SendOutcome(sending: error) == .sessionLost) }
        #expect(SendOutcome(sending: .duplicateID("A")) == .temporary(.notMade(.duplicateID("A"))))
    }

    @Test func `what fails before the message leaves is never unknown`() {
        #expect(SendOutcome(preparing: .connectionLost(mayHaveLeft: true)) == .sessionLost)
        #expect(SendOutcome(preparing: .timedOut(mayHaveLeft: true)) == .temporary(.noAnswer))
        #expect(SendOutcome(preparing: .malformedAnswer("list")) == .temporary(.noAnswer))
        #expect(SendOutcome(preparing: .storeFailed("full")) == .temporary(.storeFailed("full")))
        for code in [429, 419] {
            let error = IQError(code: code, backoff: .seconds(5))
            #expect(SendOutcome(preparing: .refused(error)) == .refused(.rateLimited(retryAfter: .seconds(5))))
        }
        let busy = IQError(code: 503)
        #expect(SendOutcome(preparing: .refused(busy)) == .temporary(.query(busy)))
    }
}
