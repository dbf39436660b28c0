import ArgumentParser

/// Benchmarks, each beside a reference in the same run; figures to compare are ratios.
@main
struct SpoolBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool-bench", abstract: "Measure spoold beside references. Build with -c release.",
        subcommands: [
            ImportBenchmark.self, LatencyBenchmark.self, CryptoBenchmark.self, SendBenchmark.self,
            SessionsBenchmark.self, ClaimBenchmark.self, MediaBenchmark.self,
        ])
}
