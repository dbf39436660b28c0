import Foundation
import SpoolConfig
import SpoolScheduler
import Testing

@Suite struct ConfigurationLoaderTests {
    @Test func `without any file the defaults hold, with absolute paths`() throws {
        let directory = try ConfigurationDirectory()
        let loaded = try directory.load()
        #expect(loaded.files.isEmpty)
        #expect(Set(loaded.origins.values) == [.default])
        var expected = DaemonConfiguration()
        expected.spool.directory = directory.path + "/spool"
        expected.state.directory = directory.path + "/.spoold"
        #expect(loaded.configuration == expected)
        #expect(loaded.configuration.controlSocketPath == directory.path + "/.spoold/control.sock")
    }

    @Test func `the named file wins over the local one, and the local one over the system's`() throws {
        let directory = try ConfigurationDirectory([
            "named.yaml": "scheduler: {hourly: 1}", "spoold.yaml": "scheduler: {hourly: 2}",
            "system/spoold.yaml": "scheduler: {hourly: 3}",
        ])
        #expect(try directory.load("named.yaml").configuration.scheduler.policy.pacing.hourly == 1)
        #expect(try directory.load(directory.path + "/named.yaml").configuration.scheduler.policy.pacing.hourly == 1)
        #expect(try directory.load().configuration.scheduler.policy.pacing.hourly == 2)
        try FileManager.default.removeItem(atPath: directory.path + "/spoold.yaml")
        let loaded = try directory.load()
        #expect(loaded.configuration.scheduler.policy.pacing.hourly == 3)
        #expect(loaded.files == [directory.path + "/system/spoold.yaml"])
    }

    @Test func `a named file must exist`() throws {
        let directory = try ConfigurationDirectory(["spoold.yaml": "scheduler: {hourly: 2}"])
        let error = #expect(throws: ConfigurationError.self) { try directory.load("other.yaml") }
        #expect(error?.description == "\(directory.path)/other.yaml:1: there is no such file")
    }

    @Test func `parts beside the file are applied in the order of their names`() throws {
        let directory = try ConfigurationDirectory([
            "spoold.yaml": "scheduler: {hourly: 90, daily: 900}\nalarm: {command: [a, b]}",
            "conf.d/10.yaml": "scheduler:\n  hourly: 80\n  rest: {after: 20}",
            "conf.d/9.yaml": "scheduler: {hourly: 70}\nalarm: {command: [c]}",
            "conf.d/.hidden.yaml": "scheduler: {hourly: 1}", "conf.d/99.yaml~": "scheduler: {hourly: 1}",
            "conf.d/99.yml": "scheduler: {hourly: 1}",
        ])
        let loaded = try directory.load()
        #expect(
            loaded.files == ["spoold.yaml", "conf.d/10.yaml", "conf.d/9.yaml"].map { "\(directory.path)/\($0)" })
        #expect(loaded.configuration.scheduler.policy.pacing.hourly == 70)
        #expect(loaded.configuration.scheduler.policy.pacing.daily == 900)
        #expect(loaded.configuration.scheduler.policy.pacing.restAfter == 20)
        #expect(loaded.configuration.alarm.command == ["c"])
        #expect(loaded.origins["scheduler.hourly"] == .file(path: directory.path + "/conf.d/9.yaml", line: 1))
        #expect(loaded.origins["scheduler.rest.after"] == .file(path: directory.path + "/conf.d/10.yaml", line: 3))
    }

    @Test func `the environment wins over files, and the command line over both`() throws {
        let directory = try ConfigurationDirectory(["spoold.yaml": "spool: {directory: /a}\nstate: {directory: /b}"])
        let environment = ["SPOOLD_SPOOL_DIRECTORY": "/c", "SPOOLD_STATE_DIRECTORY": "/d", "PATH": "/bin"]
        let loaded = try directory.load(
            environment: environment, overrides: [.init(key: "spool.directory", value: "e/./f", option: "--spool")])
        #expect(loaded.configuration.spool.directory == directory.path + "/e/f")
        #expect(loaded.origins["spool.directory"] == .option("--spool"))
        #expect(loaded.configuration.state.directory == "/d")
        #expect(loaded.origins["state.directory"] == .environment("SPOOLD_STATE_DIRECTORY"))
    }

    @Test(arguments: [
        ("/srv/a #b", "/srv/a #b"), ("/srv/a: b", "/srv/a: b"), ("\"/srv/q\"", "/srv/q"), ("'/srv/q'", "/srv/q"),
        ("/srv//./x/", "/srv/x"), ("/srv/../x", "/srv/../x"),
    ])
    func `a variable's text is taken as it is, without the quotes around it`(value: String, path: String) throws {
        let loaded = try load("", environment: ["SPOOLD_STATE_DIRECTORY": value])
        #expect(loaded.configuration.state.directory == path)
    }

    @Test func `an IPv6 address needs no quotes in a variable, and a list is YAML there`() throws {
        let loaded = try load(
            "", environment: ["SPOOLD_HTTP_LISTEN": "[::1]:80", "SPOOLD_ALARM_COMMAND": "[mail, \"a, b\"]"])
        #expect(loaded.configuration.http.listen == ListenAddress(host: "::1", port: 80))
        #expect(loaded.configuration.alarm.command == ["mail", "a, b"])
        let found = try complaints(about: "", environment: ["SPOOLD_ALARM_COMMAND": "[mail"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("environment variable SPOOLD_ALARM_COMMAND: alarm.command: not YAML") == true)
    }

    @Test func `the paths of key file and socket start at the working directory too`() throws {
        let directory = try ConfigurationDirectory([
            "spoold.yaml": "state: {keyFile: k}\ncontrol: {socket: ./run/c.sock}"
        ])
        let configuration = try directory.load().configuration
        #expect(configuration.state.keyFile == directory.path + "/k")
        #expect(configuration.controlSocketPath == directory.path + "/run/c.sock")
    }

    @Test func `an empty file, an empty section and comments change nothing`() throws {
        let expected = try load("").configuration
        #expect(expected.scheduler == DaemonConfiguration().scheduler)
        for text in ["# nothing\n", "---\n", "spool:\nscheduler: {}\nhttp: ~\n"] {
            #expect(try load(text).configuration.scheduler == expected.scheduler)
        }
    }

    @Test func `a file that is a directory, not UTF-8 or too large is a problem`() throws {
        let directory = try ConfigurationDirectory([
            "dir.yaml/x": "", "large.yaml": String(repeating: "#", count: 300_000),
        ])
        try Data([0x61, 0x3A, 0xFF]).write(to: URL(filePath: directory.path + "/binary.yaml"))
        for (name, reason) in [("dir", "cannot be read"), ("large", "larger than"), ("binary", "not UTF-8")] {
            let error = #expect(throws: ConfigurationError.self) { try directory.load("\(name).yaml") }
            #expect(error?.description.contains("/\(name).yaml:1: ") == true)
            #expect(error?.description.contains(reason) == true)
        }
    }

    @Test func `the parts are read even when the file itself cannot be`() throws {
        let directory = try ConfigurationDirectory(["spoold.yaml": "a: [", "conf.d/x.yaml": "b: 1"])
        let found = directory.complaints()
        #expect(found.count == 2)
        #expect(found.last?.hasPrefix("$/conf.d/x.yaml:1: b: unknown key") == true)
    }
}
