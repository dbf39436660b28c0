import CryptoPrimitives
import Foundation
import WhatsAppBinary

/// Tokens by which people say that they know an account. They are given out by the week and hold for four.
enum PrivacyTokens {
    private static let bucket: Double = 604_800
    private static let bucketsValid: Double = 4

    private static func bucket(of date: Date) -> Double { (date.timeIntervalSince1970 / self.bucket).rounded(.down) }

    static func isValid(_ token: PrivacyToken, now: Date) -> Bool {
        token.date.timeIntervalSince1970 >= (self.bucket(of: now) - (self.bucketsValid - 1)) * self.bucket
    }

    /// Whether somebody who last got ours then is to get a new one.
    static func isDue(issuedAt: Date?, now: Date) -> Bool {
        guard let issuedAt else { return true }
        return self.bucket(of: now) > self.bucket(of: issuedAt)
    }

    /// Whether tokens are for this recipient: people, but neither ourselves nor the service's own account.
    static func apply(to chat: JID) -> Bool { chat.isPerson && chat.user != "0" }

    static func node(_ token: PrivacyToken) -> Node { Node("tctoken", bytes: token.token.exposed) }

    /// What stands in for a token with a stranger.
    static func node(salt: SecretBytes, recipient lid: JID) throws -> Node {
        Node("cstoken", bytes: try HMAC.sha256(key: salt, Array(lid.account.description.utf8)))
    }

    /// Gives ours to people.
    static func issue(to accounts: [JID], now: Date) -> Node {
        let seconds = Int64(now.timeIntervalSince1970)
        let tokens = accounts.map { account in
            Node("token", ["jid": .jid(account), "t": .integer(seconds), "type": "trusted_contact"])
        }
        return .iq("set", xmlns: "privacy", children: [Node("tokens", children: tokens)])
    }

    /// What a notification of type `privacy_token` brings: the newest token in it.
    static func token(in notification: Node) -> PrivacyToken? {
        let tokens = notification.child("tokens")?.children("token") ?? []
        return tokens.compactMap { node -> PrivacyToken? in
            guard node.string("type") == "trusted_contact", let bytes = node.bytes, !bytes.isEmpty, bytes.count <= 1024,
                let seconds = node.integer("t", as: UInt32.self)
            else { return nil }
            return PrivacyToken(token: SecretBytes(bytes), date: Date(timeIntervalSince1970: Double(seconds)))
        }.max { $0.date < $1.date }
    }
}

extension DeviceState {
    /// The child of a message that says why we may write to somebody, if there is one.
    func tokenNode(for chat: JID, now: Date) throws -> Node? {
        let device = try self.loadDevice()
        guard PrivacyTokens.apply(to: chat), device.account?.isOwn(chat) != true else { return nil }
        let names = try self.names(of: chat)
        for name in names {
            guard let token = try self.loadPrivacyToken(of: name), PrivacyTokens.isValid(token, now: now) else {
                continue
            }
            return PrivacyTokens.node(token)
        }
        guard let salt = device.nctSalt, let lid = names.first(where: \.isLID) else { return nil }
        return try PrivacyTokens.node(salt: salt, recipient: lid)
    }

    /// Keeps a token that is newer than the one there is.
    mutating func receive(_ token: PrivacyToken, from sender: JID) throws {
        let account = try self.names(of: sender)[0]
        if let known = try self.loadPrivacyToken(of: account), known.date >= token.date { return }
        try self.savePrivacyToken(token, of: account)
    }

    /// Those of these people who are to get a token of ours.
    func accountsDueToken(_ accounts: [JID], now: Date) throws -> [JID] {
        try accounts.filter { account in
            let issued = try self.names(of: account).compactMap { try self.loadTokenIssueDate(for: $0) }.max()
            return PrivacyTokens.isDue(issuedAt: issued, now: now)
        }
    }
}

extension LinkedAccount {
    /// Whether this is us, by either name and with any device.
    func isOwn(_ jid: JID) -> Bool {
        let account = jid.account
        return account == self.jid.account || account == self.lid?.account
    }

    /// Whether this is this very device.
    func isThisDevice(_ jid: JID) -> Bool { self.isOwn(jid) && jid.device == self.jid.device }
}
