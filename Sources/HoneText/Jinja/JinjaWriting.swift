// Tested by JinjaExpressionTests.swift.

extension JinjaRenderer {
    /// Python's `str(value)`.
    func text(of value: JinjaValue) throws -> String {
        switch value {
        case .string(let text), .markup(let text): text
        case .undefined: ""
        case .int(let value): String(value)
        default: try repr(value)
        }
    }

    /// Python's `repr(value)`.
    func repr(_ value: JinjaValue) throws -> String {
        var text = ""
        try writeRepr(value, to: &text)
        return text
    }

    private func writeRepr(_ value: JinjaValue, to text: inout String) throws {
        try step()
        if text.utf8.count > limits.outputBytes { throw JinjaFault.limit("a text of more than \(limits.outputBytes) bytes") }
        switch value {
        case .undefined: text += "Undefined"
        case .null: text += "None"
        case .bool(let value): text += value ? "True" : "False"
        case .int(let value): text += String(value)
        case .double(let value): text += PythonNumber.repr(value)
        case .string(let value): text += PythonText.repr(value)
        case .markup(let value): text += "Markup(\(PythonText.repr(value)))"
        case .list(let list): try writeItems(list.items, "[", "]", to: &text)
        case .tuple(let list): try writeItems(list.items, "(", list.items.count == 1 ? ",)" : ")", to: &text)
        case .dict(let dictionary): try writePairs(dictionary, to: &text)
        case .range(let range): text += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .view(let view):
            text += value.typeName
            try writeItems(view.items, "([", "])", to: &text)
        case .namespace(let namespace):
            try checkStack()
            text += "<Namespace "
            try writePairs(namespace.attributes, to: &text)
            text += ">"
        case .macro(let macro): text += "<Macro \(PythonText.repr(macro.definition.name))>"
        case .loop(let loop):
            let index = try self.text(of: loop.attribute("index", self) ?? .null)
            text += "<LoopContext \(index)/\(try self.text(of: loop.attribute("length", self) ?? .null))>"
        case .iterator: text += "<generator object>"
        case .function(let function): text += "<function \(function.name)>"
        case .cycler: text += "<Cycler>"
        }
    }

    private func writeItems(_ items: [JinjaValue], _ open: String, _ close: String, to text: inout String) throws {
        text += open
        for (index, item) in items.enumerated() {
            if index > 0 { text += ", " }
            try writeRepr(item, to: &text)
        }
        text += close
    }

    private func writePairs(_ dictionary: JinjaDictionary, to text: inout String) throws {
        text += "{"
        for (index, key) in dictionary.keys.enumerated() {
            if index > 0 { text += ", " }
            try writeRepr(key, to: &text)
            text += ": "
            try writeRepr(dictionary.values[index], to: &text)
        }
        text += "}"
    }
}

/// The `tojson` filter: Python's `json.dumps` with the settings Transformers gives it.
struct JinjaJSONWriter {
    let renderer: JinjaRenderer
    var ensureASCII = false
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    private var text = ""

    init(_ renderer: JinjaRenderer) { self.renderer = renderer }

    mutating func json(of value: JinjaValue) throws -> String {
        try write(value, level: 0)
        return text
    }

    private mutating func newline(_ level: Int) throws {
        guard let indent else { return }
        try renderer.charge(indent.utf8.count * level)
        text += "\n" + String(repeating: indent, count: level)
    }

    private mutating func write(_ value: JinjaValue, level: Int) throws {
        try renderer.step()
        if text.utf8.count > renderer.limits.outputBytes {
            throw JinjaFault.limit("JSON of more than \(renderer.limits.outputBytes) bytes")
        }
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += PythonNumber.json(value)
        case .string(let value), .markup(let value): PythonText.writeJSON(value, to: &text, ensureASCII: ensureASCII)
        case .list(let list), .tuple(let list):
            text += "["
            for (index, item) in list.items.enumerated() {
                if index > 0 { text += itemSeparator }
                try newline(level + 1)
                try write(item, level: level + 1)
            }
            if !list.items.isEmpty { try newline(level) }
            text += "]"
        case .dict(let dictionary): try write(dictionary, level: level)
        default: throw JinjaFault.failed("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func write(_ dictionary: JinjaDictionary, level: Int) throws {
        var order = Array(dictionary.keys.indices)
        if sortsKeys { order = try renderer.sorted(order, by: { dictionary.keys[$0] }) }
        text += "{"
        for (index, position) in order.enumerated() {
            if index > 0 { text += itemSeparator }
            try newline(level + 1)
            switch dictionary.keys[position].plain {
            case .string(let key): PythonText.writeJSON(key, to: &text, ensureASCII: ensureASCII)
            case .null: text += "\"null\""
            case .bool(let key): text += key ? "\"true\"" : "\"false\""
            case .int(let key): text += "\"\(key)\""
            case .double(let key): text += "\"\(PythonNumber.json(key))\""
            case let key: throw JinjaFault.failed("keys of JSON must be str, int, float, bool or None, not \(key.typeName)")
            }
            text += keySeparator
            try write(dictionary.values[position], level: level + 1)
        }
        if !order.isEmpty { try newline(level) }
        text += "}"
    }
}
