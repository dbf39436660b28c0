import CryptoPrimitives
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct ClientPayloadTests {
    private struct MiscFile: Decodable {
        let client_payload: [Payload]
    }

    private struct Payload: Decodable {
        let kind, version: String
        let payload: HexBytes
        let jid: String?
        let device: Device?
        let build_hash, device_props: HexBytes?
    }

    private struct Device: Decodable {
        let identity: Keys
        let registration_id: UInt32
        let signed_prekey: SignedPreKey
    }

    private struct Keys: Decodable {
        let `private`, `public`: HexBytes
    }

    private struct SignedPreKey: Decodable {
        let id: UInt32
        let `public`, signature: HexBytes
    }

    @Test func `every payload is the vectors', byte for byte`() throws {
        let vectors = try Vectors.load("misc", as: MiscFile.self).client_payload
        for vector in vectors {
            let profile = Self.vectorProfile(try #require(AppVersion(vector.version)))
            let payload = try Self.payload(of: vector)
            #expect(try payload.serialized(as: profile).hex == vector.payload.bytes.hex)
            guard let buildHash = vector.build_hash, let deviceProps = vector.device_props else { continue }
            #expect(try profile.appVersion.buildHash() == buildHash.bytes)
            #expect(try profile.deviceProps().hex == deviceProps.bytes.hex)
        }
        for kind in ["login", "registration"] {
            let count = vectors.count { $0.kind == kind }
            Vectors.report(count, of: "client_payload, \(kind)", in: "misc")
        }
    }

    /// With the constants a profile has unless told otherwise.
    @Test func `a login says the number, the device and the version`() throws {
        let login = try LoginPayload(user: "15551234567", device: 7)
        let profile = ClientProfile(appVersion: AppVersion(2, 3000, 1_045_649_367))
        let bytes = [UInt8](
            hex: """
                088784b4f73918012a38080e120b080210b81718d7afcdf2031a0330303022033030302a03302e3132003a07\
                4465736b746f704203302e3150005a02656e620255533202200060016801900107c00101880201c80201
                """)
        #expect(try ClientPayload.login(login).serialized(as: profile) == bytes)
    }

    @Test func `flags and the login counter are the caller's to choose`() throws {
        var login = LoginPayload(username: 15_551_234_567, device: 7)
        let profile = ClientProfile(appVersion: AppVersion(2, 3000, 1))
        let usual = try WAClientPayload(serializedBytes: ClientPayload.login(login).serialized(as: profile))
        #expect(usual.passive && usual.pull && usual.lidDbMigrated && usual.lc == 1)
        login.passive = false
        login.pull = false
        login.lidDbMigrated = false
        login.loginCounter = 12
        let other = try WAClientPayload(serializedBytes: ClientPayload.login(login).serialized(as: profile))
        #expect(!other.passive && !other.pull && !other.lidDbMigrated && other.lc == 12)
        #expect(other.hasPassive && other.hasPull && other.hasLidDbMigrated)
    }

    @Test func `the phone is told the name and the icon of the profile`() throws {
        var profile = ClientProfile(appVersion: AppVersion(2, 3000, 1), osName: "Post room")
        #expect(try WADeviceProps(serializedBytes: profile.deviceProps()).os == "Post room")
        #expect(try WADeviceProps(serializedBytes: profile.deviceProps()).platformType == .chrome)
        profile.platformType = .firefox
        #expect(try WADeviceProps(serializedBytes: profile.deviceProps()).platformType == .firefox)
    }

    @Test(arguments: ["", "+15551234567", "-1", "1555123456a", "１２", " 1", "99999999999999999999", "1.5"])
    func `a user that is no number is refused`(user: String) throws {
        #expect(throws: ClientError.notAPhoneNumber(bytes: user.utf8.count)) {
            try LoginPayload(user: user, device: 1)
        }
    }

    @Test func `key numbers and signatures of the wrong size are refused`() throws {
        let key = try PublicKey([UInt8](repeating: 9, count: 32))
        func registration(_ id: UInt32, _ size: Int) throws(ClientError) -> RegistrationPayload {
            try RegistrationPayload(
                registrationID: 1, identityKey: key, signedPreKeyID: id, signedPreKey: key,
                signedPreKeySignature: [UInt8](repeating: 1, count: size))
        }
        #expect(try registration(1 << 24 - 1, 64).signedPreKeyID == 0xFFFFFF)
        #expect(throws: ClientError.preKeyIDTooLarge(1 << 24)) { try registration(1 << 24, 64) }
        for size in [0, 63, 65] {
            #expect(throws: ClientError.wrongSignatureSize(bytes: size)) { try registration(1, size) }
        }
    }

    @Test func `a login does not show its number in logs`() throws {
        let login = ClientPayload.login(LoginPayload(username: 15_551_234_567, device: 7))
        #expect(!"\(login)".contains("1555"))
    }

    private static func payload(of vector: Payload) throws -> ClientPayload {
        if let jid = vector.jid {
            let user = try #require(jid.split(separator: "@").first).split(separator: ":")
            let device = try user.count > 1 ? #require(UInt32(user[1])) : 0
            return .login(try LoginPayload(user: String(user[0]), device: device))
        }
        let device = try #require(vector.device)
        let identityKey = try PublicKey(device.identity.public.bytes)
        let signedPreKey = device.signed_prekey.public.bytes
        let signature = device.signed_prekey.signature.bytes
        #expect(try XEdDSA.isValid(signature, of: [5] + signedPreKey, by: identityKey))
        return .registration(
            try RegistrationPayload(
                registrationID: device.registration_id, identityKey: identityKey,
                signedPreKeyID: device.signed_prekey.id, signedPreKey: PublicKey(signedPreKey),
                signedPreKeySignature: signature))
    }

    /// The vectors' constants.
    private static func vectorProfile(_ version: AppVersion) -> ClientProfile {
        ClientProfile(
            appVersion: version, osName: "Linux", osVersion: "6.1.0", deviceVersion: AppVersion(6, 1, 0),
            platformType: .unknown)
    }
}
