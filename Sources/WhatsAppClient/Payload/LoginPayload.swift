import WhatsAppProto

/// The part of a payload that only a login has.
public struct LoginPayload: Hashable, Sendable {
    /// The digits of our own phone number.
    public let username: UInt64
    /// The number of this device within the account; the phone is 0.
    public let device: UInt32
    /// Queued messages wait until the device says that it is active.
    public var passive = true
    /// Queued messages are sent in portions, as the device asks for them.
    public var pull = true
    /// How many logins there were; one value for all of them is accepted too.
    public var loginCounter: Int32 = 1
    /// The records of the device have moved to LIDs.
    public var lidDbMigrated = true

    public init(username: UInt64, device: UInt32) {
        self.username = username
        self.device = device
    }

    /// From the parts of our own JID, as in `15551234567:7@s.whatsapp.net`.
    /// - Throws: `notAPhoneNumber` unless `user` is all digits.
    public init(user: String, device: UInt32) throws(ClientError) {
        // Signs, which the number parser would take, are no digits.
        guard user.utf8.allSatisfy(isDigit), let username = UInt64(user) else {
            throw .notAPhoneNumber(bytes: user.utf8.count)
        }
        self.init(username: username, device: device)
    }

    func write(to message: inout WAClientPayload) {
        message.username = self.username
        message.passive = self.passive
        message.device = self.device
        message.lc = self.loginCounter
        message.pull = self.pull
        message.lidDbMigrated = self.lidDbMigrated
    }
}

extension LoginPayload: CustomStringConvertible {
    // Without the number, for logs.
    public var description: String { "LoginPayload(device: \(self.device))" }
}
