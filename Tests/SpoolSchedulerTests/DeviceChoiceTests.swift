import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private func option(_ name: String, room: Int, isReady: Bool = true) -> DeviceChoice.Option {
    DeviceChoice.Option(device: DeviceID(rawValue: name), isReady: isReady, room: room)
}

@Suite struct DeviceChoiceTests {
    @Test(
        arguments: [
            ([option("a", room: 5), option("b", room: 9)], "b"),
            ([option("b", room: 5), option("a", room: 5)], "a"),
            ([option("a", room: 5), option("b", room: 9, isReady: false)], "a"),
            ([option("a", room: 0)], nil),
            ([option("a", room: 3, isReady: false)], nil),
            ([], nil),
        ] as [([DeviceChoice.Option], String?)])
    func `the device with most room that is ready takes what nobody owns`(
        options: [DeviceChoice.Option], first: String?
    ) {
        #expect(DeviceChoice.first(among: options)?.rawValue == first)
        for option in options {
            let takes = DeviceChoice.takesUnowned(option.device, among: options)
            #expect(takes == (option.device.rawValue == first))
        }
    }

    @Test func `whatever the rooms, exactly one of those that are ready takes it`() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<1000 {
            let options = (0..<Int.random(in: 1...6, using: &generator)).map {
                option(
                    "d\($0)", room: Int.random(in: 1...3, using: &generator),
                    isReady: Bool.random(using: &generator))
            }.shuffled(using: &generator)
            let takers = options.filter { DeviceChoice.takesUnowned($0.device, among: options) }
            #expect(takers.count == (options.contains(where: \.isReady) ? 1 : 0))
        }
    }

    @Test func `the room is that of the narrowest cap`() {
        var device = state(
            .free {
                $0.pacing.hourly = 100
                $0.pacing.daily = 50
                $0.warmUp = true
            })
        for _ in 0..<8 { device.send(.cold, at: start) }
        #expect(device.roomLeft(for: .known, at: start) == 42)
        #expect(device.roomLeft(for: .cold, at: start) == 12)
        #expect(state(.free()).roomLeft(for: .cold, at: start) == .max)
    }

    // MARK: Outages

    @Test(arguments: DeviceChoice.Outage.table)
    func `only an outage of the network moves messages`(status: DeviceStatus, outage: DeviceChoice.Outage?) {
        #expect(DeviceChoice.Outage(status, since: start) == outage)
    }

    @Test(arguments: [Lane.reply, .known])
    func `after five minutes without network known people's messages may move`(lane: Lane) {
        let outage = DeviceChoice.Outage.transport(since: start)
        #expect(DeviceChoice.moves(of: lane, isPinned: false, wasAttempted: false, outage) == start + 300)
        #expect(DeviceChoice.moves(of: lane, isPinned: true, wasAttempted: false, outage) == nil)
        #expect(DeviceChoice.moves(of: lane, isPinned: false, wasAttempted: true, outage) == nil)
        #expect(DeviceChoice.moves(of: lane, isPinned: false, wasAttempted: false, .policy) == nil)
    }

    @Test func `strangers stay with their device`() {
        for outage in [DeviceChoice.Outage.transport(since: start), .policy] {
            #expect(DeviceChoice.moves(of: .cold, isPinned: false, wasAttempted: false, outage) == nil)
        }
    }
}

extension DeviceChoice.Outage {
    fileprivate static let table: [(DeviceStatus, DeviceChoice.Outage?)] = [
        (.connected, nil), (.disconnected, .transport(since: start)), (.banned, .policy), (.unlinked, .policy),
        (.replaced, .policy), (.refused, .policy), (.outdated, .policy), (.failed, .policy),
    ]
}
