// Tested by JinjaExpressionTests.swift.

enum JinjaConstant: JinjaExpression {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        }
    }
}

struct JinjaName: JinjaExpression {
    let id: Int

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue { renderer.lookup(id) }
}

struct JinjaListLiteral: JinjaExpression {
    let items: [any JinjaExpression]
    let isTuple: Bool

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let values = try items.map { try $0.evaluate(renderer) }
        let list = JinjaList(values)
        try renderer.step(values.count)
        try renderer.checkDepth(list.depth)
        return isTuple ? .tuple(list) : .list(list)
    }
}

struct JinjaDictionaryLiteral: JinjaExpression {
    let pairs: [(key: any JinjaExpression, value: any JinjaExpression)]

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        var builder = JinjaDictionaryBuilder()
        for (key, value) in pairs {
            let key = try key.evaluate(renderer)
            try builder.set(key, try value.evaluate(renderer))
        }
        let dictionary = builder.dictionary
        try renderer.step(pairs.count)
        try renderer.checkDepth(dictionary.depth)
        return .dict(dictionary)
    }
}

final class JinjaUnary: JinjaExpression {
    enum Operation { case not, minus, plus }

    let operation: Operation
    let operand: any JinjaExpression

    init(_ operation: Operation, _ operand: any JinjaExpression) { (self.operation, self.operand) = (operation, operand) }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let value = try operand.evaluate(renderer)
        if operation == .not { return .bool(!value.isTrue) }
        if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
        if case .double(let number) = value { return .double(operation == .minus ? -number : number) }
        guard let number = value.asInt else { throw JinjaFault.failed("bad operand type for a sign: '\(value.typeName)'") }
        if operation == .plus { return .int(number) }
        guard number != .min else { throw JinjaOperators.overflow }
        return .int(-number)
    }
}

final class JinjaBinary: JinjaExpression {
    let operation: JinjaToken.Symbol
    let left: any JinjaExpression
    let right: any JinjaExpression

    init(_ operation: JinjaToken.Symbol, _ left: any JinjaExpression, _ right: any JinjaExpression) {
        (self.operation, self.left, self.right) = (operation, left, right)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let left = try left.evaluate(renderer)
        return try renderer.arithmetic(operation, left, try right.evaluate(renderer))
    }
}

final class JinjaLogic: JinjaExpression {
    let isAnd: Bool
    let left: any JinjaExpression
    let right: any JinjaExpression

    init(isAnd: Bool, _ left: any JinjaExpression, _ right: any JinjaExpression) {
        (self.isAnd, self.left, self.right) = (isAnd, left, right)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let value = try left.evaluate(renderer)
        return value.isTrue == isAnd ? try right.evaluate(renderer) : value
    }
}

struct JinjaConcat: JinjaExpression {
    let parts: [any JinjaExpression]

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        var text = ""
        for part in parts {
            text += try renderer.text(of: part.evaluate(renderer))
            try renderer.charge(text.utf8.count)
        }
        return .string(text)
    }
}

enum JinjaComparison {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contained, notContained
}

final class JinjaCompare: JinjaExpression {
    let first: any JinjaExpression
    let rest: [(operation: JinjaComparison, value: any JinjaExpression)]

    init(_ first: any JinjaExpression, _ rest: [(operation: JinjaComparison, value: any JinjaExpression)]) {
        (self.first, self.rest) = (first, rest)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        var left = try first.evaluate(renderer)
        for (operation, value) in rest {
            let right = try value.evaluate(renderer)
            guard try renderer.compare(operation, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }
}

final class JinjaConditional: JinjaExpression {
    let test: any JinjaExpression
    let value: any JinjaExpression
    let otherwise: (any JinjaExpression)?
    let line: Int

    init(test: any JinjaExpression, value: any JinjaExpression, otherwise: (any JinjaExpression)?, line: Int) {
        (self.test, self.value, self.otherwise, self.line) = (test, value, otherwise, line)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        if try test.evaluate(renderer).isTrue { return try value.evaluate(renderer) }
        return try otherwise?.evaluate(renderer)
            ?? .undefined("the inline if-expression on line \(line) evaluated to false and no else section was defined.")
    }
}

final class JinjaAttribute: JinjaExpression {
    let object: any JinjaExpression
    let name: String
    let method: JinjaMethod?
    private let missing: String

    init(_ object: any JinjaExpression, _ name: String) {
        (self.object, self.name, method) = (object, name, JinjaMethod(rawValue: name))
        missing = "'dict object' has no attribute '\(name)'"
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let value = try object.evaluate(renderer)
        if case .dict(let dictionary) = value, method == nil { return dictionary[name] ?? .undefined(missing) }
        return try renderer.attribute(name, method, of: value)
    }
}

final class JinjaItem: JinjaExpression {
    let object: any JinjaExpression
    let key: any JinjaExpression

    init(_ object: any JinjaExpression, _ key: any JinjaExpression) { (self.object, self.key) = (object, key) }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let value = try object.evaluate(renderer)
        return try renderer.item(try key.evaluate(renderer), of: value)
    }
}

final class JinjaSlice: JinjaExpression {
    let object: any JinjaExpression
    let start: (any JinjaExpression)?
    let stop: (any JinjaExpression)?
    let step: (any JinjaExpression)?

