/// A node's attributes in the order in which they are encoded.
///
/// Nodes have few, so finding one is a walk over them. A key that the other side sent twice counts with its first value.
public struct Attributes: Hashable, Sendable {
    public struct Element: Hashable, Sendable {
        public let key: String
        public let value: AttributeValue

        public init(key: String, value: AttributeValue) {
            self.key = key
            self.value = value
        }
    }

    private var elements: [Element]

    public init(_ elements: [Element] = []) {
        self.elements = elements
    }

    /// The value of a key. Setting replaces the value in its place or appends it; setting `nil` takes it away.
    public subscript(key: String) -> AttributeValue? {
        get {
            for element in self.elements where element.key == key { return element.value }
            return nil
        }
        set {
            let index = self.elements.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): self.elements[index] = Element(key: key, value: value)
            case (let index?, nil): self.elements.remove(at: index)
            case (nil, let value?): self.elements.append(Element(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension Attributes: RandomAccessCollection {
    public var startIndex: Int { self.elements.startIndex }
    public var endIndex: Int { self.elements.endIndex }
    public subscript(position: Int) -> Element { self.elements[position] }
}

extension Attributes: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        self.init(elements.map { Element(key: $0.0, value: $0.1) })
    }
}
