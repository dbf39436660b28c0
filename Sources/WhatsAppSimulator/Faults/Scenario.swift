import Foundation

/// Who is there and what will happen: what a script file says.
///
/// ```json
/// {
///   "comment": "what this is for",
///   "accounts": [{"number": "15550001111", "name": "Ann", "devices": 1, "readAfter": 2, "reply": "STOP"}],
///   "notOnWhatsApp": ["15550009999"],
///   "settings": {"addressing": "lid", "minimumVersion": "2.3000.0"},
///   "groups": [{"id": "120363000000000001@g.us", "subject": "Staff", "members": ["15550001111", "15550002222"]}],
///   "faults": [
///     {"on": "message", "nth": 3, "times": 2, "to": "15550001111", "do": "ackError", "code": 463},
///     {"after": 10, "from": "15550002222", "do": "disconnect"}
///   ]
/// }
/// ```
///
/// In a fault, `nth` is 1 and `times` 1 when missing; `times: 0` means all from the nth on. Without `on` it happens at
/// once, or `after` seconds. A field that nobody knows is an error; a `comment` may stand in the script and in a fault.
public struct Scenario: Sendable, Hashable {
    public var accounts: [AccountScript] = []
    /// Numbers that have no account, also where every other number has one.
    public var notOnWhatsApp: [String] = []
    public var settings: SimulationSettings?
    public var groups: [GroupScript] = []
    public var faults: [Fault] = []

    public init() {}

    /// Reads a script, or what stands in its `faults`: one entry or a list of them.
    public init(json: [UInt8]) throws(ScenarioError) {
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: Data(json))
        } catch {
            throw ScenarioError(path: "", message: "this is no JSON object or list")
        }
        if let list = value as? [Any] {
            self.faults = try Self.faults(list)
            return
        }
        var object = try ScriptObject(value, path: "")
        if object.has("do") {
            self.faults = [try Fault(&object)]
        } else {
            try self.read(&object)
        }
        try object.finish()
    }

    private mutating func read(_ object: inout ScriptObject) throws(ScenarioError) {
        _ = try object.string("comment")
        for (index, entry) in (try object.list("accounts") ?? []).enumerated() {
            self.accounts.append(try AccountScript(entry, path: "accounts[\(index)]"))
        }
        for (index, entry) in (try object.list("notOnWhatsApp") ?? []).enumerated() {
            guard let number = (entry as? String).flatMap(PhoneNumber.digits) else {
                throw ScenarioError(path: "notOnWhatsApp[\(index)]", message: "a phone number is wanted here")
            }
            self.notOnWhatsApp.append(number)
        }
        if var settings = try object.object("settings") {
            self.settings = try SimulationSettings(&settings)
            try settings.finish()
        }
        for (index, entry) in (try object.list("groups") ?? []).enumerated() {
            self.groups.append(try GroupScript(ScriptObject(entry, path: "groups[\(index)]")))
        }
        self.faults = try Self.faults(object.list("faults") ?? [])
    }

    private static func faults(_ list: [Any]) throws(ScenarioError) -> [Fault] {
        var faults: [Fault] = []
        for (index, entry) in list.enumerated() {
            var object = try ScriptObject(entry, path: "faults[\(index)]")
            faults.append(try Fault(&object))
            try object.finish()
        }
        return faults
    }
}

/// A person of a script.
public struct AccountScript: Sendable, Hashable {
    public var number: String
    public var name: String?
    /// How many linked devices the person has beside the phone.
    public var devices: Int
    /// Seconds until a message is read; never when `nil`.
    public var readAfter: Double?
    /// What the phone answers to the first message of everybody.
    public var reply: String?

    public init(
        number: String, name: String? = nil, devices: Int = 0, readAfter: Double? = nil, reply: String? = nil
    ) {
        self.number = number
        self.name = name
        self.devices = devices
        self.readAfter = readAfter
        self.reply = reply
    }

    init(_ value: Any, path: String) throws(ScenarioError) {
        try self.init(ScriptObject(value, path: path))
    }

    init(_ object: ScriptObject) throws(ScenarioError) {
        var object = object
        guard let number = try object.phoneNumber("number") else { throw object.error("number", "is missing") }
        let devices = try object.integer("devices") ?? 0
        guard 0...20 ~= devices else { throw object.error("devices", "0 to 20 are possible") }
        self.init(
            number: number, name: try object.string("name"), devices: devices,
            readAfter: try object.seconds("readAfter"), reply: try object.string("reply"))
        try object.finish()
    }
}

extension Fault {
    init(_ object: inout ScriptObject) throws(ScenarioError) {
        _ = try object.string("comment")
        let event = try object.word("on", Event.self) ?? .now
        let action = try FaultAction(&object)
        let times = try object.integer("times") ?? 1
        let first = try object.integer("nth") ?? 1
        guard 1...1_000_000_000 ~= first else { throw object.error("nth", "counting starts with 1") }
        guard 0...1_000_000_000 ~= times else { throw object.error("times", "0 (all) or more are wanted here") }
        self.init(
            on: event, after: try object.seconds("after") ?? 0, from: try object.phoneNumber("from"),
            to: try object.numberOrGroup("to"), first: first, times: times == 0 ? nil : times, action)
        guard action.acceptedEvents.contains(event) else {
            let events = action.acceptedEvents.map(\.rawValue).sorted().joined(separator: ", ")
            throw object.error("on", "this happens only at: \(events)")
        }
        guard event == .now || self.after == 0 else { throw object.error("after", "goes without `on` only") }
        guard event != .now || first == 1 && times == 1 else { throw object.error("nth", "goes with `on` only") }
        let needsPerson = action.concernsRecipient && (event != .message || action.group != nil)
        guard !needsPerson || self.to != nil else { throw object.error("to", "is missing: whose phone?") }
        guard !needsPerson || self.to.map(SimulatedGroup.isAddress) != true else {
            throw object.error("to", "a phone number is wanted here")
        }
    }
}
