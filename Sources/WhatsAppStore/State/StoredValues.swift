import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import WhatsAppBinary

extension Row {
    /// A column's value. What the schema promises may not be true of a damaged file.
    func value<Value: DatabaseValueConvertible>(_ index: Int, _ part: String) throws(StoreError) -> Value {
        guard let value = Value.fromDatabaseValue(self[index]) else { throw .damaged(part: part) }
        return value
    }

    /// The same of a column that may be NULL.
    func optional<Value: DatabaseValueConvertible>(_ index: Int, _ part: String) throws(StoreError) -> Value? {
        self.hasNull(atIndex: index) ? nil : try self.value(index, part)
    }

    func bytes(_ index: Int, _ part: String) throws(StoreError) -> [UInt8] {
        let data: Data = try self.value(index, part)
        return Array(data)
    }

    func date(_ index: Int, _ part: String) throws(StoreError) -> Date {
        Date(milliseconds: try self.value(index, part))
    }
}

extension Date {
    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// Since 1970; what no date of ours can be becomes the nearest that is one.
    var milliseconds: Int64 {
        Int64((self.timeIntervalSince1970 * 1000).rounded(.down).clamped(to: -1e15...1e15))
    }
}

extension Double {
    fileprivate func clamped(to limits: ClosedRange<Double>) -> Double {
        self.isNaN ? 0 : Swift.min(Swift.max(self, limits.lowerBound), limits.upperBound)
    }
}

extension JID {
    /// The text form, and the one number that it lacks behind a space, which no address has.
    var stored: String {
        self.integrator == 0 ? self.description : "\(self.description) \(self.integrator)"
    }

    init(stored text: String, _ part: String) throws(StoreError) {
        let halves = text.split(separator: " ", omittingEmptySubsequences: false)
        let integrator = halves.count == 2 ? UInt16(halves[1]) : 0
        guard (1...2).contains(halves.count), let integrator, let jid = try? JID(String(halves[0])),
            let jid = try? JID(
                user: jid.user, server: jid.server, device: jid.device, agent: jid.agent, integrator: integrator)
        else { throw .damaged(part: part) }
        self = jid
    }
}

extension KeyPair {
    /// The private half, then the public one, which would take long to compute.
    var stored: SecretBytes {
        SecretBytes(count: 64) { bytes in
            self.privateKey.scalar.withUnsafeBytes { bytes.copyMemory(from: $0) }
            self.publicKey.bytes.withUnsafeBytes { key in
                UnsafeMutableRawBufferPointer(rebasing: bytes[32...]).copyMemory(from: key)
            }
        }
    }

    init(stored bytes: [UInt8], _ column: SecretColumn) throws(StoreError) {
        guard bytes.count == 64, let privateKey = try? PrivateKey(bytes[..<32]),
            let publicKey = try? PublicKey(bytes[32...])
        else { throw .damaged(part: column.name) }
        self.init(privateKey: privateKey, publicKey: publicKey)
    }
}

/// JSON arrays, by which one statement takes any number of keys.
enum KeyList {
    /// `["one", "two"]`
    static func json(_ texts: [String]) -> String {
        self.list(texts) { text, json in self.append(text, to: &json) }
    }

    /// `[["name", 0], …]`
    static func json(_ addresses: [ProtocolAddress]) -> String {
        self.list(addresses) { address, json in
            json.append(UInt8(ascii: "["))
            self.append(address.name, to: &json)
            json.append(UInt8(ascii: ","))
            json.append(contentsOf: String(address.deviceID).utf8)
            json.append(UInt8(ascii: "]"))
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ append: (Element, inout [UInt8]) -> Void
    ) -> String {
        var json = [UInt8(ascii: "[")]
        for (index, element) in elements.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            append(element, &json)
        }
        json.append(UInt8(ascii: "]"))
        return String(decoding: json, as: UTF8.self)
    }

    private static func append(_ text: String, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                json += Array("\\u00".utf8) + (byte < 0x10 ? [0x30] : []) + Array(String(byte, radix: 16).utf8)
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
