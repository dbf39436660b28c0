public import Foundation
import Glibc
public import SpoolCore

/// Where everything lies in a spool directory.
///
/// Files in `incoming` itself are the user `default`'s; every other user has a directory of that name in `incoming`,
/// `results` and `media`.
public struct SpoolLayout: Equatable, Sendable {
    /// The spool directory, without a slash at its end.
    public let root: String

    public init(root: String) {
        var root = root[...]
        while root.count > 1, root.hasSuffix("/") { root = root.dropLast() }
        self.root = String(root)
    }

    public var incoming: String { self.root + "/incoming" }
    public var importing: String { self.root + "/importing" }
    public var accepted: String { self.root + "/accepted" }
    public var rejected: String { self.root + "/rejected" }
    public var results: String { self.root + "/results" }
    public var media: String { self.root + "/media" }

    public func incoming(of user: UserName) -> String { Self.directory(self.incoming, of: user) }
    public func results(of user: UserName) -> String { Self.directory(self.results, of: user) }
    public func media(of user: UserName) -> String { Self.directory(self.media, of: user) }

    /// The users that have a drop directory, but for `default`; none when this process may not list them.
    public var userNames: Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.incoming)) ?? []
        return Set(
            names.filter { name in
                var isDirectory: ObjCBool = false
                return UserName(rawValue: name) != nil
                    && FileManager.default.fileExists(atPath: self.incoming + "/" + name, isDirectory: &isDirectory)
                    && isDirectory.boolValue
            })
    }

    /// The directory of originals accepted on that day of `timeZone`, `accepted/YYYY-MM-DD`.
    public func accepted(on date: Date, in timeZone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let day = calendar.dateComponents([.year, .month, .day], from: date)
        return self.accepted + "/"
            + [(day.year, 4), (day.month, 2), (day.day, 2)].map { Self.padded($0 ?? 0, to: $1) }.joined(separator: "-")
    }

    /// Makes what is missing, and checks that files can move by rename from drop directory to archive.
    ///
    /// Permissions are set on new directories only: `incoming` can be dropped into but not listed by its group,
    /// `importing` is the daemon's alone, `results` and `media` hand their group on. Whom the groups are is the
    /// administrator's business.
    public func prepare(users: [UserName] = []) throws(IntakeError) {
        try Directory.make(self.root, mode: 0o755)
        try Directory.make(self.incoming, mode: Self.dropMode)
        try Directory.make(self.importing, mode: 0o700)
        try Directory.make(self.accepted, mode: 0o750)
        try Directory.make(self.rejected, mode: 0o750)
        try Directory.make(self.results, mode: Self.resultsMode)
        try Directory.make(self.media, mode: Self.mediaMode)
        for user in users { try self.makeDirectories(of: user) }
        try self.checkFilesystem(drops: [self.incoming] + users.map { self.incoming(of: $0) })
    }

    /// Makes the three directories of a user; those that exist are left as they are.
    public func makeDirectories(of user: UserName) throws(IntakeError) {
        try Directory.make(self.incoming(of: user), mode: Self.dropMode)
        try Directory.make(self.results(of: user), mode: Self.resultsMode)
        try Directory.make(self.media(of: user), mode: Self.mediaMode)
    }

    private static let dropMode: mode_t = 0o1730
    private static let resultsMode: mode_t = 0o2750
    private static let mediaMode: mode_t = 0o2770

    private static func directory(_ parent: String, of user: UserName) -> String {
        user == .default ? parent : "\(parent)/\(user)"
    }

    private static func padded(_ number: Int, to length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }

    /// Equal device numbers are not enough (a bind mount shares its number), so a file travels the way of all files.
    private func checkFilesystem(drops: [String]) throws(IntakeError) {
        let home = try FileObservation.look(atDirectory: self.importing)
        guard try FileObservation.look(atDirectory: self.results)?.device == home?.device else {
            throw .otherFilesystem(path: self.results, than: self.importing)
        }
        let name = DropFileName("\(AtomicFile.prefix)probe-\(getpid()).tmp")
        for drop in drops {
            try self.checkTravel([drop, self.importing, self.accepted, self.rejected].map { SpoolPath($0, name) })
        }
    }

    private func checkTravel(_ stations: [SpoolPath]) throws(IntakeError) {
        guard var current = stations.first else { return }
        // A daemon that was killed here may have had our number, in a container always.
        for station in stations { _ = station.withCString { unlink($0) } }
        _ = try OpenFile.open(current, O_WRONLY | O_CREAT, mode: 0o600)
        defer { _ = current.withCString { unlink($0) } }
        for next in stations.dropFirst() {
            try Rename.move(current, to: next)
            current = next
        }
    }
}
