import Foundation
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct InboxTests {
    private static let event = Inbox.Task.event(.versionExpires(at: Date(timeIntervalSince1970: 1)))

    private static func stanza(_ bytes: Int) -> Inbox.Task { .stanza(Node("message"), bytes: bytes) }

    /// The routing information that is next; `nil` for anything else.
    private static func routingInfo(_ item: Inbox.Item?) -> [UInt8]? {
        if case .saveRoutingInfo(let bytes)? = item?.task { bytes } else { nil }
    }

    @Test func `of routing information only the last waits, where the first stood`() {
        var inbox = Inbox()
        for number in 0..<100_000 { inbox.append(.saveRoutingInfo([UInt8(truncatingIfNeeded: number)]), connection: 1) }
        inbox.append(Self.event, connection: 1)
        inbox.append(.saveRoutingInfo([7]), connection: 1)
        #expect(inbox.hasRoom)
        #expect(Self.routingInfo(inbox.takeFirst()) == [7])
        #expect(Self.routingInfo(inbox.takeFirst()) == nil)
        #expect(inbox.takeFirst() == nil)
        inbox.append(.saveRoutingInfo([8]), connection: 2)
        #expect(Self.routingInfo(inbox.takeFirst()) == [8])
    }

    @Test func `whatever waits is counted`() {
        var inbox = Inbox()
        for _ in 0..<Inbox.stanzaLimit {
            #expect(inbox.hasRoom)
            inbox.append(Self.event, connection: 1)
        }
        #expect(!inbox.hasRoom && !inbox.isOverfull)
        for _ in 0..<Inbox.stanzaMaximum { inbox.append(Self.event, connection: 1) }
        #expect(inbox.isOverfull)
        while inbox.takeFirst() != nil {}
        #expect(inbox.hasRoom && !inbox.isOverfull)
    }

    @Test func `bytes count for what they are, and small things for something too`() {
        var inbox = Inbox()
        inbox.append(Self.stanza(Inbox.byteLimit - Inbox.itemBytes - 1), connection: 1)
        #expect(inbox.hasRoom)
        inbox.append(.phase(.disconnected), connection: 1)
        #expect(!inbox.hasRoom)
        _ = inbox.takeFirst()
        #expect(inbox.hasRoom)
        for _ in 0..<17 { inbox.append(Self.stanza(4 << 20), connection: 1) }
        #expect(inbox.isOverfull)
    }

    @Test func `what stays when a connection has ended is still counted`() {
        var inbox = Inbox()
        for number in 0..<1000 {
            inbox.append(number.isMultiple(of: 2) ? Self.event : Self.stanza(1 << 20), connection: 1)
        }
        inbox.forgetConnection()
        #expect(!inbox.hasRoom && !inbox.isOverfull)
        for _ in 0..<300 { _ = inbox.takeFirst() }
        #expect(inbox.hasRoom)
        while inbox.takeFirst() != nil {}
        inbox.append(Self.stanza(Inbox.byteLimit - Inbox.itemBytes - 1), connection: 2)
        #expect(inbox.hasRoom)
        inbox.append(Self.stanza(0), connection: 2)
        #expect(!inbox.hasRoom)
    }
}
