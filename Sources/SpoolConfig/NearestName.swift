/// Finds what somebody probably meant by an unknown name.
enum NearestName {
    /// The dotted name among `known` that is nearest to `name`; earlier ones win ties, `nil` only when there is none.
    ///
    /// Case, `_` and `-` do not count. A name that only stands in the wrong section is found by its last part, and so
    /// is an abbreviation.
    static func nearest(to name: String, in known: [String]) -> String? {
        let wanted = Self.plain(name)
        let wantedLast = Self.lastPart(wanted)
        let ranked = known.map { candidate in
            let plain = Self.plain(candidate)
            let last = Self.lastPart(plain)
            let whole = Self.distance(wanted, plain)
            let isAbbreviation = !wantedLast.isEmpty && last.starts(with: wantedLast)
            let part = isAbbreviation ? 0 : Self.distance(wantedLast, last)
            return (candidate: candidate, distance: min(whole, part + 1), whole: whole)
        }
        return ranked.min { ($0.distance, $0.whole) < ($1.distance, $1.whole) }?.candidate
    }

    /// How many bytes must be added, removed or replaced to turn `left` into `right`.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }

    private static func plain(_ name: String) -> [UInt8] {
        name.prefix(64).lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }

    private static func lastPart(_ name: [UInt8]) -> [UInt8] {
        Array(name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last ?? [])
    }
}
