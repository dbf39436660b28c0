import Foundation
import Glibc

/// A program of this package, built together with the tests.
enum BuiltProduct: String {
    case spoold
    case spoolctl

    /// Programs lie beside the test bundle, whatever the scratch path.
    func path() throws -> String {
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/" + self.rawValue
        guard access(path, X_OK) == 0 else { throw NotBuilt(path: path) }
        return path
    }

    struct NotBuilt: Error, CustomStringConvertible {
        let path: String

        var description: String { "\(self.path) is not there: build the package first" }
    }
}

/// Files of the checkout that these tests were compiled in.
enum Checkout {
    /// `examples/no-pacing.yaml` and its like.
    static func example(_ name: String) -> String {
        // This file lies in Tests/EndToEndTests/Support.
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.path + "/examples/" + name
    }
}
