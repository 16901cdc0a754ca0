// Tested by JinjaValueTests.swift.

/// A value while a template runs: what Python would hold in its place.
enum JinjaValue {
    /// An undefined value; the text says what was missing.
    case undefined(String)
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    /// A text that `safe` or `escape` made: adding to it escapes what is added, as Python's `Markup` does.
    case markup(String)
    case list(JinjaList)
    case tuple(JinjaList)
    case dict(JinjaDictionary)
    case range(JinjaRange)
    case view(JinjaView)
    case iterator(JinjaIterator)
    case namespace(JinjaNamespace)
    case function(JinjaFunction)
    case macro(JinjaMacro)
    case loop(JinjaLoop)
    case cycler(JinjaCycler)
}

/// The items of a list or tuple; no template can change one.
final class JinjaList {
    let items: [JinjaValue]
    let depth: Int
    /// Whether this is a pair that `groupby` made, with the attributes `grouper` and `list`.
    let isGroup: Bool

    init(_ items: [JinjaValue], isGroup: Bool = false) {
        (self.items, self.isGroup) = (items, isGroup)
        var deepest = 0
        for item in items { deepest = max(deepest, item.depth) }
        depth = deepest + 1
    }
}

struct JinjaRange {
    var start: Int
    var stop: Int
    var step: Int

    var count: Int {
        if step > 0 {
            return start < stop ? Int((Double(stop) - Double(start)) / Double(step) < 1e6 ? (stop - start - 1) / step + 1 : .max) : 0
        }
        return start > stop ? Int((Double(start) - Double(stop)) / -Double(step) < 1e6 ? (start - stop - 1) / -step + 1 : .max) : 0
    }

    subscript(index: Int) -> Int { start + index * step }
}

/// `dict.keys()`, `dict.values()`, `dict.items()`.
final class JinjaView {
    enum Kind: String { case keys, values, items }

    let kind: Kind
    let dictionary: JinjaDictionary

    init(_ kind: Kind, _ dictionary: JinjaDictionary) { (self.kind, self.dictionary) = (kind, dictionary) }

    var items: [JinjaValue] {
        switch kind {
        case .keys: dictionary.keys
        case .values: dictionary.values
        case .items: zip(dictionary.keys, dictionary.values).map { .tuple(JinjaList([$0, $1])) }
        }
    }
}

/// What a Python generator is: items made one at a time, once.
final class JinjaIterator {
    let depth: Int
    private var produce: () throws -> JinjaValue?

    init(depth: Int, _ produce: @escaping () throws -> JinjaValue?) { (self.depth, self.produce) = (depth + 1, produce) }

    convenience init(_ items: [JinjaValue]) {
        var position = 0
        self.init(depth: items.reduce(0) { max($0, $1.depth) }) {
            guard position < items.count else { return nil }
            position += 1
            return items[position - 1]
        }
    }

    func next() throws -> JinjaValue? {
        guard let item = try produce() else {
            produce = { nil }
            return nil
        }
        return item
    }
}

/// `namespace(...)`: the one value a template can change.
final class JinjaNamespace {
    private(set) var attributes: JinjaDictionary
    private(set) var depth: Int

    init(_ attributes: JinjaDictionary) { (self.attributes, depth) = (attributes, attributes.depth + 1) }

    func set(_ name: String, _ value: JinjaValue) {
        attributes = attributes.setting(.string(name), value)
        depth = max(depth, value.depth + 1)
    }

    func clear() { attributes = JinjaDictionary() }
}

/// A function of the environment, or a method bound to its value.
final class JinjaFunction {
    let name: String
    let depth: Int
    let call: (JinjaRenderer, JinjaArguments) throws -> JinjaValue

    init(_ name: String, depth: Int = 0, _ call: @escaping (JinjaRenderer, JinjaArguments) throws -> JinjaValue) {
        (self.name, self.depth, self.call) = (name, depth + 1, call)
    }
}

final class JinjaCycler {
    let items: [JinjaValue]
    var position = 0

    init(_ items: [JinjaValue]) { self.items = items }
}

/// A macro, or the body of a call block, with the scope it was written in.
final class JinjaMacro {
    let definition: JinjaMacroDefinition
    let scope: JinjaScope?

    init(_ definition: JinjaMacroDefinition, _ scope: JinjaScope?) { (self.definition, self.scope) = (definition, scope) }
}

extension JinjaValue {
    init(_ value: TemplateValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let items): self = .list(JinjaList(items.map(JinjaValue.init)))
        case .object(let object):
            self = .dict(JinjaDictionary(distinct: object.keys.map { .string($0) }, object.values.map(JinjaValue.init)))
        }
    }

    static func array(_ items: [JinjaValue]) -> JinjaValue { .list(JinjaList(items)) }

    /// How many levels of values stand inside this one.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dict(let dictionary): dictionary.depth
        case .view(let view): view.dictionary.depth + 1
        case .iterator(let iterator): iterator.depth
        case .namespace(let namespace): namespace.depth
        case .function(let function): function.depth
        case .cycler(let cycler): cycler.items.reduce(0) { max($0, $1.depth) } + 1
        default: 0
        }
    }

    /// The value with markup made an ordinary text.
    var plain: JinjaValue { if case .markup(let text) = self { .string(text) } else { self } }

    /// The value with a text, or the texts of a list, made markup.
    var asMarkup: JinjaValue {
        switch self {
        case .string(let text): .markup(text)
        case .list(let list): .list(JinjaList(list.items.map(\.asMarkup)))
        case .tuple(let list): .tuple(JinjaList(list.items.map(\.asMarkup)))
        default: self
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// Python's truth of the value.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let value), .markup(let value): !value.isEmpty
        case .list(let list), .tuple(let list): !list.items.isEmpty
        case .dict(let dictionary): !dictionary.keys.isEmpty
        case .range(let range): range.count > 0
        case .view(let view): !view.dictionary.keys.isEmpty
        case .iterator, .namespace, .function, .macro, .loop, .cycler: true
        }
    }

    /// The name of the Python type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .range: "range"
        case .view(let view): "dict_\(view.kind.rawValue)"
        case .iterator: "generator"
        case .namespace: "Namespace"
        case .function: "function"
        case .macro: "Macro"
        case .loop: "LoopContext"
        case .cycler: "Cycler"
        }
    }

    /// The whole number, for values that count as one in Python (`True` is 1).
    var asInt: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): value
        default: nil
        }
    }

    /// The number as floating point, for integers, truth values and floats.
    var asDouble: Double? {
        if case .double(let value) = self { return value }
        return asInt.map(Double.init)
    }
}
