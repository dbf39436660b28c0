import SpoolConfig
import SpoolCore
import SpoolFiles
import SpoolMedia

/// Looks at the attachments that rows name as the daemon would, and copies nothing.
struct MediaCheck {
    private let local: LocalMedia
    private let urlGuard: URLGuard
    /// What equal attachments came to; bounded, because every row may name another.
    private var known: [MediaReference: Result<MediaDescription?, MediaError>] = [:]
    private static let capacity = 1000

    /// - Parameter local: The files that rows may name.
    init(local: LocalMedia, allowNetworks: [NetworkRange] = []) {
        self.local = local
        self.urlGuard = URLGuard(allowNetworks: allowNetworks)
    }

    /// What the files of `default` may be.
    init(_ configuration: DaemonConfiguration) {
        let layout = SpoolLayout(root: configuration.spool.directory)
        self.init(
            local: LocalMedia(root: layout.media, reserved: layout.userNames),
            allowNetworks: configuration.media.allowNetworks.compactMap(NetworkRange.init))
    }

    mutating func refusal(of message: MessageRequest) -> Refusal? {
        guard let reference = message.media else { return nil }
        switch self.inspect(reference) {
        case .failure(let error): return error.refusal
        case .success(let description):
            return description?.kind == .audio && !message.text.isEmpty ? MediaReference.captionOfAudio : nil
        }
    }

    private mutating func inspect(_ reference: MediaReference) -> Result<MediaDescription?, MediaError> {
        if let known = self.known[reference] { return known }
        let result: Result<MediaDescription?, MediaError>
        do throws(MediaError) {
            result = .success(try MediaRequest(reference, local: self.local).inspect(self.urlGuard))
        } catch {
            result = .failure(error)
        }
        if self.known.count >= Self.capacity { self.known.removeAll(keepingCapacity: true) }
        self.known[reference] = result
        return result
    }
}

extension NetworkRange {
    init?(_ network: IPNetwork) {
        self.init(bytes: network.address.bytes, prefixLength: network.prefixLength)
    }
}
