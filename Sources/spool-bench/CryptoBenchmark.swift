import ArgumentParser

/// The wire protocol's hot paths, each beside OpenSSL's primitives on the same bytes, as often as the path needs them.
struct CryptoBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crypto", abstract: "Messages, nodes, handshakes and media beside OpenSSL's raw primitives.")

    @Option(help: "Multiplies how often everything is done.")
    var scale = 1.0

    func run() throws {
        guard self.scale > 0, self.scale <= 1000 else { throw ValidationError("--scale must be above 0, at most 1000") }
        try RatchetComparison.print(operations: self.operations(20_000))
        try NodeComparison.print(operations: self.operations(20_000))
        try HandshakeComparison.print(operations: self.operations(100))
        try MediaComparison.print(operations: self.operations(1))
    }

    private func operations(_ count: Int) -> Int { max(1, Int(Double(count) * self.scale)) }
}
