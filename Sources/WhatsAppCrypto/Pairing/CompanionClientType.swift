public import WhatsAppProto

/// What kind of client links itself, as QR texts and pairing codes say it: one character.
public enum CompanionClientType: String, CaseIterable, Hashable, Sendable {
    case unknown = "0"
    case chrome = "1"
    case edge = "2"
    case firefox = "3"
    case internetExplorer = "4"
    case opera = "5"
    case safari = "6"
    case electron = "7"
    case uwp = "8"
    case otherWebClient = "9"
    case macOS = "c"
    case androidTablet = "d"
    case androidPhone = "e"
    case androidAmbiguous = "f"

    /// The type that goes with the icon in the phone's list of devices, for a client whose user agent is the web's. The
    /// numbers of the two are not the same.
    public init(platformType: WADeviceProps.PlatformType) {
        switch platformType {
        case .chrome: self = .chrome
        case .edge: self = .edge
        case .firefox: self = .firefox
        case .ie: self = .internetExplorer
        case .opera: self = .opera
        case .safari: self = .safari
        case .uwp: self = .uwp
        case .androidPhone: self = .androidPhone
        default: self = .otherWebClient
        }
    }
}
