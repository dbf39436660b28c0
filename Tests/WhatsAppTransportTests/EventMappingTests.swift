import CryptoPrimitives
import Foundation
import NoiseProtocol
import SpoolCore
import Testing
import WhatsAppBinary
import WhatsAppClient

@testable import WhatsAppTransport

struct EventMappingTests {
    static let device = DeviceID(rawValue: "first")
    static let date = Date(timeIntervalSince1970: 1_700_000_000)

    private static func jid(_ text: String) throws -> JID { try JID(text) }

    @Test func `receipts become one event for each message`() throws {
        let person = Person(lid: try Self.jid("2@lid"), pn: nil)
        let event = MessageEvent.receipts([
            Receipt(.delivered, ids: ["A", "B"], person: person, date: Self.date),
            Receipt(.read, ids: ["A"], person: person, date: Self.date + 1),
        ])
        #expect(
            event.transportEvents(of: Self.device) == [
                .delivered(WireMessageID(rawValue: "A"), at: Self.date),
                .delivered(WireMessageID(rawValue: "B"), at: Self.date),
                .read(WireMessageID(rawValue: "A"), at: Self.date + 1),
            ])
    }

    @Test func `a text has a number when one is known, and what we wrote ourselves is no news`() throws {
        let hidden = Person(lid: try Self.jid("2@lid"), pn: nil)
        let known = Person(lid: hidden.lid, pn: try Self.jid("15550002222@s.whatsapp.net"))
        func events(of sender: Person, isFromMe: Bool = false) -> [TransportEvent] {
            let text = InboundText(
                id: "A", chat: sender, sender: sender, isFromMe: isFromMe, text: "STOP", date: Self.date,
                isBacklog: false)
            return MessageEvent.text(text).transportEvents(of: Self.device)
        }
        func told(_ number: String?) -> TransportEvent {
            .text(IncomingText(device: Self.device, number: number, text: "STOP", at: Self.date))
        }
        #expect(events(of: known) == [told("15550002222")])
        #expect(events(of: hidden) == [told(nil)])
        #expect(events(of: known, isFromMe: true).isEmpty)
        let picture = InboundText(
            id: "A", chat: known, sender: known, isFromMe: false, text: nil, date: Self.date, isBacklog: false)
        #expect(
            MessageEvent.text(picture).transportEvents(of: Self.device) == [
                .text(IncomingText(device: Self.device, number: "15550002222", text: nil, at: Self.date))
            ])
        #expect(MessageEvent.chatState(.composing, of: known).transportEvents(of: Self.device).isEmpty)
    }

    @Test(arguments: [
        (SessionEnd.stopped, DeviceStatus.disconnected), (.loggedOut(.requested), .unlinked),
        (.loggedOut(.deviceRemoved), .unlinked), (.loggedOut(.failure(ConnectFailure(reason: 401))), .unlinked),
        (.loggedOut(.failure(ConnectFailure(reason: 403))), .refused),
        (.loggedOut(.failure(ConnectFailure(reason: 406))), .refused), (.notLinkedAnyMore, .unlinked),
        (.replaced, .replaced), (.temporarilyBanned(code: 101), .refused), (.versionTooOld, .outdated),
        (.refused(ConnectFailure(reason: 409)), .refused), (.refused(ConnectFailure(reason: nil)), .refused),
        (.unauthorized, .refused), (.pairingFailed(.timedOut), .unlinked), (.misconfigured(.endpoint), .failed),
        (.misconfigured(.foreignRoot), .failed), (.misconfigured(.credentials(.encodingFailed)), .failed),
        (.storeFailed("disk full"), .failed),
    ])
    func `every end of a session says who has to act, in words`(end: SessionEnd, status: DeviceStatus) {
        let condition = DeviceCondition(end: end)
        #expect(condition.status == status)
        #expect(condition.detail?.isEmpty == false)
    }

    @Test(arguments: [
        (101, "people who do not know it (101)"), (102, "blocked it (102)"), (103, "groups"), (104, "same message"),
        (106, "broadcast"), (999, "does not say why (999)"), (nil, "does not say why"),
    ])
    func `a ban says why, and until when if that is known`(code: Int?, words: String) throws {
        let condition = DeviceCondition(bannedFor: code, until: Self.date)
        #expect(condition.status == .banned)
        let detail = try #require(condition.detail)
        #expect(detail.contains("until 2023-11-14T22:13:20Z") && detail.contains(words))
        let endless = DeviceCondition(end: .temporarilyBanned(code: code))
        #expect(endless.detail?.contains(words) == true && endless.status == .refused)
    }

    @Test(arguments: [
        DisconnectReason.pipe(.timedOut), .pipe(.refused(status: 403)), .closedByServer,
        .noise(.certificateRefused(.otherServerKey)), .silence(.keepAlive), .serverUnavailable(code: 503),
        .rateLimited, .restartRequired, .unauthorized, .malformedStanza, .missingAck, .streamError(code: "999"),
        .overloaded,
    ])
    func `a connection that is lost comes back, and the words say why and when`(reason: DisconnectReason) {
        #expect(
            DeviceCondition(reason, retryAfter: .milliseconds(1500))
                == DeviceCondition(status: .disconnected, detail: "\(reason); tries again in 2 s"))
        #expect(DeviceCondition(reason, retryAfter: .zero).detail == "\(reason); tries again now")
    }
}

