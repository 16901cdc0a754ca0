// Tested by JinjaExpressionTests.swift.

/// Filters of lists and objects.
enum JinjaSequenceFilters {
    static let table: [String: JinjaFilter] = [
        "length": { renderer, value, _ in .int(try renderer.length(of: value)) },
        "count": { renderer, value, _ in .int(try renderer.length(of: value)) },
        "list": { renderer, value, _ in try renderer.checked(renderer.items(of: value)) },
        "default": fallback, "d": fallback,
        "first": { renderer, value, _ in
            if case .string(let text) = value {
                return text.unicodeScalars.first.map { .string(String($0)) } ?? .undefined("No first item, sequence was empty.")
            }
            return try renderer.iterator(over: value).next() ?? .undefined("No first item, sequence was empty.")
        },
        "last": { renderer, value, _ in
            if case .iterator = value { throw JinjaFault.failed("'generator' object is not reversible") }
            return try renderer.items(of: value).last ?? .undefined("No last item, sequence was empty.")
        },
        "items": { _, value, _ in
            switch value {
            case .undefined: return .iterator(JinjaIterator([]))
            case .dict(let dictionary): return .iterator(JinjaIterator(JinjaView(.items, dictionary).items))
            default: throw JinjaFault.failed("Can only get item pairs from a mapping.")
            }
        },
        "join": { renderer, value, arguments in
            let given = try arguments.bind(["d", "attribute"], for: "join")
            let separator = try given[0].map { try renderer.text(of: $0) } ?? ""
            let attribute = try given[1].flatMap { try renderer.getter($0) }
            var result = ""
            for (index, item) in try renderer.items(of: value).enumerated() {
                if index > 0 { result += separator }
                result += try renderer.text(of: try attribute?(item) ?? item)
                if result.utf8.count > renderer.limits.outputBytes { break }
            }
            return try renderer.checked(result)
        },
        "map": { renderer, value, arguments in
            guard value.isTrue else { return .iterator(JinjaIterator([])) }
            let source = try renderer.iterator(over: value)
            var transform: ((JinjaValue) throws -> JinjaValue)?
            return try lazily(renderer, source) {
                if transform == nil { transform = try mapping(renderer, arguments) }
                guard let item = try source.next() else { return nil }
                return try transform?(item)
            }
        },
        "select": choose(byAttribute: false, keeping: true), "reject": choose(byAttribute: false, keeping: false),
        "selectattr": choose(byAttribute: true, keeping: true), "rejectattr": choose(byAttribute: true, keeping: false),
        "reverse": { renderer, value, _ in
            if case .string(let text) = value { return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed()))) }
            if case .iterator = value { return try renderer.checked(renderer.items(of: value).reversed()) }
            return .iterator(JinjaIterator(try renderer.items(of: value).reversed()))
        },
        "sum": { renderer, value, arguments in
            let given = try arguments.bind(["attribute", "start"], for: "sum")
            let attribute = try given[0].flatMap { try renderer.getter($0) }
            var total = given[1] ?? .int(0)
            if case .string = total { throw JinjaFault.failed("sum() can't sum strings [use join instead]") }
            for item in try renderer.items(of: value) {
                try renderer.step()
                total = try renderer.arithmetic(.add, total, try attribute?(item) ?? item)
            }
            return total
        },
        "min": extreme(isMinimum: true), "max": extreme(isMinimum: false),
        "sort": { renderer, value, arguments in
            let given = try arguments.bind(["reverse", "case_sensitive", "attribute"], for: "sort")
            let key = try renderer.multiGetter(given[2] ?? .null, caseSensitive: given[1]?.isTrue ?? false)
            return try renderer.checked(renderer.sorted(renderer.items(of: value), reverse: given[0]?.isTrue ?? false, by: key))
        },
        "unique": { renderer, value, arguments in
            let given = try arguments.bind(["case_sensitive", "attribute"], for: "unique")
            let key = try renderer.keyGetter(given[1] ?? .null, caseSensitive: given[0]?.isTrue ?? false)
            let source = try renderer.iterator(over: value)
            var seen = JinjaDictionaryBuilder()
            var count = 0
            return try lazily(renderer, source) {
                while let item = try source.next() {
                    try renderer.step(1 + count >> 3)
                    try seen.set(try key(item), .null)
                    if seen.count > count {
                        count += 1
                        return item
                    }
                }
                return nil
            }
        },
        "dictsort": { renderer, value, arguments in
            let given = try arguments.bind(["case_sensitive", "by", "reverse"], for: "dictsort")
            let by = try given[1].map { try renderer.text(of: $0) } ?? "key"
            guard by == "key" || by == "value" else { throw JinjaFault.failed("You can only sort by either \"key\" or \"value\"") }
            guard case .dict(let dictionary) = value else { throw JinjaFault.failed("dictsort takes a mapping, not \(value.typeName)") }
            let caseSensitive = given[0]?.isTrue ?? false
            let pairs = JinjaView(.items, dictionary).items
            return try renderer.checked(
                renderer.sorted(pairs, reverse: given[2]?.isTrue ?? false) { pair in
                    guard case .tuple(let list) = pair else { return pair }
                    let key = list.items[by == "key" ? 0 : 1]
                    return caseSensitive ? key : key.lowered
                })
        },
        "groupby": { renderer, value, arguments in
            let given = try arguments.bind(["attribute", "default", "case_sensitive"], required: 1, for: "groupby")
            let caseSensitive = given[2]?.isTrue ?? false
            let plain = try renderer.getter(given[0] ?? .null, fallback: given[1]) ?? { $0 }
            let key: (JinjaValue) throws -> JinjaValue = { try caseSensitive ? plain($0) : plain($0).lowered }
            var groups: [(key: JinjaValue, items: [JinjaValue])] = []
            for item in try renderer.sorted(renderer.items(of: value), by: key) {
                let itemKey = try key(item)
                if let last = groups.last, try renderer.isEqual(last.key, itemKey) {
                    groups[groups.count - 1].items.append(item)
                } else {
                    groups.append((itemKey, [item]))
                }
            }
            return try renderer.checked(
                groups.map { .tuple(JinjaList([try plain($0.items[0]), .array($0.items)], isGroup: true)) })
        },
        "batch": { renderer, value, arguments in
            let given = try arguments.bind(["linecount", "fill_with"], required: 1, for: "batch")
            let size = try JinjaFilters.whole(given[0], 1, "linecount")
            var rows: [[JinjaValue]] = []
            for item in try renderer.items(of: value) {
                if rows.last.map({ $0.count == size }) ?? true { rows.append([]) }
                rows[rows.count - 1].append(item)
            }
            if let fill = given[1], fill.isNotNull, let last = rows.last, last.count < size {
                try renderer.charge(size * 16)
                rows[rows.count - 1] += Array(repeating: fill, count: size - last.count)
            }
            return .iterator(JinjaIterator(rows.map { .array($0) }))
        },
        "slice": { renderer, value, arguments in
            let given = try arguments.bind(["slices", "fill_with"], required: 1, for: "slice")
            let count = try JinjaFilters.whole(given[0], 1, "slices")
            let items = try renderer.items(of: value)
            guard count != 0 else { throw JinjaFault.failed("integer division or modulo by zero") }
            try renderer.charge(max(0, count) * 16)
            var rows: [JinjaValue] = []
            var start = 0
            for row in 0..<max(0, count) {
                let end = start + items.count / count + (row < items.count % count ? 1 : 0)
                var part = Array(items[start..<end])
                if let fill = given[1], fill.isNotNull, row >= items.count % count { part.append(fill) }
                rows.append(.array(part))
                start = end
            }
            return .iterator(JinjaIterator(rows))
        },
        "attr": { renderer, value, arguments in
            guard case .string(let name)? = try arguments.bind(["name"], required: 1, for: "attr")[0] else {
                throw JinjaFault.failed("attr takes a name")
            }
            if case .dict = value, JinjaMethod(rawValue: name)?.exists(on: value) != true { return .undefined("no attribute '\(name)'") }
            return try renderer.attribute(name, JinjaMethod(rawValue: name), of: value)
        },
    ]

    private static func lazily(
        _ renderer: JinjaRenderer, _ source: JinjaIterator, _ produce: @escaping () throws -> JinjaValue?
    ) throws -> JinjaValue {
        let result = JinjaIterator(depth: source.depth, produce)
        try renderer.checkDepth(result.depth)
        return .iterator(result)
    }

    private static let fallback: JinjaFilter = { _, value, arguments in
        let given = try arguments.bind(["default_value", "boolean"], for: "default")
        let useFallback = value.isUndefined || (given[1]?.isTrue ?? false) && !value.isTrue
        return useFallback ? given[0] ?? .string("") : value
    }

    private static func mapping(_ renderer: JinjaRenderer, _ arguments: JinjaArguments) throws -> (JinjaValue) throws -> JinjaValue {
        if arguments.positional.isEmpty, arguments.named.contains(where: { $0.name == "attribute" }) {
            let given = try arguments.bind(["attribute", "default"], for: "map")
            return try renderer.getter(given[0] ?? .null, fallback: given[1]) ?? { $0 }
        }
        guard let name = arguments.positional.first else { throw JinjaFault.failed("map requires a filter argument") }
        guard case .string(let name) = name, let filter = table[name] ?? JinjaFilters.table[name] else {
            throw JinjaFault.failed("No filter named \(try renderer.repr(name)).")
        }
        let rest = JinjaArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        return { item in
            try renderer.step()
            return try JinjaFilters.apply(name, filter, to: item, rest, renderer)
        }
    }

    private static func choose(byAttribute: Bool, keeping: Bool) -> JinjaFilter {
        { renderer, value, arguments in
            guard value.isTrue else { return .iterator(JinjaIterator([])) }
            let source = try renderer.iterator(over: value)
            var decide: ((JinjaValue) throws -> Bool)?
            return try lazily(renderer, source) {
                let keep = try decide ?? condition(renderer, arguments, byAttribute)
                decide = keep
                while let item = try source.next() {
                    try renderer.step()
                    if try keep(item) == keeping { return item }
                }
                return nil
            }
        }
    }

    private static func condition(
        _ renderer: JinjaRenderer, _ arguments: JinjaArguments, _ byAttribute: Bool
    ) throws -> (JinjaValue) throws -> Bool {
        var positional = arguments.positional[...]
        var attribute: ((JinjaValue) throws -> JinjaValue)?
        if byAttribute {
            guard let name = positional.popFirst() else { throw JinjaFault.failed("Missing parameter for attribute name") }
            attribute = try renderer.getter(name)
        }
        guard let name = positional.popFirst() else { return { try (attribute?($0) ?? $0).isTrue } }
        guard case .string(let text) = name, let test = JinjaTests.table[text] else {
            throw JinjaFault.failed("No test named \(try renderer.repr(name)).")
        }
        let rest = JinjaArguments(positional: Array(positional), named: arguments.named)
        return { try test(renderer, (try attribute?($0) ?? $0).plain, rest.plain) }
    }

    private static func extreme(isMinimum: Bool) -> JinjaFilter {
        { renderer, value, arguments in
            let given = try arguments.bind(["case_sensitive", "attribute"], for: isMinimum ? "min" : "max")
            let key = try renderer.keyGetter(given[1] ?? .null, caseSensitive: given[0]?.isTrue ?? false)
            let items = try renderer.items(of: value)
            guard var best = items.first else { return .undefined("No aggregated item, sequence was empty.") }
            var bestKey = try key(best)
            for item in items.dropFirst() {
                try renderer.step()
                let itemKey = try key(item)
                if try isMinimum ? renderer.isLess(itemKey, bestKey) : renderer.isLess(bestKey, itemKey) {
                    (best, bestKey) = (item, itemKey)
                }
            }
            return best
        }
    }
}

