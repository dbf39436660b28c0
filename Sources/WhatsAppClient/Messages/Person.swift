public import WhatsAppBinary

/// An account by the names it is known by; at least one is there. Without device.
public struct Person: Hashable, Sendable {
    public let lid: JID?
    public let pn: JID?

    public init(lid: JID?, pn: JID?) {
        self.lid = lid
        self.pn = pn
    }
}

extension DeviceState {
    /// The account behind a device, with the names that are known now.
    func person(_ jid: JID) throws -> Person {
        let account = jid.account
        return Person(lid: try self.lid(of: account), pn: try self.pn(of: account))
    }
}
