import Foundation
import WhatsAppCrypto

/// What the media servers know: who may upload, and what lies there. The bytes themselves are elsewhere.
struct MediaShelf: Sendable {
    /// The names of the servers with their ports, in the order in which clients are to try them.
    var hosts: [String] = []
    /// Those that take no connection, by their place in `hosts`, counted from 1.
    var hostsDown: Set<Int> = []
    var auths: [String: MediaAuth] = [:]
    var blobs: [UploadToken: MediaBlob] = [:]
    /// How many bytes of an upload that broke off were kept.
    var partial: [UploadToken: UInt64] = [:]
    /// What phones are fetching.
    var fetches: [Int: PhoneFetch] = [:]
    var lastNumber = 0

    mutating func nextNumber() -> Int {
        self.lastNumber += 1
        return self.lastNumber
    }
}

/// What a device was given to upload with.
struct MediaAuth: Sendable {
    let device: SimulatedDeviceID
    let expires: Date

    func ended(at now: Date) -> MediaAuth { MediaAuth(device: self.device, expires: min(self.expires, now)) }
}

/// A file that was uploaded.
struct MediaBlob: Sendable {
    /// As in the path: `image`, `video`, …
    let type: String
    let length: UInt64
    let expires: Date
}

/// A phone that waits for a file.
struct PhoneFetch: Sendable {
    let phone: SimulatedDeviceID
    let order: MediaOrder
}

/// An upload the servers are willing to take: where it goes, and what is to happen meanwhile.
struct MediaReception: Sendable, Hashable {
    /// Unlike any other of this run.
    let number: Int
    let token: UploadToken
    let type: String
    /// How many bytes are there already.
    let offset: UInt64
    /// How many come now.
    let count: UInt64
    let sender: String
    var plan = MediaPlan()
}

/// A file the servers are willing to give.
struct MediaGift: Sendable, Hashable {
    let token: UploadToken
    let length: UInt64
    var plan = MediaPlan()
}

/// What the faults that fire want to be done with one transfer.
struct MediaPlan: Sendable, Hashable {
    var answer: MediaAnswer?
    /// Seconds over which the body is drawn out.
    var slowness: Double?
    /// The connection is torn after so many bytes of the body.
    var resetAfter: Int?
    var truncatesAnswer = false

    /// - Returns: false for an action that is not about this transfer alone.
    mutating func take(_ action: FaultAction) -> Bool {
        switch action {
        case .httpError(let code, let retryAfter): self.answer = MediaAnswer(status: code, retryAfter: retryAfter)
        case .slowBody(let seconds): self.slowness = seconds
        case .resetAfter(let bytes): self.resetAfter = bytes
        case .truncatedAnswer: self.truncatesAnswer = true
        default: return false
        }
        return true
    }
}

/// What a media server does about a request.
enum MediaDecision: Sendable, Hashable {
    case answer(MediaAnswer)
    case take(MediaReception)
    case give(MediaGift)
}
