import SpoolTestSupport

/// The server's half of a handshake with WhatsApp's servers as it was recorded, with what both sides had computed at
/// each step. The client's static key is not known, so it ends after the server's answer.
enum RecordedConnection {
    /// A moment at which the certificates were valid, Unix seconds.
    static let moment = 1_745_000_000.0
    static let clientEphemeralPrivate = bytes("b8de0b5ebad3e7879fa659c0d27baa6c3e3f32a10f7c4cb2613cb4182fe83047")
    static let serverEphemeral = bytes("27692cf5d6a08e51f2d601f2e475378456bda16f96255c5121d081d0aa4a815d")
    static let hashAfterPrologue = bytes("ffff0c9267310966f1311170c04b38c79504285bf5edf763e5c946492a50a755")
    static let hashAfterClientEphemeral = bytes("86790a969b7100866dfbf74fcfe5a175f8adff7f8c5139f74cd2f14a8fa5f11f")
    static let hashAfterServerEphemeral = bytes("9fd7bf2736e1e5b48b2759fd5806225ccb6822d557579d725459795cdd0885d3")
    static let firstChainingKey = bytes("a505e995a2068e7103a582be6f6ba9d6b447a80db4e679209b2f7cc6da633709")
    static let sealedStatic = bytes(
        """
        0addd1ce96c55699824fc20ef2a73928dd8168bc29ef863bdea6dc69002b00054add28f7711e3a7dff984d3f31ba\
        daa2
        """)
    static let hashAfterStatic = bytes("8f29e8901b6ffb3cb393795c023d6d219ceb447dbbbae075533010907cbfbc6c")
    static let secondChainingKey = bytes("5092572187a71abe8044010b9c8419633272b45b2babf4ca316966edc3eb9bde")
    static let hashAfterCertificates = bytes("4a82b448599eb44f85bacedaff0a81820999a87be156b08989c2857b8651d4d2")
    static let certificates = bytes(
        """
        0a770a3308c90210031a205854d333d8e13975abd6597bbaddd49d6935ced25c93a44bd3ade508f2bec33020d08f\
        87bf0628d0c99fc406124019cbee71b63bb8048af269f3aa7c13c62a1fd89ac4ef2509d1d78d68267f40393b49a9\
        cc38db05e35a6c5bf3ba6172a4c5325f25f363338cf8f3535a4cd9520512760a32080310001a201c51a9ac303994\
        c6c8d0b92ea1878a533476599cc599fbea35997d9aa90cce62208091aebe0628ffdeb7dc061240270f294648539f\
        ed4870e25054dd4e95983aba29189c2ba6c8eeda7055555f753740f5ec192ab64c26c26d6ade6d20b9f774aee371\
        20a6b20395f53c66058507
        """)

    private static func bytes(_ digits: String) -> [UInt8] {
        [UInt8](hex: digits) ?? []
    }
}
