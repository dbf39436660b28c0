import ArgumentParser
import Testing

@testable import spoolctl

struct UsageTests {
    @Test(arguments: [
        (["submit", "-"], "standard input needs a --name"),
        (["submit", "a.csv", "--timeout", "5s"], "--timeout needs --wait"),
        (["submit", "a.csv", "--wait", "--timeout", "soon"], "The value 'soon' is invalid for '--timeout <time>'"),
        (["submit", "a.csv", "--user", "No/Name"], "The value 'No/Name' is invalid for '--user <user>'"),
        (["cancel"], "name one message, --batch or ALL"),
        (["cancel", "1", "--batch", "2"], "name one message, --batch or ALL"),
        (["show", "x"], "The value 'x' is invalid for '<id>'"), (["show", "0"], "The value '0' is invalid for '<id>'"),
        (["queue", "--status", "sent"], "The value 'sent' is invalid for '--status <status>'"),
        (["history", "--status", "pending"], "The value 'pending' is invalid for '--status <status>'"),
        (["queue", "--limit=-1"], "--limit must not be negative"),
        (["queue", "--limit", "99999999999999999999"], "'99999999999999999999' is invalid"),
        (["history", "--from", "2026-02-30"], "The value '2026-02-30' is invalid"),
        (["history", "--from", "2026-02-02", "--to", "2026-02-01"], "--to lies before --from"),
        (["key", "add", "a", "--user", "ann", "--admin"], "--user and --admin exclude each other"),
        (["key", "add", ""], "the name must have 1 to 128 characters"),
        (["key", "add", "a", "--expires", "30"], "'30' is invalid"),
        (["send", "15550000001"], "2 unexpected arguments: 'send', '15550000001'"),
        (["queue", "--nope"], "Unknown option '--nope'"),
    ])
    func `wrong usage is said in one line`(arguments: [String], message: String) {
        let error = #expect(throws: (any Error).self) { try Spoolctl.parseAsRoot(arguments) }
        let failure = error.flatMap { Spoolctl.failure(for: $0) }
        #expect(failure?.status == .usage)
        #expect(failure?.lines.count == 1)
        #expect(failure?.lines.first?.contains(message) == true, "\(failure?.lines ?? [])")
        #expect(failure?.lines.first?.hasSuffix("; see spoolctl --help") == true)
    }
}
