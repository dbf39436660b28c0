import SpoolConfig
import Testing

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("17", 17), ("17B", 17), ("3kB", 3000), ("3KB", 3000), ("64KiB", 65_536), ("5MB", 5_000_000),
        ("1MiB", 1_048_576), ("2GB", 2_000_000_000), ("2GiB", 2_147_483_648), ("1TB", 1_000_000_000_000),
        ("1024TiB", 1 << 50),
    ])
    func `a whole number and a unit is a size`(text: String, expected: Int64) {
        #expect(ByteCount(text)?.bytes == expected)
    }

    @Test(arguments: [
        "", "MB", "-1", "+1", "1.5MB", "5 MB", "5mb", "5Mb", "5PB", "0x10", "1025TiB", "9223372036854775807TiB",
        "9223372036854775808",
    ])
    func `anything else is refused, however large`(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [
        ("0", "0"), ("17", "17"), ("65536", "64KiB"), ("5000000", "5MB"), ("1048576", "1MiB"), ("1500", "1500"),
        ("1024000", "1000KiB"),
    ])
    func `the largest unit without a fraction is shown`(text: String, expected: String) throws {
        let size = try #require(ByteCount(text))
        #expect(size.description == expected)
        #expect(ByteCount(expected) == size)
    }
}
