public import Foundation

/// Whom a message is for, normalised.
public enum Recipient: Hashable, Sendable {
    /// An international phone number: 7–15 digits, country code first, nothing else.
    case phone(String)
    /// A group's id, `…@g.us`.
    case group(String)

    /// The form that the queue stores and answers carry.
    public var address: String {
        switch self {
        case .phone(let digits): digits
        case .group(let id): id
        }
    }

    /// Reads `address` back; whatever does not end in `@g.us` is taken as digits.
    public init(address: String) {
        self = address.hasSuffix("@g.us") ? .group(address) : .phone(address)
    }
}

/// One valid row of a drop file: what its writer asked for, before it has a queue id.
public struct MessageRequest: Equatable, Sendable {
    public var recipient: Recipient
    /// At most 65,536 Unicode code points, exactly as they will be sent; the caption where there is media, and empty only
    /// then.
    public var text: String
    public var media: MediaReference?
    /// The client's own id, at most 128 characters.
    public var ref: String?
    /// Send from this device only.
    public var device: DeviceID?
    /// Not before this moment.
    public var sendAt: Date?
    /// Not after this moment.
    public var expiresAt: Date?
    public var priority: Priority
    /// The recipient's time zone, an IANA name.
    public var timeZone: String?

    public init(
        recipient: Recipient, text: String, media: MediaReference? = nil, ref: String? = nil, device: DeviceID? = nil,
        sendAt: Date? = nil, expiresAt: Date? = nil, priority: Priority = .normal, timeZone: String? = nil
    ) {
        self.recipient = recipient
        self.text = text
        self.media = media
        self.ref = ref
        self.device = device
        self.sendAt = sendAt
        self.expiresAt = expiresAt
        self.priority = priority
        self.timeZone = timeZone
    }
}
