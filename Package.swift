// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let swiftProtobuf = product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams = product(name: "Yams", package: "Yams")
}

func room(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swiftSettings)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["SpoolTestSupport"], exclude: exclude, swiftSettings: swiftSettings)
}

/// What every part of the project may use.
let foundations: [Target] = [
    // System libraries (Debian: libsqlite3-dev, libssl-dev, libsodium-dev, zlib1g-dev, libinotifytools0-dev,
    // libqrencode-dev, libspng-dev, libturbojpeg0-dev, libwebp-dev).
    .systemLibrary(name: "CSQLite"),
    .systemLibrary(name: "COpenSSL"),
    .systemLibrary(name: "CSodium"),
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CInotifyTools"),
    .systemLibrary(name: "CQREncode"),
    .systemLibrary(name: "CSPNG"),
    .systemLibrary(name: "CTurboJPEG"),
    .systemLibrary(name: "CWebP"),
    // What Linux has and Swift's Glibc module has not.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CLinuxFiles"),

    room("SpoolCore", []),
    // Tests mirror Sources; what they share is in SpoolTestSupport.
    .target(
        name: "SpoolTestSupport", dependencies: ["SpoolCore"], path: "Tests/SpoolTestSupport",
        swiftSettings: swiftSettings),
]

/// The wire protocol: no file, socket, clock or database.
let protocolRooms: [Target] = [
    room("CryptoPrimitives", ["COpenSSL", "CSodium"]),
    room("WhatsAppBinary", ["CZlib"], exclude: ["Tokens/tokens.json", "Tokens/generate.py"]),
    room(
        "WhatsAppProto", [.swiftProtobuf],
        exclude: ["generate.sh", "Protos/wa-e2e.proto", "Protos/wa-handshake.proto"]),
    room("NoiseProtocol", ["CryptoPrimitives", "WhatsAppProto", .swiftProtobuf]),
    room(
        "SignalProtocol", ["CryptoPrimitives", .swiftProtobuf],
        exclude: ["Messages/signal-wire.proto", "Messages/signal-storage.proto"]),
    room("WhatsAppCrypto", ["CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto", .swiftProtobuf]),
    room(
        "WhatsAppClient",
        [
            "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto", "WhatsAppCrypto", "NoiseProtocol", "SignalProtocol",
            .swiftProtobuf, .logging,
        ]),

    // What every device store has to do, for the one in memory and the one in SQLite.
    .target(
        name: "WhatsAppStoreConformance",
        dependencies: [
            "WhatsAppClient", "SignalProtocol", "CryptoPrimitives", "WhatsAppBinary", "WhatsAppCrypto",
            "SpoolTestSupport",
        ],
        path: "Tests/WhatsAppStoreConformance", swiftSettings: swiftSettings),

    tests("CryptoPrimitivesTests", ["CryptoPrimitives"]),
    tests("WhatsAppBinaryTests", ["WhatsAppBinary"]),
    tests("NoiseProtocolTests", ["NoiseProtocol", "CryptoPrimitives", "WhatsAppProto", .swiftProtobuf]),
    tests("SignalProtocolTests", ["SignalProtocol", "CryptoPrimitives"]),
    tests(
        "WhatsAppCryptoTests",
        ["WhatsAppCrypto", "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto", .swiftProtobuf]),
    tests(
        "WhatsAppClientTests",
        [
            "WhatsAppClient", "WhatsAppStoreConformance", "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto",
            "WhatsAppCrypto", "NoiseProtocol", "SignalProtocol", .swiftProtobuf, .logging,
        ]),

    .target(
        name: "FuzzTargets",
        dependencies: ["WhatsAppBinary", "NoiseProtocol", "SignalProtocol", "CryptoPrimitives"],
        path: "Tests/FuzzTargets", swiftSettings: swiftSettings),
    tests("FuzzingTests", ["FuzzTargets"], exclude: ["Corpora"]),
]

