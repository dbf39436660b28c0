import SpoolCore
import Testing

@testable import spoolctl

struct CheckReportTests {
    private let fault = FileCheck.Fault(
        refusal: Refusal(.validation, "Phone number is required", field: "number"), line: 7)

    @Test func `JSON has the counts and each error as the answer file has it`() {
        let report = CheckReport(
            file: "a.csv", summary: .init(rows: 3, failed: 1), faults: [self.fault], checkedDevices: true)
        #expect(
            report.json.text == #"{"success":false,"file":"a.csv","rows":3,"valid":2,"failed":1,"devicesChecked":true,"#
                + #""errors":[{"line":7,"success":false,"error":"Phone number is required","code":"VALIDATION_ERROR","#
                + #""field":"number"}]}"#)
    }

    @Test func `JSON of a refused file says why`() {
        let refusal = FileCheck.Fault(refusal: Refusal(.emptyFile, "The file is empty"))
        let report = CheckReport(file: "a.csv", summary: .init(refusal: refusal), faults: [], checkedDevices: false)
        #expect(
            report.json.text
                == #"{"success":false,"file":"a.csv","rows":0,"valid":0,"failed":0,"devicesChecked":false,"#
                + #""error":"The file is empty","code":"EMPTY_FILE","line":null,"field":null,"errors":[]}"#)
    }

    @Test func `a line for people names place, field, fault and code`() {
        #expect(
            FaultLine(self.fault.refusal, line: 7).text == "line 7: number: Phone number is required (VALIDATION_ERROR)"
        )
        #expect(FaultLine(Refusal(.emptyFile, "The file is empty"), line: nil).text == "The file is empty (EMPTY_FILE)")
        #expect(FaultLine(["error": "a\u{1B}b", "line": 2]).text == "line 2: a\\u{1B}b")
    }
}
