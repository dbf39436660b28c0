public import SpoolCore

extension MediaRequest {
    /// Looks at the attachment without fetching or copying anything: at a local file where it lies, of a URL only at its
    /// form and at an address that is written in it. Blocks.
    /// - Returns: What a local file is; `nil` for a URL.
    public func inspect(_ urlGuard: URLGuard) throws(MediaError) -> MediaDescription? {
        switch self.source {
        case .url(let url):
            try urlGuard.checkLiteral(url)
            return nil
        case .file(let path, let local):
            let inspection = MediaInspection(
                kind: self.kind, fileName: self.fileName, sourceName: FileName.last(of: path))
            return try inspection.describe(try local.open(path))
        }
    }
}
