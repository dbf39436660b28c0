import CryptoPrimitives
import SwiftProtobuf

extension SwiftProtobuf.Message {
    /// Reads the protobuf part of a message.
    init(messageBytes bytes: ArraySlice<UInt8>) throws(SignalError) {
        do {
            try self.init(serializedBytes: Array(bytes))
        } catch {
            throw .malformedMessage(part: "protobuf")
        }
    }

    /// The version byte and the protobuf after it.
    func messageBytes() throws(SignalError) -> [UInt8] {
        do {
            let body: [UInt8] = try self.serializedBytes()
            return [MessageVersion.byte] + body
        } catch {
            // Only required fields and sizes beyond 2 GB make encoding fail.
            throw .malformedMessage(part: "protobuf")
        }
    }
}
