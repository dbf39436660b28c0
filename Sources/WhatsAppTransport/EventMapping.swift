import Foundation
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

extension MessageEvent {
    /// What the daemon hears of it.
    func transportEvents(of device: DeviceID) -> [TransportEvent] {
        switch self {
        case .text(let text):
            guard !text.isFromMe else { return [] }
            return [
                .text(
                    IncomingText(device: device, number: text.sender.pn?.user, text: text.text, at: text.date))
            ]
        case .receipts(let receipts): return receipts.flatMap(\.transportEvents)
        case .chatState: return []
        }
    }
}

extension Receipt {
    fileprivate var transportEvents: [TransportEvent] {
        self.ids.map { id in
            switch self.kind {
            case .delivered: .delivered(WireMessageID(rawValue: id), by: self.person.pn?.user, at: self.date)
            case .read: .read(WireMessageID(rawValue: id), by: self.person.pn?.user, at: self.date)
            }
        }
    }
}

/// A device's status and the words that go with it.
struct DeviceCondition: Equatable, Sendable {
    var status: DeviceStatus
    /// `nil` only for `connected`.
    var detail: String?

    static let connected = DeviceCondition(status: .connected, detail: nil)
    static let connecting = DeviceCondition(status: .disconnected, detail: "connecting")
    static let draining = DeviceCondition(
        status: .disconnected, detail: "connected; what came meanwhile is being handled")
    static let stopped = DeviceCondition(status: .disconnected, detail: "stopped")
    static let outdated = DeviceCondition(end: .versionTooOld)
    static let unlinked = DeviceCondition(end: .notLinkedAnyMore)

    init(status: DeviceStatus, detail: String?) {
        self.status = status
        self.detail = detail
    }

    /// There is no connection for a while.
    init(_ reason: DisconnectReason, retryAfter delay: Duration) {
        let seconds = Int(delay.seconds.rounded(.up))
        self.init(status: .disconnected, detail: "\(reason); tries again " + (seconds > 0 ? "in \(seconds) s" : "now"))
    }

    /// The account may not send until then.
    init(bannedFor code: Int?, until date: Date) {
        let end = date.formatted(.iso8601)
        self.init(status: .banned, detail: "the account is banned until \(end): \(Self.banReason(code))")
    }

    private static func banReason(_ code: Int?) -> String {
        let number = code.map { " (\($0))" } ?? ""
        return switch code {
        case 101: "too many messages to people who do not know it" + number
        case 102: "too many people have blocked it" + number
        case 103: "too many groups made with people who do not know it" + number
        case 104: "the same message to too many people" + number
        case 106: "too many messages to broadcast lists" + number
        default: "the service does not say why" + number
        }
    }

    /// The session does not come back by itself.
    init(end: SessionEnd) {
        switch end {
        case .stopped: self = .stopped
        case .loggedOut(.failure(let failure)) where [403, 406].contains(failure.reason):
            self.init(status: .refused, detail: "the account is locked or banned (\(failure)); look at the phone")
        case .loggedOut, .notLinkedAnyMore: self.init(status: .unlinked, detail: end.description)
        case .replaced:
            self.init(
                status: .replaced, detail: "another connection uses this device; end it, then restart the daemon")
        case .temporarilyBanned(let code):
            self.init(
                status: .refused,
                detail: "the account is banned for a time the server does not say: \(Self.banReason(code)); "
                    + "restart the daemon when it may send again")
        case .versionTooOld: self.init(status: .outdated, detail: end.description)
        case .refused, .unauthorized: self.init(status: .refused, detail: end.description)
        case .pairingFailed: self.init(status: .unlinked, detail: end.description)
        case .misconfigured, .storeFailed: self.init(status: .failed, detail: end.description)
        }
    }
}
