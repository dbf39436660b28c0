public import NoiseProtocol
import WhatsAppCrypto

/// How a session reaches the server, and what it says of itself.
public struct SessionConfiguration: Sendable {
    public var endpoint: PipeEndpoint
    /// What the server's certificate has to go back to. Another than the real one is refused for the real service.
    public var root: CertificateRoot
    public var profile: ClientProfile
    /// What the phone shows when it is asked for a code: a known browser and a real system's name in brackets.
    public var displayName: String
    /// Whether to send back at the next connection what the server gave for its routing.
    public var sendsRoutingInfo: Bool

    public init(
        endpoint: PipeEndpoint = .production, root: CertificateRoot = .production, profile: ClientProfile,
        displayName: String = "Chrome (Linux)", sendsRoutingInfo: Bool = false
    ) {
        self.endpoint = endpoint
        self.root = root
        self.profile = profile
        self.displayName = displayName
        self.sendsRoutingInfo = sendsRoutingInfo
    }

    var misconfiguration: Misconfiguration? {
        self.endpoint.isProduction && self.root != .production ? .foreignRoot : nil
    }

    var companion: PairingStateMachine.Companion {
        PairingStateMachine.Companion(
            clientType: CompanionClientType(platformType: self.profile.platformType), displayName: self.displayName)
    }
}
