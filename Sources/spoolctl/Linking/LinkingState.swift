import SpoolControl
import SpoolCore

/// One step of linking a device, as the daemon tells it.
enum LinkingState: Equatable, Sendable {
    /// A QR code and its text, in the place of the one before. A secret.
    case qr(QRCode, text: String, validFor: Duration)
    /// No more QR codes follow.
    case qrExhausted
    /// The code that the phone asks for.
    case code(String, validFor: Duration)
    /// The code is void; another follows.
    case codeExpired
    /// Linked and stored; it connects now.
    case linked(number: String?)
    /// The new device is online; nothing follows.
    case connected(number: String?)
    /// The device was not linked; nothing follows.
    case failed(code: String?, reason: String)
    /// One that this version does not know.
    case unknown(String)

    /// Longer is no code of anybody's.
    private static let longestCode = 32

    /// - Parameter line: An object.
    init(_ line: JSONValue) throws(CommandFailure) {
        let number = line["number"]?.string
        switch try Self.text("state", of: line) {
        case "qr":
            let text = try Self.text("qr", of: line)
            guard let code = QRCode(text) else { throw Self.malformed("a text fits into no QR code") }
            self = .qr(code, text: text, validFor: try Self.validity(of: line))
        case "qrExhausted": self = .qrExhausted
        case "code":
            let code = try Self.text("code", of: line)
            guard code.count <= Self.longestCode else { throw Self.malformed("a pairing code is too long") }
            self = .code(code, validFor: try Self.validity(of: line))
        case "codeExpired": self = .codeExpired
        case "linked": self = .linked(number: number)
        case "connected": self = .connected(number: number)
        case "failed": self = .failed(code: line["code"]?.string, reason: try Self.text("error", of: line))
        case let name: self = .unknown(name)
        }
    }

    /// How long what it shows is valid; `nil` when it shows nothing.
    var validity: Duration? {
        switch self {
        case .qr(_, text: _, let validity), .code(_, let validity): validity
        case .qrExhausted, .codeExpired, .linked, .connected, .failed, .unknown: nil
        }
    }

    private static func text(_ key: String, of line: JSONValue) throws(CommandFailure) -> String {
        guard let text = line[key]?.string else { throw Self.malformed("a line has no \(key)") }
        return text
    }

    /// A day at most, so that nothing overflows.
    private static func validity(of line: JSONValue) throws(CommandFailure) -> Duration {
        guard let seconds = line["validSeconds"]?.integer else { throw Self.malformed("a line has no validSeconds") }
        return .seconds(min(max(seconds, 0), 86_400))
    }

    private static func malformed(_ what: String) -> CommandFailure {
        CommandFailure(ControlError.malformed(what))
    }
}
