import SpoolConfig
import SpoolCore
import SpoolFiles
import SpoolTestSupport
import Testing

@testable import spoolctl

struct DropBoxTests {
    private func failure(
        _ fixture: CommandFixture, file: String = "a.csv", root: String? = nil, as name: String,
        for user: UserName = .default
    ) throws -> CommandFailure? {
        let box = DropBox(layout: SpoolLayout(root: root ?? fixture.spool.spool), minimumFree: nil)
        return #expect(throws: CommandFailure.self) {
            let source = try SourceFile(path: fixture.directory.path(file))
            _ = try box.drop(source, as: DropFileName(name), for: user, isForced: false)
        }
    }

    @Test(arguments: [
        ("a.txt", "it must end in .csv, .json, .jsonl or .ndjson"), ("", "it must end in"),
        (".csv", "files of such names are left alone"), ("x/a.csv", "it contains a slash or a NUL"),
        (String(repeating: "a", count: 300) + ".csv", "it is longer than"),
    ])
    func `a name that no drop file can have is bad data, and leaves nothing behind`(name: String, words: String) throws
    {
        let fixture = try CommandFixture()
        try fixture.directory.write("number,message\n", to: "a.csv")
        let failure = try self.failure(fixture, as: name)
        #expect(failure?.status == .badData)
        #expect(failure?.lines.first?.contains(words) == true)
        #expect(try fixture.directory.names(in: "spool/incoming") == [])
    }

    @Test func `a user without a drop directory is bad data`() throws {
        let fixture = try CommandFixture()
        try fixture.directory.write("number,message\n", to: "a.csv")
        let failure = try self.failure(fixture, as: "a.csv", for: try #require(UserName(rawValue: "nobody")))
        #expect(failure?.status == .badData)
        #expect(
            failure?.lines == [
                "there is no drop directory \(fixture.spool.incoming)/nobody; is nobody a user of this spool?"
            ])
    }

    @Test func `a spool that is not there is a matter of configuration`() throws {
        let fixture = try CommandFixture()
        try fixture.directory.write("number,message\n", to: "a.csv")
        let failure = try self.failure(fixture, root: "/nowhere/spool", as: "a.csv")
        #expect(failure?.status == .configuration)
        #expect(
            failure?.lines.first?.hasPrefix("there is no drop directory /nowhere/spool/incoming; start spoold once")
                == true)
    }

    @Test(arguments: [("missing.csv", "No such file or directory"), ("spool", "Is a directory")])
    func `a source that cannot be read is bad data, and leaves nothing behind`(file: String, words: String) throws {
        let fixture = try CommandFixture()
        let failure = try self.failure(fixture, file: file, as: "a.csv")
        #expect(failure?.status == .badData)
        #expect(failure?.lines.first?.hasSuffix(words) == true)
        #expect(try fixture.directory.names(in: "spool/incoming") == [])
    }
}
