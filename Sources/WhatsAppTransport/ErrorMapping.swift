import SpoolCore
import WhatsAppClient

/// Why the queue has to try again later: the codes by which it tells those reasons apart.
enum DeferralCode: String, CaseIterable {
    case rateLimited = "RATE_LIMITED"
    /// The server refused a request that the message needs, or did not answer it.
    case requestFailed = "REQUEST_FAILED"
    case noDevices = "NO_DEVICES"
    case phoneUnreachable = "PHONE_UNREACHABLE"
    case storeFailed = "STORE_FAILED"
    case notMade = "NOT_MADE"
    /// The media servers have not taken the attachment. Says nothing about the recipient or the device.
    case mediaUploadRefused = "MEDIA_UPLOAD_REFUSED"
}

extension TransportError {
    static func temporary(_ code: DeferralCode, _ detail: String) -> TransportError {
        .temporary(code: code.rawValue, detail: detail)
    }

    static let notConnected = TransportError.sessionLost(
        detail: "the device is not connected, or the server does not answer")
}

extension SendOutcome {
    /// How the queue is to take it.
    var result: SendResult {
        switch self {
        case .sent(let date): .success(Acknowledgement(at: date))
        case .temporary(let failure, _): .failure(failure.error)
        case .permanent(let code):
            .failure(.refused(.permanent(code: code), detail: "the server refused it for good (\(code))"))
        case .refused(let refusal): .failure(refusal.error)
        case .sessionLost: .failure(.notConnected)
        case .unknown: .failure(.outcomeUnknown(detail: "the server did not say whether it has taken it"))
        }
    }
}

extension SendRefusal {
    fileprivate var error: TransportError {
        switch self {
        // Whether it is the account or this person is not known here: the daemon asks.
        case .reachOutTimeLock:
            .refused(
                .reachOut(.unknown),
                detail: "the account may not write to people who have not written to it, or not to this one (463)")
        case .newChatCap:
            .refused(.newChatCap, detail: "the account's number of new chats is used up (475)")
        case .rateLimited(let delay):
            .temporary(.rateLimited, "the server asks to slow down" + (delay.map { ", for \($0.seconds) s" } ?? ""))
        // The sender has tried once more already.
        case .staleDevices:
            .refused(
                .staleDevices(isSecondTime: true),
                detail: "the server refused it twice, with new device lists too (479)")
        }
    }
}

extension TemporaryFailure {
    fileprivate var error: TransportError {
        switch self {
        case .acknowledgement(let code):
            .refused(
                .temporary(code: code),
                detail: "the server refused it this time (\(code.map(String.init) ?? "no code"))")
        case .query(let error): .temporary(.requestFailed, "the server refused a request it needs: \(error)")
        case .noAnswer: .temporary(.requestFailed, "the server did not answer a request it needs")
        case .noDevices: .temporary(.noDevices, "the server names no device of the recipient")
        case .phoneUnreachable: .temporary(.phoneUnreachable, "there are no keys for the recipient's phone")
        case .storeFailed(let reason): .temporary(.storeFailed, "the device's store failed: \(reason)")
        case .notMade(let error): .temporary(.notMade, "the message could not be made: \(error)")
        }
    }
}

extension ClientError {
    /// What it means for a message that this was asked for before it could be sent.
    var lookUpError: TransportError {
        switch SendOutcome(preparing: self).result {
        case .success: .notConnected
        case .failure(let error): error
        }
    }

    var isRateLimit: Bool {
        if case .refused(let error) = self { error.isRateLimit } else { false }
    }
}
