import Foundation
import WhatsAppBinary

/// A person's account: its two names, its devices, and what others and the service know of it.
struct SimulatedAccount: Sendable {
    let number: String
    let pn: JID
    let lid: JID
    /// What others see as its name.
    var name: String

    /// The linked devices with their key indexes; the phone, device 0, is not among them.
    private(set) var linked: [UInt16: UInt32] = [:]
    private var nextDevice: UInt16 = 1
    private var nextKeyIndex: UInt32 = 1
    /// The signed list of key indexes, until the devices change.
    var keyIndexList: [UInt8]?

    /// The companions that have asked for these devices or written to them, and so are told of changes.
    var watchers: Set<SimulatedDeviceID> = []
    /// The numbers this account has written to: for them it is no stranger.
    var contacts: Set<String> = []
    /// The token this account has given to others, by their number.
    var issuedTokens: [String: PrivacyToken] = [:]
    var restriction = AccountRestriction()
    /// Whether messages to it are accepted and then never arrive, as when the recipient has blocked the sender.
    var isDeaf = false

    init(number: String, lid: String, name: String) throws(BinaryError) {
        self.number = number
        self.pn = try JID(user: number, server: .user)
        self.lid = try JID(user: lid, server: .lid)
        self.name = name
    }

    /// All device numbers, the phone first.
    var devices: [UInt16] { [0] + self.linked.keys.sorted() }

    var currentKeyIndex: UInt32 { self.nextKeyIndex - 1 }

    func jid(_ addressing: Addressing) -> JID {
        switch addressing {
        case .number: self.pn
        case .lid: self.lid
        }
    }

    /// What the next linked device will get; neither is given twice.
    var upcomingKeyIndex: UInt32 { self.nextKeyIndex }

    var upcomingDevice: UInt16 { self.nextDevice }

    /// Gives out the next device number; `nil` when all 255 that an address can say are used up.
    mutating func link() -> (device: UInt16, keyIndex: UInt32)? {
        guard self.nextDevice <= 255 else { return nil }
        let device = (self.nextDevice, self.nextKeyIndex)
        self.linked[device.0] = device.1
        self.nextDevice += 1
        self.nextKeyIndex += 1
        self.keyIndexList = nil
        return device
    }

    mutating func unlink(_ device: UInt16) {
        self.linked[device] = nil
        self.keyIndexList = nil
    }

    /// Whether a device with this number was ever linked.
    func hadDevice(_ device: UInt16) -> Bool { device < self.nextDevice }
}

/// What an account gives its contacts, so that the service knows them as such.
struct PrivacyToken: Sendable, Hashable {
    let bytes: [UInt8]
    /// When it was given, Unix seconds.
    let timestamp: UInt64

    /// Tokens live for four calendar weeks counted from 1970, the current one included.
    func isValid(at now: Date) -> Bool {
        let week: UInt64 = 604_800
        let current = UInt64(max(0, now.timeIntervalSince1970)) / week
        return self.timestamp / week + 3 >= current
    }
}
