import Foundation
import SwiftProtobuf
import WhatsAppProto

/// What a device tells the server inside the last handshake message: who logs in, or who wants to be linked.
public enum ClientPayload: Hashable, Sendable {
    /// A linked device goes online.
    case login(LoginPayload)
    /// A new device asks to be linked to an account.
    case registration(RegistrationPayload)

    /// The bytes of the payload, fields in ascending order.
    public func serialized(as profile: ClientProfile) throws(ClientError) -> [UInt8] {
        var message = WAClientPayload()
        message.userAgent = profile.userAgent
        message.webInfo.webSubPlatform = .webBrowser
        message.connectType = .wifiUnknown
        message.connectReason = .userActivated
        switch self {
        case .login(let login): login.write(to: &message)
        case .registration(let registration): try registration.write(to: &message, as: profile)
        }
        do {
            return try message.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }
}
