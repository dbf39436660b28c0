import WhatsAppBinary

/// One device of one account, however it is addressed.
public struct SimulatedDeviceID: Hashable, Sendable {
    /// The account's phone number, digits only.
    public let number: String
    /// 0 is the phone.
    public let device: UInt16

    public init(number: String, device: UInt16 = 0) {
        self.number = number
        self.device = device
    }

    public var isPhone: Bool { self.device == 0 }
}

extension SimulatedDeviceID: CustomStringConvertible {
    public var description: String { self.isPhone ? self.number : "\(self.number):\(self.device)" }
}

/// Which of the two names of an account an address uses.
enum Addressing: String, Sendable, CaseIterable {
    case number = "pn"
    case lid

    /// `nil` for groups, lists and everything else that is no person.
    init?(_ server: JID.Server) {
        switch server {
        case .user, .legacyUser: self = .number
        case .lid: self = .lid
        default: return nil
        }
    }
}

extension JID {
    /// The same user's device. A JID without user, which has no devices, stays as it is.
    func device(_ device: UInt16) -> JID { (try? self.withDevice(device)) ?? self }
}
