import Foundation
import WhatsAppBinary

/// News about the account's limits, which come as JSON. What is not known here is passed over.
enum MexUpdate: Equatable {
    case timeLock(TimeLock)
    case capping(Capping)

    /// All that is in a notification of type `mex`, or in the answer to a query about limits.
    static func updates(in node: Node, now: Date) -> [MexUpdate] {
        node.children.compactMap { child in
            guard ["update", "result"].contains(child.tag), let bytes = child.bytes, bytes.count <= 1 << 16,
                let response = try? self.decoder.decode(Response.self, from: Data(bytes))
            else { return nil }
            return response.data?.update(now)
        }
    }

    /// A lock without an end is looked at again after this.
    private static let unknownLockTime: Double = 60

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private struct Response: Decodable {
        let data: Content?
    }

    private struct Content: Decodable {
        var timeLock: TimeLockFields?
        var capping: CappingFields?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys {
                // Other keys may hold anything; fields of another kind than known mean another message.
                if key.stringValue.hasSuffix("AccountReachoutTimelock") {
                    self.timeLock = try? container.decodeIfPresent(TimeLockFields.self, forKey: key)
                } else if key.stringValue.contains("CappingInfo") {
                    self.capping = try? container.decodeIfPresent(CappingFields.self, forKey: key)
                }
            }
        }

        func update(_ now: Date) -> MexUpdate? {
            if let timeLock { return .timeLock(timeLock.value(now)) }
            return self.capping?.value.map(MexUpdate.capping)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct TimeLockFields: Decodable {
        let isActive: Bool
        let enforcementType: String?
        let timeEnforcementEnds: Number?

        func value(_ now: Date) -> TimeLock {
            guard self.isActive else { return TimeLock(isActive: false, enforcement: self.enforcementType) }
            return TimeLock(
                isActive: true, enforcement: self.enforcementType,
                ends: self.timeEnforcementEnds?.date ?? now.addingTimeInterval(MexUpdate.unknownLockTime))
        }
    }

    private struct CappingFields: Decodable {
        let cappingStatus: String
        let totalQuota: Number?
        let usedQuota: Number?
        let cycleStartTimestamp: Number?
        let cycleEndTimestamp: Number?

        var value: Capping? {
            guard let status = Capping.Status(rawValue: self.cappingStatus) else { return nil }
            return Capping(
                status: status, totalQuota: self.totalQuota?.quota, usedQuota: self.usedQuota?.quota,
                cycleStart: self.cycleStartTimestamp?.date, cycleEnd: self.cycleEndTimestamp?.date)
        }
    }

    /// A number, or the text of one.
    private struct Number: Decodable {
        let value: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                self.value = number
            } else if let number = Int64(try container.decode(String.self)) {
                self.value = number
            } else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
            }
        }

        /// Unix seconds; 0 is none.
        var date: Date? { self.value > 0 ? Date(timeIntervalSince1970: Double(self.value)) : nil }
        /// -1 is none.
        var quota: Int? { self.value < 0 ? nil : Int(exactly: self.value) }
    }
}
