public import Foundation

/// What the configuration says about reading drop files.
public struct ReadingRules: Sendable {
    /// Replaces the one leading `0` of a national number; digits only. `nil`: national numbers are refused.
    public var defaultCountryCode: String?
    /// The zone of times that are written without one.
    public var timeZone: TimeZone
    /// The most bytes of a file.
    public var maximumFile: Int64
    /// The most data records of a file, refused ones included.
    public var maximumRows: Int
    /// The most bytes of one field. A whole record may have four times as many.
    public var maximumField: Int

    public init(
        defaultCountryCode: String? = nil, timeZone: TimeZone = .gmt, maximumFile: Int64 = 2_000_000_000,
        maximumRows: Int = 5_000_000, maximumField: Int = 1_048_576
    ) {
        self.defaultCountryCode = defaultCountryCode
        self.timeZone = timeZone
        self.maximumFile = maximumFile
        self.maximumRows = maximumRows
        self.maximumField = maximumField
    }

    /// The most bytes of one record, so that memory stays flat whatever the file holds.
    var maximumRecord: Int {
        let (product, overflow) = self.maximumField.multipliedReportingOverflow(by: 4)
        return overflow ? .max / 2 : product
    }
}
