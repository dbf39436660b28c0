import CryptoPrimitives
import Foundation
import Testing
import WhatsAppClient
import WhatsAppCrypto

extension DeviceStoreConformance {
    mutating func mediaUpload(at date: Date) -> MediaUpload {
        MediaUpload(
            mediaKey: self.secret(32), fileEncSHA256: self.secret(32).exposed, fileLength: 100_000_000,
            url: "https://m.example/v/1?oe=5", directPath: "/v/1?oe=5", keyMadeAt: date - 1, uploadedAt: date)
    }

    mutating func mediaUploads() async throws {
        let hash = [UInt8](repeating: 7, count: 32)
        let document = MediaUploadKey(fileSHA256: hash, kind: .document)
        let image = MediaUploadKey(fileSHA256: hash, kind: .image)
        let other = MediaUploadKey(fileSHA256: [UInt8](repeating: 8, count: 32), kind: .document)
        let (old, new) = (self.mediaUpload(at: Self.date), self.mediaUpload(at: Self.date + 10))
        let third = self.mediaUpload(at: Self.date + 20)
        try await self.store.write { state in
            try state.saveMediaUpload(new, for: document)
            try state.saveMediaUpload(old, for: document)
            try state.saveMediaUpload(new, for: image)
            try state.saveMediaUpload(third, for: other)
        }
        try await self.store.read { state throws in
            #expect(try state.loadMediaUpload(document) == old, "the last one stays")
            #expect(try state.loadMediaUpload(image) == new, "another kind is another upload")
            #expect(try state.loadMediaUpload(MediaUploadKey(fileSHA256: hash, kind: .video)) == nil)
        }
        try await self.store.write { try $0.deleteMediaUploads(before: Self.date + 10) }
        try await self.store.write { try $0.deleteMediaUpload(other) }
        try await self.store.read { state throws in
            #expect(try state.loadMediaUpload(document) == nil)
            #expect(try state.loadMediaUpload(image) == new)
            #expect(try state.loadMediaUpload(other) == nil)
        }
    }
}
