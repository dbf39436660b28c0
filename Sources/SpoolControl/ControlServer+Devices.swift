import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SpoolCore
import SpoolHTTP

extension ControlServer {
    private struct LinkRequest: Decodable {
        var name: String
        /// Missing: by QR code only.
        var phone: String?

        func checkedPhone() throws(APIError) -> String? {
            guard let phone = self.phone else { return nil }
            guard (7...15).contains(phone.utf8.count), phone.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw APIError(
                    .invalidPhone, "phone must be country code and number, 7 to 15 digits and nothing else",
                    field: "phone")
            }
            return phone
        }
    }

    private struct RenameRequest: Decodable {
        var name: String
        var to: String
    }

    private struct RemoveRequest: Decodable {
        var name: String
    }

    private struct PauseRequest: Decodable {
        var name: String
        var reason: String?

        func checkedReason() throws(APIError) -> String? {
            guard let reason = self.reason else { return nil }
            guard reason.unicodeScalars.count <= 200 else {
                throw APIError(.validation, "reason must have at most 200 characters", field: "reason")
            }
            return reason
        }
    }

    /// What a linking has to tell.
    private enum LinkingNews: Sendable {
        case line(JSONValue)
        /// It did not begin.
        case refused(APIError)
    }

    /// Links a device. What is to be shown comes as it happens, one JSON object a line, until the device is online or
    /// the linking has failed. It is given up when the client hangs up and when the daemon shuts down.
    func linkDevice(_ request: Request, _ context: ControlContext) async throws -> Response {
        let devices = try self.linkedDevices()
        let body = try await Self.body(LinkRequest.self, of: request)
        let device = try Self.newDevice(body.name, field: "name")
        let phone = try body.checkedPhone()
        let (news, entry) = AsyncStream.makeStream(of: LinkingNews.self)
        let linking = Task {
            await cancelWhenGracefulShutdown { await self.link(device, phone, devices, entry) }
            entry.finish()
        }
        await context.onHangUp { linking.cancel() }
        let first = await withTaskCancellationHandler {
            await news.first { _ in true }
        } onCancel: {
            linking.cancel()
        }
        await self.log("linking a device", context, ["device.id": "\(device)"])
        switch first {
        case .refused(let error)?: throw error
        case nil: throw APIError(.internal, "The daemon is stopping")
        case .line(let line)?:
            return Self.lines { write in
                defer { linking.cancel() }
                try await write(line)
                for await case .line(let line) in news { try await write(line) }
            }
        }
    }

    /// Gives a device another name.
    func renameDevice(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let devices = try self.linkedDevices()
        let body = try await Self.body(RenameRequest.self, of: request)
        let name = try Self.newDevice(body.to, field: "to")
        try await self.refusing { try await devices.rename(DeviceID(rawValue: body.name), to: name) }
        await self.log("device renamed", context, ["device.id": "\(name)", "device.before": "\(body.name)"])
        return self.success([])
    }

    /// Unlinks and forgets a device.
    func removeDevice(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let devices = try self.linkedDevices()
        let device = DeviceID(rawValue: try await Self.body(RemoveRequest.self, of: request).name)
        let removal = try await self.refusing { try await devices.remove(device) }
        await self.log(
            "device removed", context,
            ["device.id": "\(device)", "unlinked": "\(removal.isUnlinked)", "failed": "\(removal.failed)"])
        return self.success([.init("unlinked", .bool(removal.isUnlinked)), .init("failed", .number(removal.failed))])
    }

    /// Lets a device begin nothing.
    func pauseDevice(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let body = try await Self.body(PauseRequest.self, of: request)
        let (device, reason) = (DeviceID(rawValue: body.name), try body.checkedReason())
        try await self.refusing { try await self.actions.pause(device, reason: reason) }
        await self.log("device paused", context, ["device.id": "\(device)", "reason": "\(reason ?? "none")"])
        return self.success([])
    }

    /// Lets a device go on.
    func resumeDevice(_ request: Request, _ context: ControlContext) async throws -> APIAnswer {
        let body = try await Self.body(PauseRequest.self, of: request)
        let (device, reason) = (DeviceID(rawValue: body.name), try body.checkedReason())
        try await self.refusing { try await self.actions.resume(device, reason: reason) }
        await self.log("device resumed", context, ["device.id": "\(device)", "reason": "\(reason ?? "none")"])
        return self.success([])
    }

    private func linkedDevices() throws(APIError) -> any DeviceActions {
        guard let devices = self.devices else {
            throw APIError(.noLinkedDevices, "This daemon has no linked devices: it is in dry run")
        }
        return devices
    }

    private static func newDevice(_ name: String, field: String) throws(APIError) -> DeviceID {
        guard let device = DeviceID(name: name) else {
            throw APIError(
                .invalidDevice,
                "\(field) must be 1 to 64 letters (a to z), digits, _, - and ., must not start with - or ., "
                    + "and must not be ALL", field: field)
        }
        return device
    }

    private func refusing<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as DeviceAdministrationError {
            throw error.apiError
        }
    }

    // MARK: Linking

    private func link(
        _ device: DeviceID, _ phone: String?, _ devices: any DeviceActions,
        _ entry: AsyncStream<LinkingNews>.Continuation
    ) async {
        do {
            let linked = try await devices.link(device, phone: phone) { step in
                entry.yield(.line(step.line(for: device)))
            }
            self.logger.info("device linked", metadata: ["device.id": "\(device)"])
            guard let connected = await devices.connection(of: device) else { return }
            entry.yield(
                .line([
                    "state": "connected", "sessionId": .string(device.rawValue),
                    "number": .text(connected.number ?? linked.number),
                ]))
        } catch let error as DeviceAdministrationError where error.isRefusal {
            entry.yield(.refused(error.apiError))
        } catch {
            guard !Task.isCancelled else {
                self.logger.info("linking given up", metadata: ["device.id": "\(device)"])
                entry.yield(.line(Self.failure("LINKING_FAILED", "The linking was given up")))
                return
            }
            self.logger.warning("linking failed: \(error)", metadata: ["device.id": "\(device)"])
            entry.yield(.line(Self.failure(for: error)))
        }
    }

    private static func failure(for error: any Error) -> JSONValue {
        guard case .linkingFailed(let reason)? = error as? DeviceAdministrationError else {
            return self.failure(APIErrorCode.internal.rawValue, "\(error)")
        }
        return self.failure("LINKING_FAILED", reason)
    }

    private static func failure(_ code: String, _ message: String) -> JSONValue {
        ["state": "failed", "code": .string(code), "error": .string(message)]
    }

    /// A response of JSON objects, one a line, each sent as it is written.
    private static func lines(
        _ body: @escaping @Sendable (_ write: (JSONValue) async throws -> Void) async throws -> Void
    ) -> Response {
        let headers: HTTPFields = [.contentType: "application/x-ndjson", .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                // A copy goes to the same connection.
                var lines = writer
                try await body { line in try await lines.write(ByteBuffer(string: line.text + "\n")) }
                try await writer.finish(nil)
            })
    }
}

