import ArgumentParser

/// A number as a person writes it, or a group's id.
struct RecipientArgument: ExpressibleByArgument, Equatable {
    let address: String

    init?(argument: String) {
        guard !argument.hasSuffix("@g.us") else {
            self.address = argument
            return
        }
        var digits = argument.filter { !"+-.() ".contains($0) }
        if digits.hasPrefix("00") { digits.removeFirst(2) }
        guard (7...15).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.address = digits
    }
}
