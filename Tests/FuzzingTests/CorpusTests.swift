import Foundation
import FuzzTargets
import Testing

/// What the fuzzer starts from and everything that once crashed a parser, run through the same code.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `every input of the corpus keeps the target's rules`(target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files.sorted(by: { $0.path < $1.path }) { target.run(Array(try Data(contentsOf: file))) }
        print("corpus of \(target.rawValue): \(files.count) inputs")
        #expect(!files.isEmpty)
    }

    @Test(arguments: FuzzTarget.allCases)
    func `every input of the corpus, with any of its bytes altered or its end cut off, keeps them too`(
        target: FuzzTarget
    ) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora/\(target.rawValue)")
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let bytes = Array(try Data(contentsOf: file))
            for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
                var altered = bytes
                altered[index] ^= 0x41
                target.run(altered)
                target.run(Array(bytes[..<index]))
            }
        }
    }
}
