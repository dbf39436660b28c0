/// All devices that a program has, by the names a person gave them, each with its store.
public protocol DeviceRegistry: Sendable {
    /// The names of all devices, the oldest first.
    func names() async throws(DeviceRegistryError) -> [String]

    /// Makes a device and gives its store.
    /// - Throws: `exists`, `failed`.
    func add(_ device: LinkedDevice, named name: String) async throws(DeviceRegistryError) -> any DeviceStore

    /// - Throws: `unknown`, `failed`.
    func store(of name: String) async throws(DeviceRegistryError) -> any DeviceStore

    /// Gives a device another name; stores of it go on working.
    /// - Throws: `unknown`, `exists`, `failed`.
    func rename(_ name: String, to newName: String) async throws(DeviceRegistryError)

    /// Removes a device and all it has; stores of it fail from then on.
    /// - Throws: `unknown`, `failed`.
    func remove(_ name: String) async throws(DeviceRegistryError)
}

public enum DeviceRegistryError: Error, Hashable, Sendable {
    case exists(String)
    case unknown(String)
    /// The text is the store's.
    case failed(String)
}

extension DeviceRegistryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exists(let name): "there is a device \(name) already"
        case .unknown(let name): "there is no device \(name)"
        case .failed(let reason): reason
        }
    }
}
