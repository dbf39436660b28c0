import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary

extension SimulatedService {
    /// The account of a number, made when every number has one.
    mutating func account(_ number: String) -> SimulatedAccount? {
        if let account = self.accounts[number] { return account }
        guard self.configuration.everyNumberHasAccount, !self.missing.contains(number),
            PhoneNumber.digits(of: number) == number
        else { return nil }
        return self.addAccount(AccountScript(number: number))
    }

    /// Adds a person, or changes what the person does; devices are only ever added.
    @discardableResult
    mutating func addAccount(_ script: AccountScript) -> SimulatedAccount? {
        self.missing.remove(script.number)
        self.scripts[script.number] = script
        if self.accounts[script.number] == nil {
            // The same number has the same hidden identifier in every run with this seed.
            var random = SimulationRandom(seed: self.configuration.seed).stream(for: "lid \(script.number)")
            var lid: String
            repeat {
                lid = String(UInt64.random(in: 100_000_000_000_000..<1_000_000_000_000_000, using: &random))
            } while self.numbersByLID[lid] != nil
            let name = script.name ?? "Person \(script.number.suffix(4))"
            guard let account = try? SimulatedAccount(number: script.number, lid: lid, name: name) else { return nil }
            self.accounts[script.number] = account
            self.numbersByLID[lid] = script.number
        }
        if let name = script.name { self.accounts[script.number]?.name = name }
        while self.simulatedDevices(of: script.number).count < script.devices + 1 {
            guard self.addSimulatedDevice(to: script.number) else { break }
        }
        for device in self.simulatedDevices(of: script.number) where self.phones[device] != nil {
            self.phones[device]?.script = script
        }
        return self.accounts[script.number]
    }

    /// Gives a person one more linked device, which is run here.
    mutating func addSimulatedDevice(to number: String) -> Bool {
        guard let linked = self.accounts[number]?.link() else { return false }
        self.usePhone(SimulatedDeviceID(number: number, device: linked.device))
        return self.phones[SimulatedDeviceID(number: number, device: linked.device)] != nil
    }

    /// Takes the linked devices of a person that are run here off the account and links as many anew.
    /// - Returns: how many; `nil` when the number has no account.
    mutating func relink(_ number: String) -> Int? {
        guard self.account(number) != nil else { return nil }
        let old = self.simulatedDevices(of: number).filter { !$0.isPhone }
        for device in old { self.forget(device) }
        for _ in old where self.addSimulatedDevice(to: number) {
            self.announceDevices(of: number, added: self.simulatedDevices(of: number).last)
        }
        return old.count
    }

    /// The phone and the linked devices of a person that are run here.
    func simulatedDevices(of number: String) -> [SimulatedDeviceID] {
        self.devices(of: number).filter { $0.isPhone || self.phones[$0] != nil }
    }

    func devices(of number: String) -> [SimulatedDeviceID] {
        (self.accounts[number]?.devices ?? []).map { SimulatedDeviceID(number: number, device: $0) }
    }

    /// All linked devices that connect over the network, or those of one number.
    func companions(of number: String?) -> [SimulatedDeviceID] {
        self.companions.keys.filter { number == nil || $0.number == number }
            .sorted { ($0.number, $0.device) < ($1.number, $1.device) }
    }

    /// Whose device an address names; `nil` when nobody has it, or it is no person's address.
    mutating func resolve(_ jid: JID) -> SimulatedDeviceID? {
        guard let addressing = Addressing(jid.server), !jid.user.isEmpty else { return nil }
        switch addressing {
        case .number:
            guard let account = self.account(jid.user) else { return nil }
            return SimulatedDeviceID(number: account.number, device: jid.device)
        case .lid:
            guard let number = self.numbersByLID[jid.user] else { return nil }
            return SimulatedDeviceID(number: number, device: jid.device)
        }
    }

    func jid(of device: SimulatedDeviceID, _ addressing: Addressing) -> JID {
        // Only devices of accounts are ever asked for.
        (self.accounts[device.number]?.jid(addressing) ?? .service).device(device.device)
    }

    /// Makes sure that a device which is run here exists. Keys are made only now: most people are never written to.
    mutating func usePhone(_ id: SimulatedDeviceID) {
        guard self.phones[id] == nil, self.companions[id] == nil,
            self.accounts[id.number]?.devices.contains(id.device) == true
        else { return }
        var random = SimulationRandom(seed: self.configuration.seed).stream(for: "phone \(id)")
        do {
            self.phones[id] = try SimulatedPhone(id, script: self.scripts[id.number], using: &random)
        } catch {
            self.complain("no keys could be made: \(error)", by: id.description)
        }
    }

    /// One account's identity, as its phone holds it.
    mutating func primary(of number: String) -> SimulatedPhone? {
        let id = SimulatedDeviceID(number: number)
        self.usePhone(id)
        return self.phones[id]
    }
}
