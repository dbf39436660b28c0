import SpoolCore

/// Tells texts apart that a reader would not: letters' case in ASCII and the amount of white space do not count.
enum TextHash {
    /// Of what the recipient would see: attachments differ by where they come from.
    static func of(_ request: MessageRequest) -> Int64? {
        Self.of(request.media.map { "\(request.text) \($0.source)" } ?? request.text)
    }

    /// 64 bits of FNV-1a; `nil` for a text of white space only, which says nothing.
    static func of(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            var isEmpty = true
            var isBehindSpace = false
            for byte in bytes {
                guard byte > 0x20 else {
                    isBehindSpace = true
                    continue
                }
                if isBehindSpace, !isEmpty { hash = (hash ^ 0x20) &* 0x100_0000_01b3 }
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                hash = (hash ^ UInt64(isUpper ? byte | 0x20 : byte)) &* 0x100_0000_01b3
                isEmpty = false
                isBehindSpace = false
            }
            return isEmpty ? nil : Int64(bitPattern: hash)
        }
    }
}
