/// Office documents, which are files inside a container.
enum OfficeFile {
    /// DOC, XLS and PPT: a compound file, whose directory says what is in it ([MS-CFB] 2.2 and 2.6).
    static func legacy(_ file: MediaFile, head: [UInt8], name: String?) throws(MediaError) -> MediaFormat {
        let header = ByteReader(head)
        if let shift = header.uint16(at: 30), shift == 9 || shift == 12, let sector = header.uint32(at: 48) {
            let size = Int64(1) << Int64(shift)
            let directory = try file.read(Int(size), at: (Int64(sector) + 1) * size)
            for (stream, format) in Self.streams where Self.lists(stream, in: directory) { return format }
        }
        // The directory may go on in another sector.
        switch FileName.fileExtension(of: name) {
        case "doc": return .doc
        case "xls": return .xls
        case "ppt": return .ppt
        default: return .other("an old Office or installer file of an unknown kind")
        }
    }

    private static let streams: [(String, MediaFormat)] = [
        ("WordDocument", .doc), ("Workbook", .xls), ("Book", .xls), ("PowerPoint Document", .ppt),
    ]

    private static func lists(_ stream: String, in directory: [UInt8]) -> Bool {
        let name = stream.utf16.flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] } + [0, 0]
        return stride(from: 0, to: directory.count, by: 128).contains { directory[$0...].starts(with: name) }
    }

    /// DOCX, XLSX and PPTX: a ZIP with directories of these names; everything else is a ZIP.
    static func zipped(_ file: MediaFile) throws(MediaError) -> MediaFormat {
        // The list of contents is at the end; its own end is followed by a comment of at most 64 KiB.
        let tailSize = Int64(64 << 10) + 22
        let tail = ByteReader(try file.read(Int(tailSize), at: max(0, file.size - tailSize)))
        guard let end = tail.lastIndex(of: [0x50, 0x4B, 5, 6]), let size = tail.uint32(at: end + 12),
            let offset = tail.uint32(at: end + 16)
        else { return .zip }
        let list = ByteReader(try file.read(min(Int(size), 1 << 20), at: Int64(offset)))
        var position = 0
        var isPackage = false
        var found: MediaFormat?
        while list.uint32(at: position) == 0x0201_4B50, let nameLength = list.uint16(at: position + 28),
            let extraLength = list.uint16(at: position + 30), let commentLength = list.uint16(at: position + 32),
            let name = list.bytes(Int(nameLength), at: position + 46)
        {
            if name.elementsEqual(Array("[Content_Types].xml".utf8)) { isPackage = true }
            for (directory, format) in Self.directories where name.starts(with: Array(directory.utf8)) {
                found = found ?? format
            }
            position += 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
        }
        return isPackage ? found ?? .zip : .zip
    }

    private static let directories: [(String, MediaFormat)] = [("word/", .docx), ("xl/", .xlsx), ("ppt/", .pptx)]
}
