import Foundation
import SwiftProtobuf
public import WhatsAppProto

/// What a device says about the program and the system it runs on, at every login and in the phone's list of devices.
public struct ClientProfile: Hashable, Sendable {
    /// The web client we speak as.
    public var appVersion: AppVersion
    /// The name the phone shows for the device.
    public var osName: String
    /// The version of the system in the text form the server is told.
    public var osVersion: String
    /// The version the phone is told.
    public var deviceVersion: AppVersion
    /// The icon in the phone's list; has to fit what QR texts and pairing codes say.
    public var platformType: WADeviceProps.PlatformType

    public init(
        appVersion: AppVersion, osName: String = "Linux", osVersion: String = "0.1",
        deviceVersion: AppVersion = AppVersion(0, 1, 0), platformType: WADeviceProps.PlatformType = .chrome
    ) {
        self.appVersion = appVersion
        self.osName = osName
        self.osVersion = osVersion
        self.deviceVersion = deviceVersion
        self.platformType = platformType
    }
}

// Zeros and empty texts are set on purpose: the service expects these fields to be present.
extension ClientProfile {
    /// Network codes, language and country are the same for all devices; the network's are zeros, as there is no SIM.
    var userAgent: WAClientPayload.UserAgent {
        var agent = WAClientPayload.UserAgent()
        agent.platform = .web
        agent.appVersion.primary = self.appVersion.primary
        agent.appVersion.secondary = self.appVersion.secondary
        agent.appVersion.tertiary = self.appVersion.tertiary
        agent.mcc = "000"
        agent.mnc = "000"
        agent.osVersion = self.osVersion
        agent.manufacturer = ""
        agent.device = "Desktop"
        agent.osBuildNumber = self.osVersion
        agent.releaseChannel = .release
        agent.localeLanguageIso6391 = "en"
        agent.localeCountryIso31661Alpha2 = "US"
        return agent
    }

    /// The serialized description for the phone, with what history it may send.
    func deviceProps() throws(ClientError) -> [UInt8] {
        var props = WADeviceProps()
        props.os = self.osName
        props.version.primary = self.deviceVersion.primary
        props.version.secondary = self.deviceVersion.secondary
        props.version.tertiary = self.deviceVersion.tertiary
        props.platformType = self.platformType
        props.requireFullSync = false
        props.historySyncConfig = Self.historySync
        do {
            return try props.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }

    private static var historySync: WADeviceProps.HistorySyncConfig {
        var config = WADeviceProps.HistorySyncConfig()
        config.storageQuotaMb = 10_240
        config.inlineInitialPayloadInE2EeMsg = true
        config.supportCallLogHistory = true
        config.supportBotUserAgentChatHistory = true
        config.supportCagReactionsAndPolls = true
        config.supportBizHostedMsg = true
        config.supportRecentSyncChunkMessageCountTuning = true
        config.supportHostedGroupMsg = true
        config.supportFbidBotChatHistory = true
        config.supportMessageAssociation = true
        config.supportGroupHistory = true
        config.thumbnailSyncDaysLimit = 60
        config.supportManusHistory = true
        config.supportHatchHistory = true
        return config
    }
}