extension JinjaDictionaryBuilder {
    var count: Int { dictionary.keys.count }
}

extension JinjaValue {
    var isNotNull: Bool { if case .null = self { false } else { true } }

    /// The value in lower case if it is a text.
    var lowered: JinjaValue { if case .string(let text) = plain { .string(PythonText.lower(text)) } else { self } }
}

extension JinjaRenderer {
    /// Reads `a.b.0` of a value; nil for `None`, which names the value itself.
    func getter(_ attribute: JinjaValue, fallback: JinjaValue? = nil) throws -> ((JinjaValue) throws -> JinjaValue)? {
        let parts: [JinjaValue]
        switch attribute {
        case .null: return nil
        case .string(let path):
            parts = path.split(separator: ".", omittingEmptySubsequences: false).map { part in
                if !part.isEmpty, part.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let index = Int(part) { return .int(index) }
                return .string(String(part))
            }
        default: parts = [attribute]
        }
        let useFallback = fallback.flatMap { $0.isNotNull ? $0 : nil }
        return { [self] value in
            var value = value
            for part in parts {
                try step()
                value = try item(part, of: value)
                if value.isUndefined, let useFallback { value = useFallback }
            }
            return value
        }
    }

    func keyGetter(_ attribute: JinjaValue, caseSensitive: Bool) throws -> (JinjaValue) throws -> JinjaValue {
        let plain = try getter(attribute) ?? { $0 }
        return caseSensitive ? plain : { try plain($0).lowered }
    }

