import SpoolTestSupport
import Testing
import WhatsAppBinary

@Suite struct ConnectionHeaderTests {
    private let plain: [UInt8] = [0x57, 0x41, 0x06, 0x03]
    private let routed: [UInt8] = [0x45, 0x44, 0x00, 0x01, 0, 0, 2, 8, 9, 0x57, 0x41, 0x06, 0x03]

    @Test func `the header is written with and without routing information`() throws {
        #expect(try ConnectionHeader().bytes == self.plain)
        #expect(ConnectionHeader.prologue == self.plain)
        #expect(try ConnectionHeader(routingInfo: [8, 9]).bytes == self.routed)
    }

    @Test func `the header is read at any split, and frames follow`() throws {
        for (header, info) in [(self.plain, nil), (self.routed, [8, 9])] as [([UInt8], [UInt8]?)] {
            let stream = try header + FrameCodec.encode([1, 2])
            for split in 0...stream.count {
                var codec = FrameCodec()
                try codec.push(stream[..<split])
                var read = try codec.nextHeader()
                #expect((read != nil) == (split >= header.count), "split at \(split)")
                try codec.push(stream[split...])
                if read == nil { read = try codec.nextHeader() }
                #expect(read?.routingInfo == info)
                #expect(try codec.nextFrame() == [1, 2])
            }
        }
    }

    @Test(
        arguments: [
            ("00", .invalidHeader(0, offset: 0)), ("5742", .invalidHeader(0x42, offset: 1)),
            ("4541", .invalidHeader(0x41, offset: 1)), ("454401", .invalidHeader(1, offset: 2)),
            ("45440000", .invalidHeader(0, offset: 3)), ("4544000100000158", nil),
            ("454400010000015845", .invalidHeader(0x45, offset: 8)),
            ("45440001000000455a", .invalidHeader(0x45, offset: 7)),
            ("57410503", .unsupportedVersion(protocolVersion: 5, dictionaryVersion: 3)),
            ("57410602", .unsupportedVersion(protocolVersion: 6, dictionaryVersion: 2)),
            ("45440001001001", .routingInfoTooLong(count: 4097, limit: 4096)),
            ("45440001ffffff", .routingInfoTooLong(count: 0xFFFFFF, limit: 4096)),
        ] as [(String, BinaryError?)])
    func `another beginning is refused at its first wrong byte`(stream: String, error: BinaryError?) throws {
        var codec = FrameCodec()
        try codec.push(#require([UInt8](hex: stream)))
        if let error {
            #expect(throws: error) { try codec.nextHeader() }
        } else {
            #expect(try codec.nextHeader() == nil)
        }
    }

    @Test func `routing information has a limit when written too`() {
        #expect(throws: BinaryError.routingInfoTooLong(count: 4097, limit: 4096)) {
            try ConnectionHeader(routingInfo: [UInt8](repeating: 0, count: 4097))
        }
        #expect(throws: Never.self) { try ConnectionHeader(routingInfo: [UInt8](repeating: 0, count: 4096)) }
    }
}
