import GRDB

/// The first schema: devices and what each of them keeps.
///
/// All rows of a device go with it. Times are milliseconds since 1970, people and chats are addresses as text, the
/// `name` and `number` of a row are a Signal address. Columns called a secret's in `SecretColumn` are sealed when the
/// database has a key. Large values are in tables with a rowid, for SQLite keeps those in fewer pages.
enum V1CreateDevices {
    static let name = "1-create-devices"

    static func migrate(_ db: Database) throws {
        try db.execute(sql: Self.device)
        try db.execute(sql: Self.signal)
        try db.execute(sql: Self.people)
        try db.execute(sql: Self.messages)
    }

    private static let device = """
        CREATE TABLE seal (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            salt BLOB NOT NULL CHECK (length(salt) = 16),
            checkValue BLOB NOT NULL
        ) STRICT;

        CREATE TABLE device (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            noiseKey BLOB NOT NULL,
            identityKey BLOB NOT NULL,
            registrationId INTEGER NOT NULL CHECK (registrationId BETWEEN 0 AND 0xFFFFFFFF),
            signedPreKeyId INTEGER NOT NULL CHECK (signedPreKeyId BETWEEN 1 AND 0xFFFFFF),
            signedPreKey BLOB NOT NULL,
            signedPreKeySignature BLOB NOT NULL CHECK (length(signedPreKeySignature) = 64),
            advSecret BLOB NOT NULL,
            nextPreKeyId INTEGER NOT NULL DEFAULT 1 CHECK (nextPreKeyId BETWEEN 1 AND 0xFFFFFF),
            jid TEXT,
            lid TEXT,
            platform TEXT,
            businessName TEXT,
            identity BLOB,
            isLoggedOut INTEGER NOT NULL DEFAULT 0 CHECK (isLoggedOut IN (0, 1)),
            pushName TEXT,
            routingInfo BLOB,
            nctSalt BLOB,
            lidMigratedAt INTEGER,
            companionMetaNonce BLOB,
            CHECK ((jid IS NULL) = (identity IS NULL)),
            CHECK (jid IS NOT NULL OR (lid IS NULL AND platform IS NULL AND businessName IS NULL))
        ) STRICT;
        """

    private static let signal = """
        CREATE TABLE session (
            id INTEGER PRIMARY KEY,
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFFFFFF),
            record BLOB NOT NULL,
            UNIQUE (deviceId, name, number)
        ) STRICT;

        CREATE TABLE identity (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFFFFFF),
            key BLOB NOT NULL CHECK (length(key) = 32),
            PRIMARY KEY (deviceId, name, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE senderKey (
            id INTEGER PRIMARY KEY,
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFFFFFF),
            groupId TEXT NOT NULL,
            record BLOB NOT NULL,
            UNIQUE (deviceId, name, number, groupId)
        ) STRICT;

        -- A key that is stored again comes last once more.
        CREATE TABLE preKey (
            sequence INTEGER PRIMARY KEY,
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            id INTEGER NOT NULL CHECK (id BETWEEN 1 AND 0xFFFFFF),
            keyPair BLOB NOT NULL,
            isUploaded INTEGER NOT NULL CHECK (isUploaded IN (0, 1)),
            UNIQUE (deviceId, id)
        ) STRICT;
        CREATE INDEX preKeyUploaded ON preKey(deviceId, isUploaded, sequence);
        """

    private static let people = """
        CREATE TABLE lidMapping (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            pn TEXT NOT NULL,
            lid TEXT NOT NULL,
            PRIMARY KEY (deviceId, pn),
            UNIQUE (deviceId, lid)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE deviceList (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            account TEXT NOT NULL,
            fetchedAt INTEGER NOT NULL,
            PRIMARY KEY (deviceId, account)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE listedDevice (
            deviceId INTEGER NOT NULL,
            account TEXT NOT NULL,
            position INTEGER NOT NULL,
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFF),
            keyIndex INTEGER CHECK (keyIndex BETWEEN 0 AND 0xFFFFFFFF),
            isHosted INTEGER NOT NULL CHECK (isHosted IN (0, 1)),
            PRIMARY KEY (deviceId, account, position),
            FOREIGN KEY (deviceId, account) REFERENCES deviceList(deviceId, account) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE numberLookup (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            number TEXT NOT NULL,
            account TEXT,
            pn TEXT,
            askedAt INTEGER NOT NULL,
            PRIMARY KEY (deviceId, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE privacyToken (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            account TEXT NOT NULL,
            token BLOB NOT NULL,
            givenAt INTEGER NOT NULL,
            PRIMARY KEY (deviceId, account)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tokenIssue (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            account TEXT NOT NULL,
            issuedAt INTEGER NOT NULL,
            PRIMARY KEY (deviceId, account)
        ) STRICT, WITHOUT ROWID;
        """

    private static let messages = """
        CREATE TABLE sentMessage (
            id INTEGER PRIMARY KEY,
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            chat TEXT NOT NULL,
            messageId TEXT NOT NULL,
            content BLOB NOT NULL,
            sentAt INTEGER NOT NULL,
            UNIQUE (deviceId, chat, messageId)
        ) STRICT;
        CREATE INDEX sentMessageTime ON sentMessage(deviceId, sentAt);

        CREATE TABLE retry (
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            chat TEXT NOT NULL,
            messageId TEXT NOT NULL,
            name TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFFFFFF),
            count INTEGER NOT NULL CHECK (count > 0),
            PRIMARY KEY (deviceId, chat, messageId, name, number)
        ) STRICT, WITHOUT ROWID;

        -- Without content: handled.
        CREATE TABLE receivedMessage (
            id INTEGER PRIMARY KEY,
            deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            sender TEXT NOT NULL,
            messageId TEXT NOT NULL,
            content BLOB,
            receivedAt INTEGER NOT NULL,
            UNIQUE (deviceId, hash)
        ) STRICT;
        CREATE INDEX receivedMessageSender ON receivedMessage(deviceId, sender, messageId);
        CREATE INDEX receivedMessageTime ON receivedMessage(deviceId, receivedAt);
        """
}