/// The live side of WhatsApp: sockets, and a server to try them on.
let whatsAppRooms: [Target] = [
    room(
        "WhatsAppStore",
        [
            "WhatsAppClient", "SignalProtocol", "WhatsAppBinary", "WhatsAppCrypto", "CryptoPrimitives", "CSQLite",
            .grdb,
            .logging,
        ]),
    room(
        "WhatsAppSocket",
        [
            "WhatsAppClient", "WhatsAppCrypto", "CryptoPrimitives", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1,
            .nioWebSocket, .nioSSL,
        ]),
    room(
        "WhatsAppSimulator",
        [
            "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto", "WhatsAppCrypto", "NoiseProtocol", "SignalProtocol",
            "SpoolCore", .hummingbird, .hummingbirdCore, .httpTypes, .logging, .nioCore, .nioHTTP1, .nioPosix,
            .nioWebSocket, .serviceLifecycle, .swiftProtobuf,
        ]),

    room(
        "WhatsAppTransport",
        [
            "SpoolCore", "WhatsAppClient", "WhatsAppBinary", "WhatsAppCrypto", "CryptoPrimitives", "NoiseProtocol",
            .logging,
        ]),

    tests(
        "WhatsAppTransportTests",
        [
            "WhatsAppTransport", "WhatsAppClient", "WhatsAppSocket", "WhatsAppStore", "WhatsAppSimulator",
            "WhatsAppBinary", "WhatsAppCrypto", "CryptoPrimitives", "NoiseProtocol", "SpoolCore", .logging, .nioPosix,
        ]),
    tests(
        "WhatsAppStoreTests",
        [
            "WhatsAppStore", "WhatsAppStoreConformance", "WhatsAppClient", "SignalProtocol", "WhatsAppBinary",
            "WhatsAppCrypto", "CryptoPrimitives", "CSQLite", .grdb, .logging,
        ]),
    tests(
        "WhatsAppSocketTests",
        [
            "WhatsAppSocket", "WhatsAppClient", "WhatsAppCrypto", "CryptoPrimitives", .nioCore, .nioPosix, .nioHTTP1,
            .nioWebSocket, .nioSSL,
        ]),
    tests(
        "WhatsAppSimulatorTests",
        [
            "WhatsAppSimulator", "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto", "WhatsAppCrypto",
            "NoiseProtocol", "SignalProtocol", .httpTypes, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioWebSocket,
            .serviceLifecycle, .swiftProtobuf,
        ]),
    tests(
        "WhatsAppEndToEndTests",
        [
            "WhatsAppClient", "WhatsAppSocket", "WhatsAppSimulator", "CryptoPrimitives", "WhatsAppBinary",
            "WhatsAppCrypto", "NoiseProtocol", "SignalProtocol", .logging, .nioPosix,
        ]),
]

/// Pure decisions, which build in seconds.
let schedulerRooms: [Target] = [
    room("SpoolScheduler", ["SpoolCore"], exclude: ["Zones/generate.py"]),
    tests("SpoolSchedulerTests", ["SpoolScheduler", "SpoolCore"]),
]

