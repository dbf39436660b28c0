extension Node: CustomStringConvertible, CustomDebugStringConvertible {
    /// Like XML on one line, for logs: attributes in full, of bytes and text only how many there are.
    public var description: String {
        var output = ""
        self.write(to: &output)
        return output
    }

    public var debugDescription: String { self.description }

    private func write(to output: inout String) {
        output += "<" + Node.escape(self.tag)
        for attribute in self.attributes {
            output += " \(Node.escape(attribute.key))=\"\(Node.escape(attribute.value.string))\""
        }
        switch self.content {
        case .empty:
            output += "/>"
            return
        case .nodes(let nodes):
            output += ">"
            for node in nodes { node.write(to: &output) }
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
