import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppSimulator

struct LargeGroupTests {
    private static let members = (0..<49).map { String(15_551_000_000 + $0) }
    private static let newcomer = "15551009999"

    @Test(arguments: GroupNaming.allCases)
    func
        `of fifty members one joins, one leaves and one links anew: who is entitled reads everything, nobody else anything`(
            naming: GroupNaming
        ) throws
    {
        var bench = try GroupBench(members: Self.members, naming: naming)
        let group = bench.group.description
        let (leaving, linking) = (Self.members[7], Self.members[30])
        bench.change { $0.addAccount(AccountScript(number: linking, devices: 1)) }
        try bench.send("one", id: "A1")
        bench.change { service in _ = service.addMember(Self.newcomer, to: group) }
        bench.acknowledgeNotifications()
        try bench.send("two", id: "A2")
        bench.change { service in _ = service.removeMember(leaving, from: group, byAdmin: false) }
        bench.acknowledgeNotifications()
        try bench.rotate()
        try bench.send("three", id: "A3")
        bench.change { service in _ = service.relink(linking) }
        bench.acknowledgeNotifications()
        try bench.rotate()
        try bench.send("four", id: "A4")
        let all = ["one", "two", "three", "four"]
        for number in Self.members where number != leaving { #expect(bench.texts(number) == all, "\(number)") }
        #expect(bench.texts(leaving) == ["one", "two"])
        #expect(bench.texts(Self.newcomer) == ["two", "three", "four"])
        #expect(bench.texts(linking, device: 2) == ["four"])
        #expect(bench.bench.service.counts.readableByFormerMembers == 0)
        #expect(bench.bench.service.counts.undecryptable == 0)
        #expect(bench.bench.service.counts.staleHashes == 0)
        #expect(bench.bench.complaints == [])
    }
}
