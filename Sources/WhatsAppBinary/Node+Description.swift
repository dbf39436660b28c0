extension Node: CustomStringConvertible, CustomDebugStringConvertible {
    /// Like XML on one line, safe for logs: of users the last two digits, of attributes that may hold a secret or a name
    /// and of all content only how many bytes there are.
    public var description: String {
        var output = ""
        self.write(to: &output, inFull: false)
        return output
    }

    /// The same with all attributes in full: phone numbers, names and credentials among them.
    public var debugDescription: String {
        var output = ""
        self.write(to: &output, inFull: true)
        return output
    }

    /// What says how a stanza is to be handled, and nothing about people.
    private static let harmlessKeys: Set<String> = [
        "action", "addressing_mode", "category", "class", "code", "context", "count", "decrypt-fail", "edit", "error",
        "id", "index", "key-index", "last", "mediatype", "mode", "notification", "offline", "op_name", "phash",
        "reason", "receipt", "stage", "t", "text", "timestamp", "type", "v", "value", "xmlns",
    ]

    private static func masked(_ attribute: Attributes.Element) -> String {
        switch attribute.value {
        case .jid(let jid):
            let user = jid.isServer ? "" : "…\(jid.user.suffix(2))"
            return user + (jid.device == 0 ? "" : ":\(jid.device)") + "@\(jid.server.rawValue)"
        case .string(let text):
            return self.harmlessKeys.contains(attribute.key) ? text : "(\(text.utf8.count) bytes)"
        }
    }

    private func write(to output: inout String, inFull: Bool) {
        output += "<" + Node.escape(self.tag)
        for attribute in self.attributes {
            let value = inFull ? attribute.value.string : Node.masked(attribute)
            output += " \(Node.escape(attribute.key))=\"\(Node.escape(value))\""
        }
        switch self.content {
        case .empty:
            output += "/>"
            return
        case .nodes(let nodes):
            output += ">"
            for node in nodes { node.write(to: &output, inFull: inFull) }
        case .bytes(let bytes): output += "><!-- \(bytes.count) bytes -->"
        case .text(let text): output += "><!-- \(text.utf8.count) bytes of text -->"
        }
        output += "</\(Node.escape(self.tag))>"
    }

    /// Quotes, brackets and control characters as XML writes them, so that one node stays one line.
    private static func escape(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: self.needsEscape) else { return text }
        var output = ""
        for scalar in text.unicodeScalars {
            if self.needsEscape(scalar) {
                output += "&#\(scalar.value);"
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "&", "<", ">", "\"": true
        default:
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .lineSeparator
                || scalar.properties.generalCategory == .paragraphSeparator
                || scalar.properties.generalCategory == .format
        }
    }
}

extension Node.Content: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        switch self {
        case .empty: "empty"
        case .nodes(let nodes): "\(nodes.count) nodes"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .text(let text): "\(text.utf8.count) bytes of text"
        }
    }

    public var debugDescription: String { self.description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
