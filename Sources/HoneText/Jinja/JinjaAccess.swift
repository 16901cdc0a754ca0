// Tested by JinjaExpressionTests.swift.

extension JinjaRenderer {
    private func missing(_ name: String, of value: JinjaValue) -> JinjaValue {
        let type = if case .dict = value { "dict object" } else { "\(value.typeName) object" }
        return .undefined("'\(type)' has no attribute '\(name)'")
    }

    private func unsafe(_ name: String, of value: JinjaValue) -> JinjaValue {
        .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
    }

    /// `value.name`: an attribute, else an item.
    func attribute(_ name: String, _ method: JinjaMethod?, of value: JinjaValue) throws -> JinjaValue {
        if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
        if let found = try ownAttribute(name, method, of: value) { return found }
        if case .dict(let dictionary) = value, let item = dictionary[name] { return item }
        return missing(name, of: value)
    }

    /// What Python's `getattr` finds.
    private func ownAttribute(_ name: String, _ method: JinjaMethod?, of value: JinjaValue) throws -> JinjaValue? {
        switch value {
        case .namespace(let namespace): return name.hasPrefix("_") ? nil : namespace.attributes[name]
        case .loop(let loop): return try loop.attribute(name, self)
        case .cycler(let cycler):
            switch name {
            case "current": return cycler.items[cycler.position]
            case "next":
                return .function(
                    JinjaFunction(name) { _, _ in
                        defer { cycler.position = (cycler.position + 1) % cycler.items.count }
                        return cycler.items[cycler.position]
                    })
            case "reset":
                return .function(
                    JinjaFunction(name) { _, _ in
                        cycler.position = 0
                        return .null
                    })
            default: return nil
            }
        case .macro(let macro):
            switch name {
            case "name": return .string(macro.definition.name)
            case "arguments": return .tuple(JinjaList(macro.definition.parameters.map { .string($0.name) }))
            case "caller": return .bool(macro.definition.callerID != nil)
            case "catch_kwargs": return .bool(macro.definition.kwargsID != nil)
            case "catch_varargs": return .bool(macro.definition.varargsID != nil)
            default: return nil
            }
        case .range(let range):
            switch name {
            case "start": return .int(range.start)
            case "stop": return .int(range.stop)
            case "step": return .int(range.step)
            default: break
            }
        case .tuple(let list) where list.isGroup:
            if name == "grouper" { return list.items[0] }
            if name == "list" { return list.items[1] }
        case .int, .bool:
            if name == "real" || name == "numerator" { return value.asInt.map { .int($0) } }
            if name == "imag" { return .int(0) }
            if name == "denominator" { return .int(1) }
        case .double:
            if name == "real" { return value }
            if name == "imag" { return .double(0) }
        default: break
        }
        guard let method, method.exists(on: value) else { return nil }
        guard method.isSafe(on: value) else { return unsafe(name, of: value) }
        return .function(
            JinjaFunction(name, depth: value.depth) { renderer, arguments in try method.call(on: value, arguments, renderer) })
    }

    /// `value[key]`: an item, else an attribute.
    func item(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
        let key = key.plain
        if case .markup(let text) = value, key.asInt != nil { return try item(key, of: .string(text)).asMarkup }
        switch value {
        case .undefined(let reason): throw JinjaFault.failed(reason)
        case .dict(let dictionary):
            if JinjaKey.isHashable(key), let position = dictionary.position(of: key) { return dictionary.values[position] }
        case .list(let list), .tuple(let list):
            if let index = position(key, count: list.items.count) { return list.items[index] }
        case .range(let range):
            if let index = position(key, count: range.count) { return .int(range[index]) }
        case .string(let text):
            if let wanted = key.asInt {
                let scalars = text.unicodeScalars
                if wanted >= 0, text.utf8.count > wanted,
                    let index = scalars.index(scalars.startIndex, offsetBy: wanted, limitedBy: scalars.endIndex),
                    index < scalars.endIndex
                {
                    return .string(String(scalars[index]))
                }
                if wanted < 0, -wanted <= text.utf8.count,
                    let index = scalars.index(scalars.endIndex, offsetBy: wanted, limitedBy: scalars.startIndex)
                {
                    return .string(String(scalars[index]))
                }
            }
        default: break
        }
        if case .string(let name) = key {
            if let found = try ownAttribute(name, JinjaMethod(rawValue: name), of: value) { return found }
            return missing(name, of: value)
        }
        return .undefined("\(value.typeName) object has no element \((try? repr(key)) ?? key.typeName)")
    }

    private func position(_ key: JinjaValue, count: Int) -> Int? {
        guard let index = key.asInt else { return nil }
        if 0..<count ~= index { return index }
        return index < 0 && index >= -count ? index + count : nil
    }

    /// `value[start:stop:step]`.
    func slice(_ value: JinjaValue, _ start: JinjaValue, _ stop: JinjaValue, _ step: JinjaValue) throws -> JinjaValue {
        if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
        if case .markup(let text) = value { return try slice(.string(text), start, stop, step).asMarkup }
        func bound(_ value: JinjaValue) -> Int?? {
            if case .null = value { return .some(nil) }
            return value.asInt.map { .some($0) }
        }
        guard let start = bound(start), let stop = bound(stop), let step = bound(step) else {
            throw JinjaFault.failed("slice indices must be whole numbers or None")
        }
        guard step != 0 else { throw JinjaFault.failed("slice step cannot be zero") }
        switch value {
        case .list(let list), .tuple(let list):
            let items = Self.indices(start, stop, step ?? 1, count: list.items.count).map { list.items[$0] }
            try charge(items.count)
            if case .tuple = value { return .tuple(JinjaList(items)) }
            return .array(items)
        case .string(let text):
            let scalars = Array(text.unicodeScalars)
            var result = ""
            for index in Self.indices(start, stop, step ?? 1, count: scalars.count) { result.unicodeScalars.append(scalars[index]) }
            try charge(text.utf8.count)
            return .string(result)
        case .range(let range):
            let indices = Self.indices(start, stop, step ?? 1, count: range.count)
            guard let first = indices.first else { return .range(JinjaRange(start: 0, stop: 0, step: 1)) }
            let stride = range.step * (step ?? 1)
            return .range(JinjaRange(start: range[first], stop: range[first] + stride * indices.count, step: stride))
        default: throw JinjaFault.failed("'\(value.typeName)' object has no slices")
        }
    }

    /// The places a Python slice names.
    private static func indices(_ start: Int?, _ stop: Int?, _ step: Int, count: Int) -> [Int] {
        func clamp(_ value: Int, _ low: Int, _ high: Int) -> Int {
            let place = value < 0 ? (value < -count ? low : value + count) : value
            return min(max(place, low), high)
        }
        var result: [Int] = []
        if step > 0 {
            var index = start.map { clamp($0, 0, count) } ?? 0
            let end = stop.map { clamp($0, 0, count) } ?? count
            while index < end {
                result.append(index)
                guard step < count else { break }
                index += step
            }
        } else {
            var index = start.map { clamp($0, -1, count - 1) } ?? count - 1
            let end = stop.map { clamp($0, -1, count - 1) } ?? -1
            while index > end {
                result.append(index)
                guard step > -count else { break }
                index += step
            }
        }
        return result
    }
}
