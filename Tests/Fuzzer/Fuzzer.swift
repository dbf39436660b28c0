import FuzzTargets
import Foundation

/// libFuzzer around one of the targets: SPOOL_FUZZ_TARGET names it, the arguments are libFuzzer's own.
@main
enum Fuzzer {
    static func main() {
        let name = getenv("SPOOL_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            let text = "spool-fuzz: SPOOL_FUZZ_TARGET is '\(name)'; it must be one of: \(names)\n"
            FileHandle.standardError.write(Data(text.utf8))
            exit(64)
        }
        chosen = target
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runFuzzer(&count, &arguments) { bytes, count in
                chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }
}

/// Set once before the fuzzer starts: its callback is a C function and can carry nothing.
nonisolated(unsafe) private var chosen = FuzzTarget.node

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
