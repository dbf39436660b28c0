public import Hummingbird
public import SpoolCore

/// The code in the body of an HTTP error. The names are promises.
public enum APIErrorCode: String, CaseIterable, Sendable {
    case validation = "VALIDATION_ERROR"
    case unauthorized = "UNAUTHORIZED"
    case forbidden = "FORBIDDEN"
    case notFound = "NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case rateLimited = "RATE_LIMITED"
    case `internal` = "INTERNAL"
    // Answers of the control socket about devices.
    case invalidDevice = "INVALID_DEVICE"
    case invalidPhone = "INVALID_PHONE"
    case unknownDevice = "UNKNOWN_DEVICE"
    case deviceExists = "DEVICE_EXISTS"
    case deviceBusy = "DEVICE_BUSY"
    case noLinkedDevices = "NO_LINKED_DEVICES"

    /// The HTTP status that goes with the code.
    public var status: HTTPResponse.Status {
        switch self {
        case .validation, .invalidDevice, .invalidPhone: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound, .unknownDevice: .notFound
        case .deviceExists, .deviceBusy, .noLinkedDevices: .conflict
        case .methodNotAllowed: .methodNotAllowed
        case .rateLimited: .tooManyRequests
        case .internal: .internalServerError
        }
    }
}

/// Why a request was not answered, in words for the one who sent it.
public struct APIError: Error, Equatable, Sendable {
    public var code: APIErrorCode
    /// One sentence, no trailing full stop.
    public var message: String
    /// The parameter or field at fault, if it is one's fault.
    public var field: String?
    /// For `methodNotAllowed`: what the path does allow, as the `Allow` header says it.
    public var allow: String?

    public init(_ code: APIErrorCode, _ message: String, field: String? = nil, allow: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.allow = allow
    }

    /// A parameter or field that is not as it has to be.
    public static func invalid(_ field: String, _ message: String) -> APIError {
        APIError(.validation, message, field: field)
    }

    /// The path names nothing.
    public static let unknownPath = APIError(.notFound, "There is nothing at this path")

    /// The path exists, the method does not fit it.
    public static func methodNotAllowed(_ allow: String) -> APIError {
        APIError(.methodNotAllowed, "Method not allowed; use \(allow)", allow: allow)
    }

    /// The error body of the contract.
    public var json: JSONValue {
        let body: JSONValue = [
            "success": false, "error": .string(self.message), "code": .string(self.code.rawValue),
        ]
        return self.field.map { body.adding([.init("field", .string($0))]) } ?? body
    }
}
