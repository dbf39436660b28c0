extension DaemonConfiguration {
    /// Makes every path absolute, starting at `directory`.
    mutating func resolvePaths(against directory: String) {
        self.spool.directory = Self.absolute(self.spool.directory, in: directory)
        self.state.directory = Self.absolute(self.state.directory, in: directory)
        self.state.keyFile = self.state.keyFile.map { Self.absolute($0, in: directory) }
        self.control.socket = self.control.socket.map { Self.absolute($0, in: directory) }
    }

    /// The path from the root, without empty parts and `.`; `..` stays, since only the file system knows its parent.
    static func absolute(_ path: String, in directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
