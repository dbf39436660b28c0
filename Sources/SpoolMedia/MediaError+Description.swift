import SpoolCore
import Glibc

extension MediaError: CustomStringConvertible {
    /// One sentence for the person who wrote the row: what is wrong and what to do.
    public var description: String {
        switch self {
        case .forbiddenURL(let fault): "The URL may not be fetched: \(fault)"
        case .forbiddenAddress(let host, let address):
            "\(Self.short(host)) leads to \(address), an address inside: media.allowNetworks would have to name it"
        case .outside(let path):
            "\(Self.short(path)) is not inside the media directory: give a path relative to it, without .."
        case .symbolicLink(let path):
            "\(Self.short(path)) is or goes through a symbolic link: put the file itself there"
        case .hardLinked(let path, let links): "\(Self.short(path)) is one file under \(links) names: copy it instead"
        case .notARegularFile(let path): "\(Self.short(path)) is not a regular file"
        case .confinementMissing: "This kernel cannot confine paths (openat2 is missing): give a URL instead"
        case .missing(let path): "\(Self.short(path)) is not in the media directory"
        case .unreadable(let path, let code): "\(Self.short(path)) cannot be read: \(Self.reason(code))"
        case .changing(let path): "\(Self.short(path)) is still being written: drop the row when the file is complete"
        case .unresolvable(let host, _): "No address was found for \(Self.short(host))"
        case .unreachable(let host, let reason): "\(Self.short(host)) cannot be reached: \(reason)"
        case .status(let status, let host): "\(Self.short(host)) answered with HTTP status \(status)"
        case .badRedirect(let host): "\(Self.short(host)) redirects without saying where to"
        case .tooManyRedirects(let limit): "The URL redirects more than \(limit) times"
        case .encoded(let encoding, let host):
            "\(Self.short(host)) sent the file in the encoding \(Self.short(encoding)) though none was asked for"
        case .cutOff(let host): "\(Self.short(host)) closed the connection before the file was complete"
        case .timedOut(let host, let seconds): "\(Self.short(host)) did not deliver the file within \(seconds) s"
        case .cancelled: "Fetching the file was interrupted"
        case .empty: "The file is empty"
        case .tooLarge(let size, let limit, let kind):
            "The file is too large: \(size.map { "\($0) bytes" } ?? "it goes on"), \(Self.limit(limit, kind))"
        case .tooManyPixels(let width, let height): "The image is \(width) × \(height) pixels: make it smaller"
        case .unsupported(let found): "The file is \(found), which cannot be sent"
        case .mismatch(let said, let found): "The file is \(found), but \(Self.short(said)) was said"
        case .store(let call, _, let code): "The file could not be stored (\(call): \(Self.reason(code)))"
        }
    }

    private static func limit(_ limit: Int64, _ kind: MediaKind?) -> String {
        "the limit\(kind.map { " for \($0.rawValue)" } ?? "") is \(limit) bytes"
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// At most 80 characters and no control characters: the text comes from outside.
    private static func short(_ text: String) -> String {
        let printable = text.unicodeScalars.lazy.map { scalar in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "\u{FFFD}" : scalar
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: printable.prefix(80))
        return String(result)
    }
}
