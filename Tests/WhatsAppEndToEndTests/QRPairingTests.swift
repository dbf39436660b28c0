import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator

struct QRPairingTests {
    static let ann = LoopbackBench.ann
    static let first = SimulatedDeviceID(number: Self.ann, device: 1)

    @Test func `a scanned code links the device, which then restarts, logs in and is online`() async throws {
        try await LoopbackBench.run { bench in
            let device = try bench.device()
            let end = try await device.run { device in
                let code = try await device.nextQRCode()
                #expect(try await bench.server.scan(code.text, as: Self.ann) == Self.first)
                let account = try await device.expectLinked()
                #expect(account.jid.description == "\(Self.ann):1@s.whatsapp.net")
                #expect(account.lid?.device == 1 && account.lid?.server == .lid)
                #expect(account.platform == "android" && account.businessName == "Simulated")
                try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
                #expect(await device.session.isOnline)
                #expect(await device.session.clockOffset == .zero)
                let credentials = await device.store.credentials
                #expect(await device.store.account == account)
                #expect(credentials.jid == account.jid && credentials.lid == account.lid)
                #expect(credentials.routingInfo == [0x08, 0x02, 0x08, 0x05])
            }
            #expect(end == .stopped)
            #expect(await bench.devices() == [0, 1])
            #expect(await bench.server.counts.logins == 1)
        }
    }

    @Test func `codes follow one another, and any of them links`() async throws {
        try await LoopbackBench.run { bench in
            try await bench.device().run { device in
                var codes = [try await device.nextQRCode()]
                await device.pass(.seconds(60))
                for _ in 0..<4 {
                    codes.append(try await device.nextQRCode(validFor: .seconds(20)))
                    // So that no ping is open when the clock is moved on.
                    try await device.settle()
                    await device.pass(.seconds(20))
                }
                codes.append(try await device.nextQRCode(validFor: .seconds(20)))
                #expect(Set(codes.map(\.reference)).count == 6)
                _ = try await bench.server.scan(codes[5].text, as: Self.ann)
                _ = try await device.expectLinked()
            }
        }
    }

    @Test func `when nobody scans any code the session ends`() async throws {
        try await LoopbackBench.run { bench in
            let end = try await bench.device().run { device in
                _ = try await device.nextQRCode()
                await device.pass(.seconds(60))
                for _ in 0..<5 {
                    _ = try await device.nextQRCode(validFor: .seconds(20))
                    try await device.settle()
                    await device.pass(.seconds(20))
                }
                try await device.expect(.pairing(.qrCodesExhausted), .ended(.pairingFailed(.timedOut)))
            }
            #expect(end == .pairingFailed(.timedOut))
        }
    }

    @Test(arguments: [
        (FaultAction.wrongHMAC, PairSuccessRefusal.hmacMismatch, "401", "hmac-mismatch"),
        (.wrongAccountSignature, .accountSignatureMismatch, "401", "signature-mismatch"),
        (.garbageContainer, .malformedContainer, "500", "internal-error"),
    ])
    func `an answer of the phone that was tampered with is refused, and the device stays unlinked`(
        fault: FaultAction, refusal: PairSuccessRefusal, code: String, text: String
    ) async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, fault)])
            let device = try bench.device()
            let end = try await device.run { device in
                let qrCode = try await device.nextQRCode()
                await #expect(throws: PairingRefusal.refusedByDevice(code: code, text: text)) {
                    try await bench.server.scan(qrCode.text, as: Self.ann)
                }
                try await device.expect(.ended(.pairingFailed(.refused(refusal))))
            }
            #expect(end == .pairingFailed(.refused(refusal)))
            #expect(await device.store.account == nil)
            #expect(await device.store.credentials.jid == nil)
            #expect(await bench.devices() == [0])
            #expect(await bench.server.state.companions.isEmpty)
        }
    }

    @Test(arguments: [FaultAction.hosted, .withoutLID, .bare, .straySuccess])
    func `an unusual answer of the phone links too`(fault: FaultAction) async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, fault)])
            let device = try bench.device()
            try await device.run { device in
                #expect(try await bench.server.scan(device.nextQRCode().text, as: Self.ann) == Self.first)
                let account = try await device.expectLinked()
                #expect((account.lid == nil) == (fault == .withoutLID))
                #expect((account.platform == nil) == (fault == .bare))
                try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
            }
            // At the latest the login tells the hidden id.
            let lid = await bench.server.state.accounts.first?.lid
            #expect(await device.store.credentials.lid?.user == lid)
            #expect(await device.store.credentials.lid?.device == 1)
        }
    }

    @Test func `the server may close after linking without asking for the restart`() async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, .closeInsteadOfRestart)])
            try await bench.device().run { device in
                _ = try await bench.server.scan(device.nextQRCode().text, as: Self.ann)
                _ = try await device.expectLinked()
                try await device.expect(.disconnected(.closedByServer, retryAfter: .zero), .connected, .drained)
            }
        }
    }

    @Test func `a restart that does not come is not waited for longer than 10 s`() async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, .delayRestart(seconds: 3600))])
            try await bench.device().run { device in
                _ = try await bench.server.scan(device.nextQRCode().text, as: Self.ann)
                _ = try await device.expectLinked()
                await device.pass(.seconds(10))
                try await device.expect(.disconnected(.silence(.restart), retryAfter: .zero), .connected, .drained)
            }
        }
    }

    @Test func `a secret the server takes back is replaced, and only the new code links`() async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, to: Self.ann, .refresh)])
            let device = try bench.device()
            try await device.run { device in
                let retired = try await device.nextQRCode()
                await #expect(throws: PairingRefusal.refreshed) {
                    try await bench.server.scan(retired.text, as: Self.ann)
                }
                let fresh = try await device.nextQRCode()
                #expect(fresh.reference == retired.reference)
                #expect(fresh.advSecret != retired.advSecret)
                #expect(await device.store.secrets == [fresh.advSecret])
                await #expect(throws: PairingRefusal.retiredSecret) {
                    try await bench.server.scan(retired.text, as: Self.ann)
                }
                #expect(try await bench.server.scan(fresh.text, as: Self.ann) == Self.first)
                _ = try await device.expectLinked()
                try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
            }
        }
    }

    @Test func `an account that wants a passkey ends the linking`() async throws {
        try await LoopbackBench.run { bench in
            await bench.server.addFaults([Fault(on: .pairing, .passkey)])
            let end = try await bench.device().run { device in
                let code = try await device.nextQRCode()
                await #expect(throws: PairingRefusal.passkeyWanted) {
                    try await bench.server.scan(code.text, as: Self.ann)
                }
                try await device.expect(.ended(.pairingFailed(.passkeyRequired)))
            }
            #expect(end == .pairingFailed(.passkeyRequired))
            #expect(await bench.devices() == [0])
        }
    }

    @Test func `two devices of one account are linked beside each other`() async throws {
        try await LoopbackBench.run { bench in
            let first = try await bench.linked(seed: 100)
            let second = try await bench.linked(seed: 200)
            #expect(first.jid?.device == 1 && second.jid?.device == 2)
            #expect(await bench.devices() == [0, 1, 2])
            // What it was told meanwhile waits for it.
            try await bench.online(first) { device in
                let notification = try await device.nextStanza()
                #expect(notification.string("type") == "account_sync")
                try await device.settle()
                #expect(await bench.server.state.companions.map(\.waitingStanzas) == [0, 0])
            }
        }
    }
}
