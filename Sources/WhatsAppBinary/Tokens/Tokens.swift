/// The dictionary of texts that have a number of one or two bytes. The tables themselves are generated.
public enum Tokens {
    /// The encoding of a text, or `nil` when it is no token.
    static func code(of text: UnsafeBufferPointer<UInt8>) -> Code? { self.index.code(of: text) }

    /// Bytes on the wire: `first` alone for a single token, both for one of a table.
    struct Code: Equatable {
        let first: UInt8
        let second: UInt8?
    }

    /// The byte that announces the first of the four tables.
    static let firstTable: UInt8 = 236

    private static let index = TokenIndex(single: Tokens.single, double: Tokens.double)
}
