/// Why a certificate chain does not vouch for the server.
public enum CertificateRefusal: Hashable, Sendable {
    /// The two certificates of a chain, the root's key not counted.
    public enum Link: Hashable, Sendable {
        /// Signed by the root.
        case intermediate
        /// Signed by the intermediate, for the server's static key.
        case leaf
    }

    /// The chain is no protobuf.
    case malformedChain
    /// The details of a certificate are no protobuf.
    case malformedDetails(Link)
    /// A certificate is missing, or one of its two parts.
    case incomplete(Link)
    /// A signature does not have 64 bytes.
    case wrongSignatureSize(Link, actual: Int)
    /// The key in a certificate does not have 32 bytes.
    case wrongKeySize(Link, actual: Int)
    /// A signature was not made by the issuer, or not over these details.
    case wrongSignature(Link)
    /// A certificate names another issuer than the one it hangs on.
    case wrongIssuer(Link, expected: UInt32, actual: UInt32)
    /// The leaf is for another key than the one the server has proven to hold.
    case otherServerKey
    /// Valid from `notBefore` (Unix seconds) on: a bad clock on one side, or a chain made for later.
    case notYetValid(Link, notBefore: UInt64)
    /// Valid until `notAfter` (Unix seconds).
    case expired(Link, notAfter: UInt64)
}

extension CertificateRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedChain: "the chain is not readable"
        case .malformedDetails(let link): "the \(link) certificate is not readable"
        case .incomplete(let link): "the \(link) certificate or a part of it is missing"
        case .wrongSignatureSize(let link, let actual): "the signature of the \(link) certificate has \(actual) bytes"
        case .wrongKeySize(let link, let actual): "the key in the \(link) certificate has \(actual) bytes"
        case .wrongSignature(let link): "the \(link) certificate is not signed by its issuer"
        case .wrongIssuer(let link, let expected, let actual):
            "the \(link) certificate names issuer \(actual), not \(expected)"
        case .otherServerKey: "the leaf certificate is for another key than the server's"
        case .notYetValid(let link, let notBefore):
            "the \(link) certificate is valid from \(notBefore) (Unix seconds) on; check the clock of this machine"
        case .expired(let link, let notAfter):
            "the \(link) certificate was valid until \(notAfter) (Unix seconds); check the clock of this machine"
        }
    }
}
