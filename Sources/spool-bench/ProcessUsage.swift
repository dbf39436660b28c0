import Foundation

/// What a process has used so far, as the kernel tells it in /proc.
struct ProcessUsage {
    /// User and system time, in steps of a clock tick.
    let cpuSeconds: Double
    /// Resident memory now.
    let residentKiB: Int

    /// - Parameter process: all zero when there is no such process.
    init(process: Int32) {
        let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        // The name in brackets may have blanks; the fields after it are counted from the third.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = fields.count > 13 ? (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0) : 0
        self.cpuSeconds = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        self.residentKiB = line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    static var own: ProcessUsage { ProcessUsage(process: getpid()) }
}
