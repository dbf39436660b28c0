import SpoolCore
import SpoolFiles

/// One refusal as a line for people: `line 7: number: Phone number is required (VALIDATION_ERROR)`.
struct FaultLine {
    let text: String

    init(_ refusal: Refusal, line: Int?) {
        self.init(
            line: line.map { Int64($0) }, field: refusal.field, error: refusal.message, code: refusal.code.rawValue)
    }

    /// An element of `errors` in an answer, or a whole `.rejected.json`.
    init(_ value: JSONValue) {
        self.init(
            line: value["line"]?.integer, field: value["field"]?.string, error: value["error"]?.string ?? "refused",
            code: value["code"]?.string)
    }

    private init(line: Int64?, field: String?, error: String, code: String?) {
        let parts = [line.map { "line \($0)" }, field, error].compactMap(\.self)
        self.text = TerminalText.safe(parts.joined(separator: ": ") + (code.map { " (\($0))" } ?? ""))
    }
}