/// The spool, the queue and everything that runs.
let daemonRooms: [Target] = [
    room("SpoolFiles", ["SpoolCore", "COpenSSL", "CInotifyTools", "CLinux"]),
    room(
        "SpoolMedia",
        [
            "SpoolCore", "COpenSSL", "CLinux", "CLinuxFiles", "CSPNG", "CTurboJPEG", "CWebP", .asyncHTTPClient,
            .nioCore,
            .nioHTTP1, .nioPosix, .nioSSL,
        ]),
    room("SpoolConfig", ["SpoolCore", "SpoolScheduler", .yams]),
    room("SpoolQueue", ["SpoolCore", "CSQLite", "COpenSSL", .grdb]),
    room(
        "SpoolHTTP",
        [
            "SpoolCore", "SpoolQueue", .hummingbird, .hummingbirdCore, .httpTypes, .logging, .nioCore,
            .serviceLifecycle,
        ]),
    room(
        "SpoolControl",
        [
            "SpoolCore", "SpoolQueue", "SpoolHTTP", .asyncHTTPClient, .hummingbird, .hummingbirdCore, .httpTypes,
            .logging,
            .nioCore, .nioHTTP1, .nioPosix, .serviceLifecycle,
        ]),
    room(
        "SpoolDaemon",
        [
            "SpoolCore", "SpoolFiles", "SpoolMedia", "SpoolQueue", "SpoolScheduler", "SpoolHTTP", "SpoolControl",
            "SpoolConfig",
            .logging,
            .serviceLifecycle,
        ]),

    command(
        "spoold",
        [
            "CLinux", "SpoolDaemon", "SpoolConfig", "SpoolCore", "SpoolFiles", "SpoolMedia", "SpoolScheduler",
            "CryptoPrimitives",
            "NoiseProtocol",
            "WhatsAppClient", "WhatsAppSocket", "WhatsAppStore", "WhatsAppTransport", "WhatsAppSimulator",
            .argumentParser, .logging, .serviceLifecycle, .unixSignals,
        ]),
    // C: only a symbol of the executable itself stands in front of glibc's malloc.
    .target(name: "CAllocationCount"),
    command(
        "spool-bench",
        [
            "SpoolCore", "SpoolFiles", "SpoolQueue", "CryptoPrimitives", "WhatsAppBinary", "WhatsAppProto",
            "NoiseProtocol", "SignalProtocol", "WhatsAppCrypto", "WhatsAppClient", "WhatsAppSocket", "WhatsAppStore",
            "WhatsAppTransport", "COpenSSL", "CAllocationCount", "CSQLite", .argumentParser, .asyncHTTPClient, .logging,
            .nioCore, .nioHTTP1,
        ]),
    command(
        "spoolctl",
        [
            "SpoolConfig", "SpoolControl", "SpoolCore", "SpoolFiles", "SpoolMedia", "SpoolQueue", "CQREncode",
            .argumentParser,
            .unixSignals,
        ]),

    tests("SpoolConfigTests", ["SpoolConfig", "SpoolScheduler", "SpoolCore"]),
    tests("SpoolFilesTests", ["SpoolFiles", "SpoolCore", "CLinux"], exclude: ["Results/References"]),
    .target(
        name: "SpoolMediaTestSupport", dependencies: [.nioCore, .nioPosix], path: "Tests/SpoolMediaTestSupport",
        swiftSettings: swiftSettings),
    tests(
        "SpoolMediaTests",
        ["SpoolMedia", "SpoolMediaTestSupport", "SpoolCore", "CSPNG", "CTurboJPEG", .asyncHTTPClient]),
    tests("SpoolQueueTests", ["SpoolQueue", "SpoolCore", .grdb]),
    tests(
        "SpoolHTTPTests",
        ["SpoolHTTP", "SpoolQueue", "SpoolCore", .hummingbird, .hummingbirdTesting, .httpTypes, .logging, .nioCore]),
    tests(
        "SpoolControlTests",
        [
            "SpoolControl", "SpoolHTTP", "SpoolQueue", "SpoolCore", .asyncHTTPClient, .logging, .nioCore, .nioHTTP1,
            .nioPosix, .serviceLifecycle,
        ]),
    tests(
        "SpoolDaemonTests",
        [
            "SpoolDaemon", "SpoolControl", "SpoolHTTP", "SpoolFiles", "SpoolMedia", "SpoolMediaTestSupport",
            "SpoolQueue", "SpoolScheduler", "SpoolCore", .grdb,
            .logging, .serviceLifecycle,
        ],
        exclude: ["References"]),
    tests(
        "SpoolctlTests",
        [
            "spoolctl", "SpoolConfig", "SpoolControl", "SpoolCore", "SpoolFiles", "SpoolHTTP", "SpoolMedia",
            "SpoolQueue",
            .argumentParser, .logging, .serviceLifecycle,
        ], exclude: ["References"]),
    tests("EndToEndTests", ["spoold", "spoolctl", "SpoolMediaTestSupport"]),
]

/// SPOOL_PART=protocol leaves out all but the wire protocol, for the builds that are full rebuilds of their own
/// (sanitizers, fuzzing); SPOOL_PART=fuzzing adds the fuzzer to that, which nothing but libFuzzer can link.
/// SPOOL_PART=scheduler leaves the scheduler alone, for trying its rules out one by one.
let part = Context.environment["SPOOL_PART"]
let fuzzer: [Target] = [
    .executableTarget(
        name: "spool-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzzer", swiftSettings: swiftSettings,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-Xclang-linker", "-fuse-ld=lld"])])
]

let package = Package(
    name: "spoold",
    platforms: [.macOS(.v15)],
    products: part == nil
        ? [.executable(name: "spoold", targets: ["spoold"]), .executable(name: "spoolctl", targets: ["spoolctl"])] : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: foundations + (part == "scheduler" ? [] : protocolRooms)
        + (part == nil || part == "scheduler" ? schedulerRooms : [])
        + (part == nil ? whatsAppRooms + daemonRooms : []) + (part == "fuzzing" ? fuzzer : []),
    swiftLanguageModes: [.v6]
)
