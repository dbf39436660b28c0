import Foundation
import Hummingbird
import NIOCore
import SpoolHTTP

extension ControlServer {
    /// Reads a request's JSON body, at most 64 KiB.
    ///
    /// - Throws: `VALIDATION_ERROR` for anything else, naming the field at fault where there is one.
    static func body<Value: Decodable>(_ type: Value.Type, of request: Request) async throws -> Value {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.maximumBody)
        } catch is NIOTooManyBytesError {
            throw APIError(.validation, "The body is longer than \(Self.maximumBody) bytes")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw Self.invalidBody(error)
        }
    }

    private static func invalidBody(_ error: DecodingError) -> APIError {
        let context: DecodingError.Context? =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
            case .keyNotFound(let key, let context):
                .init(codingPath: context.codingPath + [key], debugDescription: context.debugDescription)
            @unknown default: nil
            }
        guard let field = context?.codingPath.last?.stringValue else {
            return APIError(.validation, "The body must be one JSON object")
        }
        return .invalid(field, "\(field) is missing or not of the right type")
    }
}
