import Foundation
import Glibc
import SpoolTestSupport
import Testing

@testable import spoolctl

/// The built command with a scripted control server.
struct DeviceCommandTests {
    private static let devices = #"""
        {"success":true,"devices":[\#
        {"sessionId":"dev1","number":"15550000001","status":"connected","connectedAt":"2026-11-21T10:00:00.000Z",\#
        "sentLastHour":12,"hourlyLimit":100,"sentLastDay":120,"dailyLimit":1000,"nextSendAt":null,"pausedUntil":null,\#
        "pauseReason":null},\#
        {"sessionId":"shop","number":null,"status":"unlinked","connectedAt":null,"sentLastHour":0,"hourlyLimit":null,\#
        "sentLastDay":0,"dailyLimit":null,"nextSendAt":null,"pausedUntil":null,"pauseReason":"logged out\u001b[2J"}],\#
        "nextCursor":null}
        """#

    private static let qr = #"{"state":"qr","qr":"2@secret","validSeconds":60}"#
    private static let linked = #"{"state":"linked","sessionId":"dev1","number":"15550000001"}"#
    private static let connected = #"{"state":"connected","sessionId":"dev1","number":"15550000001"}"#

    private func server(_ fixture: CommandFixture, _ answers: [String: String] = [:]) throws -> ScriptedServer {
        try ScriptedServer(
            path: fixture.socketPath, answers: ["GET /api/devices": Self.devices].merging(answers) { $1 })
    }

    // MARK: list, show, rename, remove

    @Test func `list shows every device in a line`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let people = try await fixture.run("device", "list")
        #expect(
            people.lines == [
                "NAME  NUMBER        STATUS     SENT/HOUR     SENT/DAY  CONNECTED             NEXT SEND  PAUSED UNTIL  REASON",
                "dev1  +15550000001  connected  12 of 100  120 of 1000  2026-11-21 10:00:00Z  -          -             -",
                "shop  -             unlinked           0            0  -                     -          -             "
                    + "logged out\\u{1B}[2J",
            ])
        let json = try await fixture.run("device", "list", "--json")
        #expect(json.status == 0)
        #expect(json.lines.count == 2)
        #expect(
            json.lines.first?.hasPrefix(#"{"sessionId":"dev1","number":"15550000001","status":"connected","#) == true)
        #expect(server.requests.count == 4)
    }

    @Test func `show tells all about one device`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let people = try await fixture.run("device", "show", "dev1")
        #expect(people.status == 0)
        #expect(people.lines.first == "sessionId     dev1")
        #expect(people.lines.contains("connectedAt   2026-11-21 10:00:00Z"))
        let json = try await fixture.run("device", "show", "shop", "--json")
        #expect(json.output.hasPrefix(#"{"sessionId":"shop","number":null,"#))
        #expect(!server.requests.isEmpty)
    }

    @Test(arguments: [["show", "nobody"], ["rename", "nobody", "x"], ["remove", "nobody", "--yes"]])
    func `a name that is not there is answered with those that are`(arguments: [String]) async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let result = try await fixture.run(["device"] + arguments)
        #expect(
            result
                == CommandResult(
                    status: 65, output: "", errors: "spoolctl: there is no device nobody; there are: dev1, shop\n"))
        #expect(!server.requests.contains { $0.hasPrefix("POST") })
    }

    @Test func `without any device the answer is how to link one`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture, ["GET /api/devices": #"{"success":true,"devices":[]}"#])
        let result = try await fixture.run("device", "show", "dev1")
        #expect(
            result.errors
                == "spoolctl: there is no device dev1; no device is linked; run: spoolctl device add NAME\n")
        #expect(!server.requests.isEmpty)
    }

    @Test func `without the daemon nothing can be said about devices`() async throws {
        let fixture = try CommandFixture()
        for arguments in [["list"], ["show", "a"], ["add", "a"], ["rename", "a", "b"], ["remove", "a", "--yes"]] {
            let result = try await fixture.run(["device"] + arguments)
            #expect(result.status == 69)
            #expect(result.output == "")
        }
    }

    @Test func `rename asks the daemon`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture, ["POST /control/devices/rename": #"{"success":true}"#])
        let result = try await fixture.run("device", "rename", "dev1", "main")
        #expect(result == CommandResult(status: 0, output: "renamed dev1 to main\n", errors: ""))
        #expect(server.requests.last?.hasSuffix(#"{"name":"dev1","to":"main"}"#) == true)
    }

    @Test(arguments: [
        (#"409 {"success":false,"error":"exists","code":"DEVICE_EXISTS"}"#, Int32(65), "exists (DEVICE_EXISTS)"),
        (#"409 {"success":false,"error":"busy","code":"DEVICE_BUSY"}"#, 75, "busy (DEVICE_BUSY)"),
    ])
    func `a refusal to rename is passed on`(answer: String, status: Int32, words: String) async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture, ["POST /control/devices/rename": answer])
        let result = try await fixture.run("device", "rename", "dev1", "shop")
        #expect(result == CommandResult(status: status, output: "", errors: "spoolctl: \(words)\n"))
        #expect(!server.requests.isEmpty)
    }

    @Test func `remove says what it cost, and what is left to do`() async throws {
        let fixture = try CommandFixture()
        let answer = #"{"success":true,"unlinked":false,"failed":3}"#
        let server = try self.server(fixture, ["POST /control/devices/remove": answer])
        let result = try await fixture.run("device", "remove", "dev1", "--yes")
        #expect(
            result
                == CommandResult(
                    status: 0, output: "removed dev1\nfailed with DEVICE_LOST: 3\n",
                    errors: "spoolctl: dev1 could not be unlinked at WhatsApp; remove it on the phone under "
                        + "Linked devices\n"))
        #expect(server.requests.last?.hasSuffix(#"{"name":"dev1"}"#) == true)
    }

    @Test func `remove needs a terminal or --yes`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let result = try await fixture.run("device", "remove", "dev1")
        #expect(result.status == 64)
        #expect(result.errors.contains("give --yes"))
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [("n", Int32(64), "nothing was removed"), ("y", 0, "")])
    func `remove asks on a terminal`(answer: String, status: Int32, words: String) async throws {
        let fixture = try CommandFixture()
        let server = try self.server(
            fixture, ["POST /control/devices/remove": #"{"success":true,"unlinked":true,"failed":0}"#])
        let terminal = try PseudoTerminal()
        try terminal.type(answer + "\n")
        let result = try await fixture.run(["device", "remove", "dev1"], standardInput: terminal.otherEnd)
        #expect(result.status == status)
        let question =
            "Remove device dev1 (+15550000001)? Its keys are deleted, and messages that only it may send fail. [y/N] "
        #expect(result.errors == question + (words.isEmpty ? "" : "spoolctl: \(words)\n"))
        #expect(server.requests.contains { $0.hasPrefix("POST") } == (status == 0))
    }

    // MARK: add, not on a terminal

    @Test func `add prints each code below the other, without escape sequences`() async throws {
        let fixture = try CommandFixture(settings: ["TERM": "xterm-256color"])
        let server = try self.server(fixture)
        let command = try fixture.start(["device", "add", "dev1"])
        for line in [Self.qr, #"{"state":"qr","qr":"2@other","validSeconds":20}"#, Self.linked, Self.connected] {
            try await server.push(line)
        }
        let result = try await command.result()
        #expect(result.status == 0)
        #expect(result.errors == "")
        let words = "To link dev1, scan this with WhatsApp > Linked devices > Link a device:"
        let pictures = try ["2@secret", "2@other"].map { text in
            QRPicture(code: try #require(QRCode(text)), quietZone: 4).lines(.plain)
        }
        #expect(
            result.lines == [words] + pictures[0] + ["It is valid for 60 s."] + [words] + pictures[1]
                + ["It is valid for 20 s.", "linked dev1 (+15550000001)", "connected"])
        #expect(server.requests.last?.hasSuffix(#"{"name":"dev1"}"#) == true)
    }

    @Test func `add with a phone prints the code to type`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let command = try fixture.start(["device", "add", "dev1", "--phone", "+1 (555) 000-0001"])
        let code = #"{"state":"code","code":"ABCD-EFGH","validSeconds":180}"#
        for line in [Self.qr, code, #"{"state":"qrExhausted"}"#, #"{"state":"codeExpired"}"#, Self.linked] {
            try await server.push(line)
        }
        try await server.push(Self.connected)
        let result = try await command.result()
        #expect(result.status == 0)
        #expect(
            result.lines == [
                "To link dev1 on +15550000001, open WhatsApp > Linked devices > Link a device > "
                    + "Link with phone number instead, and type:",
                "ABCD-EFGH  (valid for 180 s)", "The code is void; waiting for another.", "linked dev1 (+15550000001)",
                "connected",
            ])
        #expect(server.requests.last?.hasSuffix(#"{"name":"dev1","phone":"15550000001"}"#) == true)
    }

    @Test func `add with --json passes the lines on as they come`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let command = try fixture.start(["device", "add", "dev1", "--json"])
        try await server.push(Self.qr)
        try await eventually("the first line") { try command.output == Self.qr + "\n" }
        let failed = #"{"state":"failed","code":"LINKING_FAILED","error":"Nobody scanned it; try again"}"#
        try await server.push(#"{"state":"dancing", "to": "\u001b[2J"}"#)
        try await server.push(failed)
        let result = try await command.result()
        #expect(result.status == 75)
        #expect(result.lines == [Self.qr, #"{"state":"dancing","to":"\u001b[2J"}"#, failed])
        #expect(
            result.errors == "spoolctl: the daemon said dancing, which this version does not know; ignored\n"
                + "spoolctl: Nobody scanned it; try again (LINKING_FAILED)\n")
    }

    @Test func `add says when the daemon hangs up, or ends too early`() async throws {
        let fixture = try CommandFixture()
        let server = try self.server(fixture)
        let cut = try fixture.start(["device", "add", "dev1"])
        try await server.push(Self.qr)
        try await server.cut()
        let result = try await cut.result()
        #expect(result.status == 69)
        #expect(result.errors.contains("it went away in the middle of its answer"))
        let early = try fixture.start(["device", "add", "dev1"])
        try await server.push(Self.linked)
        try await server.finish()
        let second = try await early.result()
        #expect(second.status == 75)
        #expect(second.lines == ["linked dev1 (+15550000001)"])
    }

    @Test(arguments: [("DEVICE_EXISTS", 409, Int32(65)), ("INVALID_DEVICE", 400, 65), ("DEVICE_BUSY", 409, 75)])
    func `add that is refused shows nothing`(code: String, answer: Int, status: Int32) async throws {
        let fixture = try CommandFixture()
        let refusal = #"\#(answer) {"success":false,"error":"No","code":"\#(code)"}"#
        let server = try self.server(fixture, [ScriptedServer.streamed: refusal])
        let result = try await fixture.run("device", "add", "dev1")
        #expect(result == CommandResult(status: status, output: "", errors: "spoolctl: No (\(code))\n"))
        #expect(server.requests.count == 1)
    }

    // MARK: add, on a terminal

    private func add(
        _ fixture: CommandFixture, on terminal: PseudoTerminal, _ arguments: String...
    ) throws -> RunningCommand {
        try fixture.start(["device", "add", "dev1"] + arguments, output: terminal.otherEnd)
    }

    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    @Test func `add draws on a terminal's second screen and ends on the first`() async throws {
        let fixture = try CommandFixture(settings: ["TERM": "xterm-256color"])
        let server = try self.server(fixture)
        let terminal = try PseudoTerminal(columns: 100, rows: 40)
        let command = try self.add(fixture, on: terminal)
        try await server.push(Self.qr)
        try await eventually("a countdown") { terminal.output.contains("\u{1B}[H\u{1B}[2KValid for ") }
        try await server.push(Self.linked)
        try await server.push(Self.connected)
        #expect(try await command.result().status == 0)
        let output = terminal.output
        #expect(output.hasPrefix(Self.enter + "\u{1B}[H\u{1B}[JValid for 60 s. Ctrl-C gives up."))
        #expect(output.hasSuffix(Self.leave + "linked dev1 (+15550000001)\r\nconnected\r\n"))
        let picture = QRPicture(code: try #require(QRCode("2@secret")), quietZone: 4).lines(.coloured)
        #expect(output.contains(picture.joined(separator: "\r\n")))
    }

    @Test(arguments: [(["NO_COLOR": "1", "TERM": "xterm"], false), (["NO_COLOR": "", "TERM": "xterm"], true)])
    func `add honours NO_COLOR`(settings: [String: String], hasColours: Bool) async throws {
        let fixture = try CommandFixture(settings: settings)
        let server = try self.server(fixture)
        let terminal = try PseudoTerminal(columns: 100, rows: 40)
        let command = try self.add(fixture, on: terminal)
        try await server.push(Self.qr)
        try await server.push(Self.connected)
        #expect(try await command.result().status == 0)
        #expect(terminal.output.contains("\u{1B}[38;5;16") == hasColours)
        let plain = QRPicture(code: try #require(QRCode("2@secret")), quietZone: 4).lines(.plain)
        #expect(terminal.output.contains(plain.joined(separator: "\r\n")) != hasColours)
    }

    @Test func `add on a terminal that can do nothing prints the codes`() async throws {
        let fixture = try CommandFixture(settings: ["TERM": "dumb"])
        let server = try self.server(fixture)
        let terminal = try PseudoTerminal(columns: 100, rows: 40)
        let command = try self.add(fixture, on: terminal)
        try await server.push(Self.qr)
        try await server.push(Self.connected)
        #expect(try await command.result().status == 0)
        #expect(!terminal.output.contains("\u{1B}"))
        #expect(terminal.output.contains("It is valid for 60 s."))
    }

    @Test func `add on a window that is too small shows the text`() async throws {
        let fixture = try CommandFixture(settings: ["TERM": "xterm"])
        let server = try self.server(fixture)
        let terminal = try PseudoTerminal(columns: 80, rows: 10)
        let command = try self.add(fixture, on: terminal)
        try await server.push(Self.qr)
        try await eventually("the text") { terminal.output.contains("2@secret") }
        #expect(terminal.output.contains("needs a window of 25 columns and 15 rows; this one has 80"))
        try terminal.resize(columns: 80, rows: 15)
        try await eventually("the picture") { terminal.output.contains("▀") }
        try await server.push(Self.connected)
        #expect(try await command.result().status == 0)
    }

    private static let signals: [(Int32, Int32)] = [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)]

    @Test(arguments: Self.signals)
    func `a signal restores the terminal and hangs up`(signal: Int32, status: Int32) async throws {
        let fixture = try CommandFixture(settings: ["TERM": "xterm"])
        let server = try self.server(fixture)
        let terminal = try PseudoTerminal(columns: 100, rows: 40)
        let command = try self.add(fixture, on: terminal)
        try await server.push(Self.qr)
        try await eventually("the picture") { terminal.output.contains("▀") }
        command.signal(signal)
        let result = try await command.result()
        #expect(result.status == status)
        #expect(result.errors == "spoolctl: given up; dev1 is not linked unless the phone says so\n")
        #expect(terminal.output.hasSuffix(Self.leave))
        try await eventually("the client to hang up") { server.isStreamGone }
    }
}
