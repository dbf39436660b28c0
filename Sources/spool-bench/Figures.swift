import Foundation

/// How benchmark results are printed.
enum Figures {
    static func heading(_ text: String) { Swift.print("\n\(text)") }

    static func line(_ what: String, _ figure: String) { Swift.print("  \(what): \(figure)") }

    /// Two digits after the point.
    static func number(_ value: Double) -> String { String(format: "%.2f", value) }

    /// A whole number.
    static func count(_ value: Double) -> String { String(format: "%.0f", value) }
}
