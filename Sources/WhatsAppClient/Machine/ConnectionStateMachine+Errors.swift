import Foundation
import WhatsAppBinary

// How the server ends a connection. Keys are set aside only where it says without doubt that the device is unlinked.
extension ConnectionStateMachine {
    /// What is kept of the server's texts, in bytes.
    private static let textLimit = 1024

    /// `<failure>`: the login is refused.
    mutating func refused(_ stanza: Node, _ now: Moment) -> [Action] {
        let failure = ConnectFailure(
            reason: stanza.integer("reason"),
            header: stanza.string("logout_message_header")?.cut(toBytes: Self.textLimit),
            subtext: stanza.string("logout_message_subtext")?.cut(toBytes: Self.textLimit))
        return self.close(self.outcome(of: failure, stanza), now)
    }

    private func outcome(of failure: ConnectFailure, _ stanza: Node) -> Outcome {
        switch failure.reason {
        case 401, 403, 406: self.loggedOut(.failure(failure), otherwise: failure)
        case 402: self.ban(stanza)
        case 405: .end(.versionTooOld)
        case 500?, 503?: .retry(.serverUnavailable(code: failure.reason ?? 0))
        // Among them 400 generic, 409 user agent, 413 and 414 token, 415 not found, 418 client unknown, 501 experimental.
        default: .end(.refused(failure))
        }
    }

    /// `expire` counts seconds from now.
    private func ban(_ stanza: Node) -> Outcome {
        let code = stanza.integer("code", as: Int.self)
        guard let seconds = stanza.integer("expire", as: UInt32.self), seconds > 0 else {
            return .end(.temporarilyBanned(code: code))
        }
        return .banned(code: code, for: .seconds(Int64(seconds)))
    }

    /// A device that is not linked yet cannot be logged out.
    private func loggedOut(_ reason: LogoutReason, otherwise failure: ConnectFailure) -> Outcome {
        self.mode == .registration ? .end(.refused(failure)) : .end(.loggedOut(reason))
    }

    /// `<stream:error>`: the connection is over.
    mutating func streamError(_ stanza: Node, _ now: Moment) -> [Action] {
        let code = stanza.string("code")
        let conflict = stanza.child("conflict")?.string("type")
        if code == "515" { return self.close(.restart(.restartRequired), now) }
        if code == "401", conflict == "device_removed" { return self.close(self.removed(code: 401), now) }
        if conflict == "replaced" { return self.close(.end(.replaced), now) }
        switch code {
        case "503": return self.end(.retry(.serverUnavailable(code: 503)), now)
        case "516": return self.close(self.removed(code: 516), now)
        case "409": return self.close(.end(.replaced), now)
        case "429": return self.close(.retry(.rateLimited), now)
        case "401": return self.close(self.unauthorized(now), now)
        default: break
        }
        if stanza.child("xml-not-well-formed") != nil { return self.close(.retry(.malformedStanza), now) }
        if stanza.child("ack") != nil { return self.end(.retry(.missingAck), now) }
        return self.end(.retry(.streamError(code: code?.cut(toBytes: String.shortLimit))), now)
    }

    private func removed(code: Int) -> Outcome {
        self.loggedOut(.deviceRemoved, otherwise: ConnectFailure(reason: code))
    }

    /// The next login says what a bare 401 means; a second one without that is the end, with the keys kept.
    private mutating func unauthorized(_ now: Moment) -> Outcome {
        let wasGood = self.upSince.map { now.uptime - $0 >= ReconnectPolicy.successAfter } ?? false
        defer { self.wasUnauthorized = true }
        return self.wasUnauthorized && !wasGood ? .end(.unauthorized) : .retry(.unauthorized)
    }
}