extension LinkingStep {
    fileprivate func line(for device: DeviceID) -> JSONValue {
        switch self {
        case .qrCode(let text, let validFor):
            ["state": "qr", "qr": .string(text), "validSeconds": .number(Int(validFor.components.seconds))]
        case .qrCodesExhausted: ["state": "qrExhausted"]
        case .pairingCode(let code, let validFor):
            ["state": "code", "code": .string(code), "validSeconds": .number(Int(validFor.components.seconds))]
        case .pairingCodeExpired: ["state": "codeExpired"]
        case .linked(let number):
            ["state": "linked", "sessionId": .string(device.rawValue), "number": .string(number)]
        }
    }
}

extension DeviceAdministrationError {
    /// Whether it says no before anything has begun.
    fileprivate var isRefusal: Bool {
        switch self {
        case .exists, .unknown, .busy, .invalidPhone: true
        case .linkingFailed, .failed: false
        }
    }

    fileprivate var apiError: APIError {
        switch self {
        case .exists: APIError(.deviceExists, "\(self)")
        case .unknown: APIError(.unknownDevice, "\(self)")
        case .busy: APIError(.deviceBusy, "\(self)")
        case .invalidPhone: APIError(.invalidPhone, "\(self)", field: "phone")
        case .linkingFailed, .failed: APIError(.internal, "\(self)")
        }
    }
}