struct ErrorMappingTests {
    @Test func `what the server took is acknowledged at its time`() {
        let date = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(SendOutcome.sent(at: date).result == .success(Acknowledgement(at: date)))
    }

    @Test(arguments: [
        (TemporaryFailure.query(IQError(code: 500)), "REQUEST_FAILED"), (.noAnswer, "REQUEST_FAILED"),
        (.noDevices, "NO_DEVICES"),
        (.phoneUnreachable, "PHONE_UNREACHABLE"), (.storeFailed("disk full"), "STORE_FAILED"),
        (.notMade(.encodingFailed), "NOT_MADE"),
    ])
    func `what may work later is tried again`(failure: TemporaryFailure, code: String) {
        guard case .failure(.temporary(code, let detail)) = SendOutcome.temporary(failure).result else {
            Issue.record("\(SendOutcome.temporary(failure).result)")
            return
        }
        #expect(!detail.isEmpty)
    }

    @Test(arguments: [SendRefusal.rateLimited(retryAfter: nil), .rateLimited(retryAfter: .seconds(30))])
    func `who asks too much tries again later`(refusal: SendRefusal) {
        guard case .failure(.temporary("RATE_LIMITED", _)) = SendOutcome.refused(refusal).result else {
            Issue.record("\(refusal)")
            return
        }
    }

    @Test(arguments: [
        (SendOutcome.refused(.reachOutTimeLock), MessageRefusal.reachOut(.unknown), "463"),
        (.refused(.newChatCap), .newChatCap, "475"),
        (.refused(.staleDevices), .staleDevices(isSecondTime: true), "479"),
        (.temporary(.acknowledgement(code: 503)), .temporary(code: 503), "503"),
        (.temporary(.acknowledgement(code: nil)), .temporary(code: nil), "no code"),
    ])
    func `what the server holds against a message is the scheduler's business`(
        outcome: SendOutcome, expected: MessageRefusal, word: String
    ) {
        guard case .failure(.refused(expected, let detail)) = outcome.result else {
            Issue.record("\(outcome)")
            return
        }
        #expect(detail.contains("(\(word))"))
    }

    @Test(arguments: [400, 401, 403, 404, 405, 406, 487, 500, 550, 552])
    func `what never works is refused with the server's code`(code: Int) {
        guard case .failure(.refused(.permanent(code), let detail)) = SendOutcome.permanent(code: code).result else {
            Issue.record("\(code)")
            return
        }
        #expect(detail.contains("(\(code))"))
    }

    @Test func `a lost session costs nothing, and an unknown outcome is uncertain`() {
        #expect(SendOutcome.sessionLost.result.isSessionLost)
        #expect(SendOutcome.unknown.result.isUnknown)
    }

    @Test(arguments: [
        (ClientError.refused(IQError(code: 429)), "RATE_LIMITED"), (.refused(IQError(code: 419)), "RATE_LIMITED"),
        (.refused(IQError(code: 503)), "REQUEST_FAILED"), (.timedOut(mayHaveLeft: true), "REQUEST_FAILED"),
        (.malformedAnswer("usync"), "REQUEST_FAILED"), (.storeFailed("disk full"), "STORE_FAILED"),
        (.unsendable(nil), "NOT_MADE"),
    ])
    func `a number that could not be looked up is tried again later`(error: ClientError, code: String) {
        #expect(SendResult.failure(error.lookUpError).code == code)
    }

    @Test(arguments: [
        ClientError.notConnected, .connectionLost(mayHaveLeft: true), .connectionLost(mayHaveLeft: false),
        .cancelled(mayHaveLeft: true),
    ])
    func `a look-up that a lost connection cut off leaves the message as it was`(error: ClientError) {
        #expect(SendResult.failure(error.lookUpError).isSessionLost)
    }
}