    /// Keys of `sort`: several attributes with commas between them.
    func multiGetter(_ attribute: JinjaValue, caseSensitive: Bool) throws -> (JinjaValue) throws -> JinjaValue {
        guard case .string(let names) = attribute, names.contains(",") else {
            return try keyGetter(attribute, caseSensitive: caseSensitive)
        }
        let getters = try names.split(separator: ",", omittingEmptySubsequences: false).map {
            try keyGetter(.string(String($0)), caseSensitive: caseSensitive)
        }
        return { value in .array(try getters.map { try $0(value) }) }
    }

    /// Python's stable sort; the order of equal items stays, in reverse too.
    func sorted<T>(_ items: [T], reverse: Bool = false, by key: (T) throws -> JinjaValue) throws -> [T] {
        let keys = try items.map(key)
        var order = Array(items.indices)
        // Merge sort, which cannot be broken by keys without a consistent order.
        func sort(_ range: Range<Int>) throws {
            guard range.count > 1 else { return }
            let middle = range.lowerBound + range.count / 2
            try sort(range.lowerBound..<middle)
            try sort(middle..<range.upperBound)
            var merged: [Int] = []
            var (left, right) = (range.lowerBound, middle)
            while left < middle, right < range.upperBound {
                try step()
                let (a, b) = (keys[order[left]], keys[order[right]])
                let takesRight = try reverse ? isLess(a, b) : isLess(b, a)
                merged.append(order[takesRight ? right : left])
                if takesRight { right += 1 } else { left += 1 }
            }
            merged += order[left..<middle]
            merged += order[right..<range.upperBound]
            order.replaceSubrange(range, with: merged)
        }
        try sort(0..<items.count)
        return order.map { items[$0] }
    }
}
