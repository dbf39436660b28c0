import Foundation
public import SpoolQueue

/// The parameters of one request, each known to its path and given once.
public struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    /// Reads what stands behind the `?` of a request.
    ///
    /// - Throws: `VALIDATION_ERROR` for a parameter that is not in `known`, given twice, empty, or not UTF-8.
    public init(_ query: String?, known: [String]) throws(APIError) {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else {
                throw APIError(.validation, "The name of a parameter is not percent-encoded UTF-8")
            }
            guard known.contains(name) else {
                let field = String(name.prefix(64))
                throw .invalid(field, "Unknown parameter \(field); \(Self.sentence(known))")
            }
            guard self.values[name] == nil else { throw .invalid(name, "\(name) is given twice") }
            guard parts.count == 2, let value = Self.decoded(parts[1]) else {
                throw .invalid(name, "The value of \(name) is missing or not percent-encoded UTF-8")
            }
            guard !value.isEmpty else { throw .invalid(name, "\(name) is empty") }
            self.values[name] = value
        }
    }

    public subscript(name: String) -> String? { self.values[name] }

    /// The page's size: 1 to 1000, 100 when it is not given.
    public func limit() throws(APIError) -> Int {
        guard let text = self["limit"] else { return 100 }
        guard let limit = Self.number(text), limit <= 1000 else {
            throw .invalid("limit", "limit must be a whole number from 1 to 1000")
        }
        return Int(limit)
    }

    /// Where the page before ended; `nil` for the first page.
    public func cursor() throws(APIError) -> PageCursor? {
        guard let text = self["cursor"] else { return nil }
        guard let cursor = PageCursor(text) else {
            throw .invalid("cursor", "cursor must be the nextCursor of the page before")
        }
        return cursor
    }

    /// The positive number given under a name; `nil` when none is given.
    public func number(_ name: String) throws(APIError) -> Int64? {
        guard let text = self[name] else { return nil }
        return try Self.identifier(text, field: name)
    }

    /// Reads the number of a message, batch or key.
    public static func identifier(_ text: String, field: String) throws(APIError) -> Int64 {
        guard let number = Self.number(text) else { throw .invalid(field, "\(field) must be a positive whole number") }
        return number
    }

    private static func number(_ text: String) -> Int64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text).flatMap { $0 > 0 ? $0 : nil }
    }

    /// Undoes the percent-encoding of a form, where `+` is a space.
    private static func decoded(_ text: Substring) -> String? {
        text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }

    private static func sentence(_ known: [String]) -> String {
        known.isEmpty ? "this path takes none" : "this path takes " + known.joined(separator: ", ")
    }
}
