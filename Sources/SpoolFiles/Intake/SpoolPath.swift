public import SpoolCore

/// A file of the spool: a directory from the configuration and a name from the outside, which need not be UTF-8.
public struct SpoolPath: Hashable, Sendable, CustomStringConvertible {
    public let directory: String
    public let name: DropFileName

    public init(_ directory: String, _ name: DropFileName) {
        self.directory = directory
        self.name = name
    }

    /// The path for people; percent-encoded as `DropFileName` says.
    public var description: String { "\(self.directory)/\(self.name)" }

    /// The path for system calls.
    public func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let bytes = Array(self.directory.utf8) + [UInt8(ascii: "/")] + self.name.bytes + [0]
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return "".withCString(body) }
                return body(start)
            }
        }
    }
}
