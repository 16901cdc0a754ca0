// Tested by JinjaExpressionTests.swift.

typealias JinjaTest = @Sendable (JinjaRenderer, JinjaValue, JinjaArguments) throws -> Bool

/// The tests after `is`.
enum JinjaTests {
    static let table: [String: JinjaTest] = {
        var table: [String: JinjaTest] = [
            "defined": plain { !$0.isUndefined },
            "undefined": plain { $0.isUndefined },
            "none": plain { if case .null = $0 { true } else { false } },
            "boolean": plain { if case .bool = $0 { true } else { false } },
            "true": plain { if case .bool(true) = $0 { true } else { false } },
            "false": plain { if case .bool(false) = $0 { true } else { false } },
            "integer": plain { if case .int = $0 { true } else { false } },
            "float": plain { if case .double = $0 { true } else { false } },
            "number": plain { $0.asDouble != nil },
            "string": plain { if case .string = $0 { true } else { false } },
            "mapping": plain { if case .dict = $0 { true } else { false } },
            "escaped": plain { _ in false },
            "sequence": plain { value in
                switch value {
                case .string, .list, .tuple, .dict, .range, .undefined: true
                default: false
                }
            },
            "iterable": plain { value in
                switch value {
                case .string, .list, .tuple, .dict, .range, .view, .iterator, .undefined, .loop: true
                default: false
                }
            },
            "callable": plain { value in
                switch value {
                case .function, .macro, .loop, .undefined: true
                default: false
                }
            },
            "odd": { renderer, value, _ in try renderer.isEqual(renderer.arithmetic(.mod, value, .int(2)), .int(1)) },
            "even": { renderer, value, _ in try renderer.isEqual(renderer.arithmetic(.mod, value, .int(2)), .int(0)) },
            "divisibleby": one("num") { renderer, value, other in
                try renderer.isEqual(renderer.arithmetic(.mod, value, other), .int(0))
            },
            "lower": { renderer, value, _ in PythonText.isLower(try renderer.text(of: value)) },
            "upper": { renderer, value, _ in PythonText.isUpper(try renderer.text(of: value)) },
            "sameas": one("other") { _, value, other in JinjaOperators.isSame(value, other) },
            "in": one("seq") { renderer, value, other in try renderer.contains(other, value) },
            "filter": plain { if case .string(let name) = $0 { JinjaFilters.table[name] != nil } else { false } },
            "test": plain { if case .string(let name) = $0 { names.contains(name) } else { false } },
        ]
        let comparisons: [(JinjaComparison, [String])] = [
            (.equal, ["==", "eq", "equalto"]), (.notEqual, ["!=", "ne"]), (.greater, [">", "gt", "greaterthan"]),
            (.greaterOrEqual, [">=", "ge"]), (.less, ["<", "lt", "lessthan"]), (.lessOrEqual, ["<=", "le"]),
        ]
        for (operation, names) in comparisons {
            for name in names { table[name] = one("other") { try $0.compare(operation, $1, $2) } }
        }
        return table
    }()

    private static let names: Set<String> = [
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "escaped",
        "sequence",
        "iterable", "callable", "odd", "even", "divisibleby", "lower", "upper", "sameas", "in", "filter", "test", "==", "eq", "equalto",
        "!=",
        "ne", ">", "gt", "greaterthan", ">=", "ge", "<", "lt", "lessthan", "<=", "le",
    ]

    private static func plain(_ test: @escaping @Sendable (JinjaValue) -> Bool) -> JinjaTest {
        { _, value, arguments in
            guard arguments.isEmpty else { throw JinjaFault.failed("this test takes no values") }
            return test(value)
        }
    }

    private static func one(
        _ name: String, _ test: @escaping @Sendable (JinjaRenderer, JinjaValue, JinjaValue) throws -> Bool
    ) -> JinjaTest {
        { renderer, value, arguments in
            let given = try arguments.bind([name], required: 1, for: "the test")
            return try test(renderer, value, given[0] ?? .null)
        }
    }
}
