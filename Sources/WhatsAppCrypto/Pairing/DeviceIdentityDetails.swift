import WhatsAppProto

/// What an account says about one of its devices. The serialized form is signed and travels as it is.
public struct DeviceIdentityDetails: Hashable, Sendable {
    /// A random number of the account's.
    public var rawID: UInt32
    /// When the device was linked, Unix seconds.
    public var timestamp: UInt64
    /// The place of the device in the account's list of keys.
    public var keyIndex: UInt32
    /// Whether a provider holds the keys of the account, and of this device.
    public var isAccountHosted: Bool
    public var isDeviceHosted: Bool

    public init(
        rawID: UInt32, timestamp: UInt64, keyIndex: UInt32, isAccountHosted: Bool = false, isDeviceHosted: Bool = false
    ) {
        self.rawID = rawID
        self.timestamp = timestamp
        self.keyIndex = keyIndex
        self.isAccountHosted = isAccountHosted
        self.isDeviceHosted = isDeviceHosted
    }

    /// Numbers that are absent count as zero, types as not hosted.
    init(serialized bytes: [UInt8]) throws(WhatsAppCryptoError) {
        let message = try WAADVDeviceIdentity.decoded(bytes)
        self.init(
            rawID: message.rawID, timestamp: message.timestamp, keyIndex: message.keyIndex,
            isAccountHosted: message.accountType == .hosted, isDeviceHosted: message.deviceType == .hosted)
    }

    /// Every field is written, zeros too.
    func serialized() throws(WhatsAppCryptoError) -> [UInt8] {
        var message = WAADVDeviceIdentity()
        message.rawID = self.rawID
        message.timestamp = self.timestamp
        message.keyIndex = self.keyIndex
        message.accountType = self.isAccountHosted ? .hosted : .e2Ee
        message.deviceType = self.isDeviceHosted ? .hosted : .e2Ee
        return try message.encoded()
    }
}
