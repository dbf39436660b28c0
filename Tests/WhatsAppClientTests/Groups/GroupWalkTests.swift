import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

/// A group of 50 people in which people come, go and install anew.
@Suite struct GroupWalkTests {
    @Test func `everybody entitled reads everything, and nobody else anything`() async throws {
        let bench = try await GroupBench.online()
        var devices = [MessengerBench.lid, MessengerBench.companion, MessengerBench.ownPhone]
        var members = [MessengerBench.lid]
        for number in 0..<48 {
            let ids: [UInt16] = number.isMultiple(of: 3) ? [0, 3] : [0]
            members.append(try await bench.addPerson(number, devices: ids))
            devices += try ids.map { try GroupBench.member(number).withDevice($0) }
        }
        await bench.setMembers(members)
        let address = bench.bench.address

        func expectRead(_ stanza: Node, _ text: String, _ sourceLocation: SourceLocation = #_sourceLocation)
            async throws
        {
            for device in devices {
                #expect(try await bench.open(stanza, at: device) == text, "\(device)", sourceLocation: sourceLocation)
            }
        }

        // All get the key once.
        let first = try await bench.sent("one", id: "A1")
        #expect(Set(GroupBench.receivers(first)) == Set(devices))
        try await expectRead(first, "one")
        let second = try await bench.sent("two", id: "A2")
        #expect(second.child("participants") == nil && second.child("device-identity") == nil)
        try await expectRead(second, "two")

        // Somebody joins: only she gets the key, and reads nothing of before.
        let new = try await bench.addPerson(60, devices: [0, 5])
        let newDevices = try [new, new.withDevice(5)]
        members.append(new)
        devices += newDevices
        await bench.setMembers(members)
        await bench.tellChange()
        let third = try await bench.sent("three", id: "A3")
        #expect(Set(GroupBench.receivers(third)) == Set(newDevices))
        try await expectRead(third, "three")
        for device in newDevices {
            let peer = try await bench.copy(of: device)
            #expect(!peer.canRead(first, from: address) && !peer.canRead(second, from: address))
        }

        // Somebody leaves: all others get a new key.
        let left = GroupBench.member(3)
        let leftDevices = try [left, left.withDevice(3)]
        members.removeAll { $0 == left }
        devices.removeAll { leftDevices.contains($0) }
        await bench.setMembers(members)
        await bench.tellChange()
        let fourth = try await bench.sent("four", id: "A4")
        #expect(Set(GroupBench.receivers(fourth)) == Set(devices))
        try await expectRead(fourth, "four")

        // Somebody links a companion anew: the old one reads no further.
        let member = GroupBench.member(6)
        let oldCompanion = try member.withDevice(3)
        let newCompanion = try member.withDevice(4)
        let unlinked = try await bench.copy(of: oldCompanion)
        await bench.channel.remove(oldCompanion)
        try await bench.channel.add(TestPeer(newCompanion, seed: 777))
        devices.removeAll { $0 == oldCompanion }
        devices.append(newCompanion)
        await bench.tellDevices(of: member)
        let fifth = try await bench.sent("five", id: "A5")
        #expect(Set(GroupBench.receivers(fifth)) == Set(devices))
        try await expectRead(fifth, "five")
        #expect(!unlinked.canRead(fifth, from: address))

        // Somebody has a new phone, with the same address: the old one reads no further.
        let phone = GroupBench.member(7)
        let oldPhone = try await bench.copy(of: phone)
        try await bench.channel.with(phone) { try $0.reinstall() }
        await bench.bench.handle(MessengerBench.notification("encrypt", from: phone, children: [Node("identity")]))
        let sixth = try await bench.sent("six", id: "A6")
        #expect(Set(GroupBench.receivers(sixth)) == Set(devices))
        try await expectRead(sixth, "six")
        #expect(!oldPhone.canRead(sixth, from: address))

        // Nobody has left since: no more keys, and who is gone reads nothing of it all.
        let last = try await bench.sent("seven", id: "A7")
        #expect(last.child("participants") == nil)
        try await expectRead(last, "seven")
        for stanza in [fourth, fifth, sixth, last] {
            for device in leftDevices {
                let peer = try await bench.copy(of: device)
                #expect(!peer.canRead(stanza, from: address), "\(device)")
            }
        }
        #expect(await bench.channel.queries("w:g2").count == 3)
    }

    @Test func `who comes and goes in any order, seed after seed`() async throws {
        for seed: UInt64 in [1, 2, 3] {
            var generator = SeededGenerator(seed: seed)
            let bench = try await GroupBench.online()
            let address = bench.bench.address
            var inside: Set<JID> = [MessengerBench.lid]
            var people: [JID] = []
            for number in 0..<6 { people.append(try await bench.addPerson(number)) }
            for number in 0..<24 {
                let person = people[Int.random(in: 0..<people.count, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0:
                    inside.insert(person)
                    await bench.setMembers(inside.sorted { $0.user < $1.user })
                    await bench.tellChange()
                case 1:
                    inside.remove(person)
                    await bench.setMembers(inside.sorted { $0.user < $1.user })
                    await bench.tellChange()
                case 2:
                    try await bench.channel.with(person) { try $0.reinstall() }
                    await bench.bench.handle(
                        MessengerBench.notification("encrypt", from: person, children: [Node("identity")]))
                default:
                    if Bool.random(using: &generator) {
                        await bench.channel.answer(.failure(.timedOut(mayHaveLeft: true)))
                        #expect(await bench.send("lost", id: "L\(number)") == .unknown)
                    }
                }
                // The lost ones have come through too, as far as anybody can know.
                if let lost = await bench.channel.messages.last, lost.string("id") == "L\(number)" {
                    for person in inside { _ = try? await bench.open(lost, at: person) }
                }
                let stanza = try await bench.sent("\(number)", id: "A\(number)")
                for person in inside {
                    #expect(try await bench.open(stanza, at: person) == "\(number)", "seed \(seed), \(person)")
                }
                for person in people where !inside.contains(person) {
                    let peer = try await bench.copy(of: person)
                    #expect(!peer.canRead(stanza, from: address), "seed \(seed), \(person), message \(number)")
                }
            }
        }
    }
}
