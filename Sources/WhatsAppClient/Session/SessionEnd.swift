/// Why a session does not connect again by itself.
public enum SessionEnd: Hashable, Sendable {
    /// It was asked to stop, or its task was cancelled.
    case stopped
    /// The device is no longer linked; its keys were set aside. It has to be linked anew.
    case loggedOut(LogoutReason)
    /// The device was logged out earlier, and its keys were set aside then.
    case notLinkedAnyMore
    /// Another connection uses this device. Coming back would only throw the other one out in turn.
    case replaced
    /// The account may not send, and the server did not say for how long. `code` says why: 101 too many people who do not
    /// know you, 102 blocked by too many, 103 too many groups, 104 the same message to too many, 106 abuse of lists.
    case temporarilyBanned(code: Int?)
    /// The server takes only newer clients (405): a newer version has to be configured.
    case versionTooOld
    /// The server refused the login for another reason; the keys are kept.
    case refused(ConnectFailure)
    /// The server said 401 twice in a row without ever refusing a login; the keys are kept.
    case unauthorized
    /// Linking did not come about.
    case pairingFailed(PairingFailure)
    /// The configuration cannot be used: the address, or a root key of one's own for the real service.
    case misconfigured(Misconfiguration)
    /// The device's store failed at something without which the session must not go on.
    case storeFailed(String)
}

/// What a session cannot work with.
public enum Misconfiguration: Hashable, Sendable {
    /// The server's address is no `ws` or `wss` URL with a host.
    case endpoint
    /// A root key of one's own is for servers of one's own: the service's hosts must prove themselves with the real one.
    case foreignRoot
    /// The device's own address or keys cannot be told to the server.
    case credentials(ClientError)
}

/// How a device came to be unlinked.
public enum LogoutReason: Hashable, Sendable {
    /// Logged out by ourselves.
    case requested
    /// `<stream:error>` with `device_removed`, or code 516: unlinked while connected.
    case deviceRemoved
    /// `<failure>` 401, 403 (account locked or gone) or 406 (banned) at login.
    case failure(ConnectFailure)
}

/// What the server says when it refuses a login.
public struct ConnectFailure: Hashable, Sendable {
    /// 400 generic, 401 logged out, 402 temporary ban, 403 account locked or gone, 405 version too old, 406 banned,
    /// 409 user agent refused, 413 and 414 token expired or invalid, 415 not found, 418 client unknown, 500 internal
    /// error, 501 experimental, 503 unavailable; `nil` when it is no number.
    public var reason: Int?
    /// What the server wants to be shown to the user.
    public var header: String?
    public var subtext: String?

    public init(reason: Int?, header: String? = nil, subtext: String? = nil) {
        self.reason = reason
        self.header = header
        self.subtext = subtext
    }
}

extension SessionEnd: CustomStringConvertible {
    public var description: String {
        switch self {
        case .stopped: "stopped"
        case .loggedOut(.requested): "logged out"
        case .loggedOut(.deviceRemoved): "the device was unlinked; link it again"
        case .loggedOut(.failure(let failure)): "the device is no longer linked (\(failure)); link it again"
        case .notLinkedAnyMore: "the device was logged out earlier; link it again"
        case .replaced: "another connection uses this device; stop it, then resume this one"
        case .temporarilyBanned(let code):
            "the account is banned for a time that the server does not say (\(code.map(String.init) ?? "no code"))"
        case .versionTooOld: "the client version is too old for the server; configure a newer one"
        case .refused(let failure): "the server refused the login: \(failure)"
        case .unauthorized: "the server said 401 twice without refusing a login"
        case .pairingFailed(let failure): "linking failed: \(failure)"
        case .misconfigured(.endpoint): PipeError.invalidEndpoint.description
        case .misconfigured(.foreignRoot):
            "a root key other than WhatsApp's is configured for a server of WhatsApp's; remove it"
        case .misconfigured(.credentials(let error)): error.description
        case .storeFailed(let reason): "the device's store failed: \(reason)"
        }
    }
}

extension ConnectFailure: CustomStringConvertible {
    public var description: String {
        let texts = [self.header, self.subtext].compactMap { $0?.prefix(256) }.map { ": \($0)" }.joined()
        return "reason \(self.reason.map(String.init) ?? "unknown")\(texts)"
    }
}
