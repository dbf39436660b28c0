public import SignalProtocol
public import WhatsAppBinary

extension ProtocolAddress {
    /// The address of a device as it stands in the JID; see `DeviceState.signalAddress` for where its sessions are.
    ///
    /// The name is the JID without device, so no two users have the same: a name such as `1_1` for user 1 at server 1
    /// would be the one of a user called `1_1` too.
    public init(_ jid: JID) {
        let jid = jid.normalized
        var user = jid.user
        // Neither is in use today; a user has no dot.
        if jid.agent != 0 || jid.integrator != 0 { user += ".\(jid.agent).\(jid.integrator)" }
        self.init(name: Self.name(user, jid.server), deviceID: UInt32(jid.device))
    }

    static func name(_ user: String, _ server: JID.Server) -> String { "\(user)@\(server.rawValue)" }
}
