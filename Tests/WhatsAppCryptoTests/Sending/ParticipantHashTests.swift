import Testing
import WhatsAppBinary
import WhatsAppCrypto

@Suite struct ParticipantHashTests {
    @Test(arguments: [
        (["15550001111@s.whatsapp.net", "15550001111:12@s.whatsapp.net", "15550002222@s.whatsapp.net"], "2:RKXSXBeU"),
        (
            ["100000000000001@lid", "100000000000001:12@lid", "200000000000002@lid", "200000000000002:3@lid"],
            "2:HsBvPJzK"
        ),
        (["1:9@lid", "1:10@lid", "1@lid"], "2:3Ol0YMXU"),
        ([], "2:47DEQpj8"),
    ]) func `devices are hashed in byte order`(devices: [String], hash: String) throws {
        #expect(try ParticipantHash.hash(of: devices.map { try JID($0) }) == hash)
    }
}
