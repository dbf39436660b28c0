/// What an operator does with the devices themselves. A transport without linked devices has none of it.
public protocol DeviceAdministration: Sendable {
    /// Links a device under a new name, or links one anew that is unlinked; returns when it is linked and its keys are
    /// stored. Cancelling the task gives up; then nothing of a new device stays behind.
    /// - Parameters:
    ///   - phone: digits, with the country's, of the phone that asks for a code; `nil` for linking by QR code only.
    ///   - onStep: what to show, in order. Awaited.
    /// - Throws: `exists`, `busy`, `invalidPhone`, `linkingFailed`, `failed`.
    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws(DeviceAdministrationError) -> TransportDevice

    /// Gives a device another name. It goes on under that one; sends under way end first.
    /// - Throws: `unknown`, `exists`, `busy`, `failed`.
    func rename(_ device: DeviceID, to name: DeviceID) async throws(DeviceAdministrationError)

    /// Unlinks a device at the service where that is possible, and forgets all its keys.
    /// - Returns: whether the service unlinked it; if not, its owner has to remove it on the phone.
    /// - Throws: `unknown`, `busy`, `failed`.
    func remove(_ device: DeviceID) async throws(DeviceAdministrationError) -> Bool
}

/// What a person sees while a device is being linked.
public enum LinkingStep: Equatable, Sendable {
    /// Show this text as a QR code, in the place of one shown before, which is void. A secret.
    case qrCode(String, validFor: Duration)
    /// All QR codes were shown; the pairing code still waits.
    case qrCodesExhausted
    /// Show this code, which the phone asks for.
    case pairingCode(String, validFor: Duration)
    /// The pairing code is void; another follows by itself.
    case pairingCodeExpired
    /// Linked and stored; the device connects now.
    case linked(number: String)
}

/// Why an operator's act on a device did not happen.
public enum DeviceAdministrationError: Error, Equatable, Sendable {
    /// A device of this name is linked already.
    case exists(DeviceID)
    case unknown(DeviceID)
    /// The device is being linked, renamed or removed by somebody else.
    case busy(DeviceID)
    /// The phone number is none that can ask for a code; says why.
    case invalidPhone(String)
    /// The person, the phone or the server did not go along; nothing was kept.
    case linkingFailed(String)
    /// The store or the system failed.
    case failed(String)
}

extension DeviceAdministrationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exists(let device): "a device \(device) exists already; choose another name or remove it first"
        case .unknown(let device): "there is no device \(device)"
        case .busy(let device): "device \(device) is being linked or changed; try again when that is over"
        case .invalidPhone(let reason): reason
        case .linkingFailed(let reason): reason
        case .failed(let reason): reason
        }
    }
}
