/// What makes a URL one that is never fetched.
public enum URLFault: String, Error, Hashable, Codable, Sendable, CustomStringConvertible {
    case scheme, userInformation, hostMissing, hostCharacters, hostEncoded, hostNotASCII, hostNumber, port
    case characters, tooLong

    public var description: String {
        switch self {
        case .scheme: "it must begin with https:// or http://"
        case .userInformation: "it must not have a user name or password"
        case .hostMissing: "it names no host"
        case .hostCharacters: "its host is not a host name"
        case .hostEncoded: "its host is percent-encoded"
        case .hostNotASCII: "write its host in the ASCII form (xn--…)"
        case .hostNumber: "write its address as four decimal numbers, or IPv6 in brackets"
        case .port: "its port is not a number from 1 to 65535"
        case .characters: "it has backslashes, control characters or broken percent-encoding"
        case .tooLong: "it is longer than \(MediaURL.maximumLength) bytes"
        }
    }
}
