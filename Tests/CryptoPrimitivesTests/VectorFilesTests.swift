import Foundation
import SpoolTestSupport
import Testing

/// A vector file, or a section of one, that no suite goes through would prove nothing and look as if it did.
@Suite struct VectorFilesTests {
    /// Each section with the suites that report its cases.
    private static let sections: [String: Set<String>] = [
        "media": ["expansion", "files", "failures"],
        "misc": [
            "client_payload", "e2e_messages", "hkdf_sha256", "jid", "jid_malformed", "message_id", "padding", "phash",
            "reporting_token",
        ],
        "nodes": ["cases", "compressed", "decode_only", "malformed", "tokens"],
        "noise": ["certificates", "transcripts", "test_root", "test_intermediate"],
        "pairing": ["code_encoding", "pair_success", "pairing_code", "qr"],
        "senderkeys": ["chain", "groups"],
        "signal": ["bundles", "conversations", "x25519", "x3dh", "xeddsa"],
    ]

    @Test func `every section of every vector file is known, and so run by a suite`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "Vectors").path)
        #expect(Set(files) == Set(Self.sections.keys.map { "\($0).json" }))
        for (name, sections) in Self.sections {
            let content = try Vectors.load(name, as: [String: Skipped].self)
            #expect(Set(content.keys) == sections.union(["description"]), "\(name).json")
        }
    }

    private struct Skipped: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
