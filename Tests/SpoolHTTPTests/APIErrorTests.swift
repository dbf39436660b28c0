import SpoolCore
import HTTPTypes
import SpoolHTTP
import Testing

struct APIErrorTests {
    @Test(arguments: [
        (APIErrorCode.validation, 400), (.unauthorized, 401), (.forbidden, 403), (.notFound, 404),
        (.methodNotAllowed, 405),
        (.rateLimited, 429), (.internal, 500), (.invalidDevice, 400), (.invalidPhone, 400), (.unknownDevice, 404),
        (.deviceExists, 409), (.deviceBusy, 409), (.noLinkedDevices, 409),
    ])
    func `every code has its status`(code: APIErrorCode, status: Int) {
        #expect(code.status.code == status)
    }

    @Test func `the body is the contract's, with the field when there is one`() {
        #expect(
            APIError(.unauthorized, "Invalid API key").json.text
                == #"{"success":false,"error":"Invalid API key","code":"UNAUTHORIZED"}"#)
        #expect(
            APIError.invalid("limit", "limit is wrong").json.text
                == #"{"success":false,"error":"limit is wrong","code":"VALIDATION_ERROR","field":"limit"}"#)
    }
}
