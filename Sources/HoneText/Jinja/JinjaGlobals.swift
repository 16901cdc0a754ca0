// Tested by JinjaExpressionTests.swift.

/// The functions every template has.
enum JinjaGlobals {
    static func define(in renderer: JinjaRenderer, now: TemplateDate?) {
        renderer.define("range", function("range", range))
        renderer.define("dict", function("dict") { renderer, arguments in .dict(try dictionary(arguments, renderer)) })
        renderer.define(
            "namespace",
            function("namespace") { renderer, arguments in
                let attributes = try dictionary(arguments, renderer)
                for case .string(let name) in attributes.keys.map(\.plain) where name.hasPrefix("_") {
                    throw JinjaFault.failed("a namespace takes no attribute '\(name)' with an underscore")
                }
                return try renderer.makeNamespace(attributes)
            })
        renderer.define(
            "raise_exception",
            function("raise_exception") { renderer, arguments in
                let given = try arguments.bind(["message"], required: 1, for: "raise_exception()")
                throw JinjaFault.raised(try renderer.text(of: given[0] ?? .null))
            })
        renderer.define(
            "strftime_now",
            function("strftime_now") { renderer, arguments in
                let given = try arguments.bind(["format"], required: 1, for: "strftime_now()")
                guard case .string(let format)? = given[0] else { throw JinjaFault.failed("strftime_now() takes a text") }
                guard let now else { throw JinjaFault.failed("the template asks for the date; pass `now`") }
                return try renderer.checked(try now.formatted(format))
            })
        renderer.define(
            "cycler",
            function("cycler") { _, arguments in
                guard !arguments.positional.isEmpty else { throw JinjaFault.failed("at least one item has to be provided") }
                return .cycler(JinjaCycler(arguments.positional))
            })
        renderer.define(
            "joiner",
            function("joiner") { _, arguments in
                let separator = try arguments.bind(["sep"], for: "joiner()")[0] ?? .string(", ")
                var used = false
                return .function(
                    JinjaFunction("joiner", depth: separator.depth) { _, _ in
                        defer { used = true }
                        return used ? separator : .string("")
                    })
            })
    }

    private static func function(
        _ name: String, _ call: @escaping (JinjaRenderer, JinjaArguments) throws -> JinjaValue
    ) -> JinjaValue {
        .function(JinjaFunction(name, call))
    }

    private static func range(_ renderer: JinjaRenderer, _ arguments: JinjaArguments) throws -> JinjaValue {
        let given = try arguments.positional.map { value in
            if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
            guard let number = value.asInt else { throw JinjaFault.failed("range() takes whole numbers, not '\(value.typeName)'") }
            return number
        }
        guard 1...3 ~= given.count, arguments.named.isEmpty else { throw JinjaFault.failed("range() takes one to three numbers") }
        let range = JinjaRange(
            start: given.count == 1 ? 0 : given[0], stop: given.count == 1 ? given[0] : given[1], step: given.count == 3 ? given[2] : 1)
        guard range.step != 0 else { throw JinjaFault.failed("range() arg 3 must not be zero") }
        guard range.count <= 100_000 else { throw JinjaFault.failed("Range too big: more than 100000 items") }
        return .range(range)
    }

    /// `dict(mapping or pairs, name=value…)`.
    private static func dictionary(_ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> JinjaDictionary {
        guard arguments.positional.count <= 1 else { throw JinjaFault.failed("dict expected at most 1 argument") }
        var builder = JinjaDictionaryBuilder()
        switch arguments.positional.first {
        case nil: break
        case .dict(let dictionary)?:
            for (key, value) in zip(dictionary.keys, dictionary.values) { try builder.set(key, value) }
        case let value?:
            for pair in try renderer.items(of: value) {
                let parts = try renderer.items(of: pair)
                guard parts.count == 2 else { throw JinjaFault.failed("dict() takes pairs; found \(parts.count) values") }
                try builder.set(parts[0], parts[1])
            }
        }
        for (name, value) in arguments.named { try builder.set(.string(name), value) }
        let dictionary = builder.dictionary
        try renderer.checkDepth(dictionary.depth)
        return dictionary
    }
}
