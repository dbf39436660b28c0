import Foundation
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct MexUpdateTests {
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)

    private func updates(_ json: String, tag: String = "update") -> [MexUpdate] {
        MexUpdate.updates(in: Node("notification", children: [Node(tag, bytes: Array(json.utf8))]), now: Self.now)
    }

    @Test func `a time-lock has a reason and an end`() {
        let json = #"""
            {"data":{"xwa2_notify_account_reachout_timelock":{"is_active":true,"enforcement_type":"WEB_COMPANION_ONLY",
            "time_enforcement_ends":"1700003600"}}}
            """#
        let lock = TimeLock(
            isActive: true, enforcement: "WEB_COMPANION_ONLY", ends: Date(timeIntervalSince1970: 1_700_003_600))
        #expect(self.updates(json) == [.timeLock(lock)])
        let answer = json.replacing("notify", with: "fetch")
        #expect(self.updates(answer, tag: "result") == [.timeLock(lock)], "the answer to a query has another key")
    }

    @Test func `a time-lock without an end lasts a minute, and one that is over has none`() {
        func json(_ fields: String) -> String { #"{"data":{"xwa2_notify_account_reachout_timelock":{\#(fields)}}}"# }
        #expect(
            self.updates(json(#""is_active":true"#)) == [.timeLock(TimeLock(isActive: true, ends: Self.now + 60))])
        #expect(
            self.updates(json(#""is_active":false,"time_enforcement_ends":"1700003600""#))
                == [.timeLock(TimeLock(isActive: false))])
    }

    @Test(arguments: ["NONE", "FIRST_WARNING", "SECOND_WARNING", "CAPPED"])
    func `capping has a status and numbers`(status: String) throws {
        let json = #"""
            {"data":{"xwa2_notify_new_chat_messages_capping_info_update":{"total_quota":500,"used_quota":"400",
            "cycle_start_timestamp":1700000000,"cycle_end_timestamp":"1702000000","capping_status":"\#(status)",
            "ote_status":"NOT_ELIGIBLE"}}}
            """#
        let capping = Capping(
            status: try #require(Capping.Status(rawValue: status)), totalQuota: 500, usedQuota: 400,
            cycleStart: Self.now, cycleEnd: Date(timeIntervalSince1970: 1_702_000_000))
        #expect(self.updates(json) == [.capping(capping)])
    }

    @Test func `a quota of minus one is none`() {
        let json =
            #"{"data":{"xwa2_notify_new_chat_messages_capping_info_update":"#
            + #"{"total_quota":-1,"capping_status":"NONE"}}}"#
        #expect(self.updates(json) == [.capping(Capping(status: .none))])
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"data":null,"errors":[{"message":"x"}]}"#, #"{"data":{}}"#,
        #"{"data":{"other":{"is_active":true}}}"#, #"{"data":{"xwa2_notify_account_reachout_timelock":7}}"#,
        #"{"data":{"xwa2_notify_account_reachout_timelock":null}}"#,
        #"{"data":{"xwa2_notify_new_chat_messages_capping_info_update":{"capping_status":"NEW"}}}"#,
    ])
    func `what is not known is passed over`(json: String) {
        #expect(self.updates(json) == [])
    }
}
