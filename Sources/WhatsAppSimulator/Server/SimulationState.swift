import WhatsAppBinary

/// Who is there at one moment.
public struct SimulationState: Sendable, Hashable {
    public struct Account: Sendable, Hashable {
        public let number: String
        public let lid: String
        public let name: String
        /// All device numbers, the phone's 0 among them.
        public let devices: [UInt16]
    }

    public struct Companion: Sendable, Hashable {
        public let device: SimulatedDeviceID
        public let isConnected: Bool
        /// Whether it has left passive mode.
        public let isActive: Bool
        /// The one-time pre-keys nobody has got yet.
        public let preKeyCount: Int
        /// The stanzas it has not acknowledged.
        public let waitingStanzas: Int
    }

    public struct Group: Sendable, Hashable {
        public let id: String
        public let subject: String
        public let naming: GroupNaming
        /// The numbers of its members.
        public let members: [String]
    }

    public let accounts: [Account]
    public let companions: [Companion]
    public let groups: [Group]
    /// The faults that wait for their event.
    public let armedFaults: Int
    public let complaints: Int
    public let counts: SimulationCounts

    init(_ service: SimulatedService) {
        self.accounts = service.accounts.values.sorted { $0.number < $1.number }.map {
            Account(number: $0.number, lid: $0.lid.user, name: $0.name, devices: $0.devices)
        }
        self.companions = service.companions(of: nil).compactMap { service.companions[$0] }.map {
            Companion(
                device: $0.id, isConnected: $0.connection != nil, isActive: $0.isActive,
                preKeyCount: $0.preKeys.count, waitingStanzas: $0.queue.count)
        }
        self.groups = service.groups.values.map {
            Group(id: $0.id.description, subject: $0.subject, naming: $0.naming, members: $0.members)
        }.sorted { $0.id < $1.id }
        self.armedFaults = service.faults.count
        self.complaints = service.complaints.total
        self.counts = service.counts
    }
}