    init(_ object: any JinjaExpression, _ bounds: JinjaSliceBounds) {
        (self.object, start, stop, step) = (object, bounds.start, bounds.stop, bounds.step)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        let value = try object.evaluate(renderer)
        return try renderer.slice(
            value, try start?.evaluate(renderer) ?? .null, try stop?.evaluate(renderer) ?? .null, try step?.evaluate(renderer) ?? .null)
    }
}

struct JinjaSliceBounds {
    var start: (any JinjaExpression)?
    var stop: (any JinjaExpression)?
    var step: (any JinjaExpression)?
}

/// The values of a call as written.
struct JinjaCallArguments: Sendable {
    var positional: [any JinjaExpression] = []
    var named: [(name: String, value: any JinjaExpression)] = []
    var spread: (any JinjaExpression)?
    var spreadNamed: (any JinjaExpression)?

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaArguments {
        var result = JinjaArguments()
        if !positional.isEmpty {
            result.positional.reserveCapacity(positional.count)
            for value in positional { result.positional.append(try value.evaluate(renderer)) }
        }
        for (name, value) in named { result.named.append((name, try value.evaluate(renderer))) }
        if let spread { result.positional += try renderer.items(of: spread.evaluate(renderer)) }
        if let spreadNamed {
            guard case .dict(let dictionary) = try spreadNamed.evaluate(renderer) else {
                throw JinjaFault.failed("the value after ** must be a mapping")
            }
            for (key, value) in zip(dictionary.keys, dictionary.values) {
                guard case .string(let name) = key.plain else { throw JinjaFault.failed("keywords must be strings") }
                guard !result.named.contains(where: { $0.name == name }) else {
                    throw JinjaFault.failed("got multiple values for keyword argument '\(name)'")
                }
                result.named.append((name, value))
            }
        }
        return result
    }
}

final class JinjaCall: JinjaExpression {
    let function: any JinjaExpression
    let arguments: JinjaCallArguments
    let line: Int

    init(_ function: any JinjaExpression, _ arguments: JinjaCallArguments, line: Int) {
        (self.function, self.arguments, self.line) = (function, arguments, line)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue { try evaluate(renderer, adding: nil) }

    func evaluate(_ renderer: JinjaRenderer, adding caller: JinjaValue?) throws -> JinjaValue {
        if caller == nil, let attribute = function as? JinjaAttribute, let method = attribute.method {
            let object = try attribute.object.evaluate(renderer)
            if method.isSafe(on: object) {
                let given = try arguments.evaluate(renderer)
                try renderer.step()
                renderer.line = line
                return try method.call(on: object, given, renderer)
            }
            return try renderer.call(try renderer.attribute(attribute.name, method, of: object), arguments.evaluate(renderer))
        }
        let function = try function.evaluate(renderer)
        var given = try arguments.evaluate(renderer)
        if let caller {
            guard !given.named.contains(where: { $0.name == "caller" }) else {
                throw JinjaFault.failed("got multiple values for keyword argument 'caller'")
            }
            given.named.append(("caller", caller))
        }
        renderer.line = line
        let result = try renderer.call(function, given)
        renderer.line = line
        return result
    }
}

/// `|name(values)`.
struct JinjaFilterCall: Sendable {
    let name: String
    let filter: JinjaFilter?
    let arguments: JinjaCallArguments

    func apply(to value: JinjaValue, _ renderer: JinjaRenderer) throws -> JinjaValue {
        guard let filter else { throw JinjaFault.failed("No filter named '\(name)'.") }
        let arguments = try arguments.evaluate(renderer)
        try renderer.step()
        return try JinjaFilters.apply(name, filter, to: value, arguments, renderer)
    }
}

final class JinjaFiltered: JinjaExpression {
    let value: any JinjaExpression
    let call: JinjaFilterCall

    init(_ value: any JinjaExpression, _ call: JinjaFilterCall) { (self.value, self.call) = (value, call) }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        try call.apply(to: value.evaluate(renderer), renderer)
    }
}

final class JinjaTested: JinjaExpression {
    let value: any JinjaExpression
    let name: String
    let test: JinjaTest?
    let arguments: JinjaCallArguments
    let isNegated: Bool

    init(_ value: any JinjaExpression, name: String, test: JinjaTest?, _ arguments: JinjaCallArguments, isNegated: Bool) {
        (self.value, self.name, self.test, self.arguments, self.isNegated) = (value, name, test, arguments, isNegated)
    }

    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue {
        guard let test else { throw JinjaFault.failed("No test named '\(name)'.") }
        let value = try value.evaluate(renderer)
        if name == "escaped", case .markup = value { return .bool(!isNegated) }
        return .bool(try test(renderer, value.plain, try arguments.evaluate(renderer).plain) != isNegated)
    }
}
