import SpoolConfig
import SpoolFiles

extension DaemonConfiguration {
    /// What the configuration says about reading drop files; a limit that is off is as large as can be.
    var readingRules: ReadingRules {
        ReadingRules(
            defaultCountryCode: self.defaultCountryCode, timeZone: self.timeZone.timeZone,
            maximumFile: self.spool.maximumFile?.bytes ?? .max, maximumRows: self.spool.maximumRows ?? .max,
            maximumField: self.spool.maximumField.map { Int($0.bytes) } ?? .max)
    }
}
