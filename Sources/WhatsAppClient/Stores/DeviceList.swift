public import Foundation

/// The devices of an account as the server told them.
public struct DeviceList: Hashable, Sendable {
    public struct Device: Hashable, Sendable {
        /// 0 is the phone.
        public var id: UInt16
        /// The place of a companion in the account's list of keys.
        public var keyIndex: UInt32?
        /// Whether a provider holds the device's keys.
        public var isHosted: Bool

        public init(id: UInt16, keyIndex: UInt32? = nil, isHosted: Bool = false) {
            self.id = id
            self.keyIndex = keyIndex
            self.isHosted = isHosted
        }
    }

    public var devices: [Device]
    public var fetchedAt: Date

    public init(devices: [Device], fetchedAt: Date) {
        self.devices = devices
        self.fetchedAt = fetchedAt
    }
}
