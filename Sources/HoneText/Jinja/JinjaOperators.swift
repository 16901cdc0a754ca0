// Tested by JinjaExpressionTests.swift.
import Foundation

enum JinjaOperators {
    static let overflow = JinjaFault.failed("the whole number does not fit into 64 bits")

    /// Python's `is`.
    static func isSame(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): a === b
        case (.dict(let a), .dict(let b)): a === b
        case (.view(let a), .view(let b)): a === b
        case (.iterator(let a), .iterator(let b)): a === b
        case (.namespace(let a), .namespace(let b)): a === b
        case (.function(let a), .function(let b)): a === b
        case (.macro(let a), .macro(let b)): a === b
        case (.loop(let a), .loop(let b)): a === b
        case (.cycler(let a), .cycler(let b)): a === b
        default: false
        }
    }
}

extension JinjaRenderer {
    // MARK: Comparison

    func isEqual(_ a: JinjaValue, _ b: JinjaValue) throws -> Bool {
        switch (a, b) {
        case (.string(let a), .string(let b)): return sameText(a, b)
        case (.markup, _), (_, .markup): return JinjaOperators.isSame(a.plain, b.plain)
        case (.undefined, .undefined): return true
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            if a === b { return true }
            try step(a.items.count)
            guard a.items.count == b.items.count else { return false }
            for (a, b) in zip(a.items, b.items) where try !isEqual(a, b) { return false }
            return true
        case (.dict(let a), .dict(let b)):
            if a === b { return true }
            try step(a.keys.count)
            guard a.keys.count == b.keys.count else { return false }
            for (key, value) in zip(a.keys, a.values) {
                guard let position = b.position(of: key), try isEqual(value, b.values[position]) else { return false }
            }
            return true
        case (.range(let a), .range(let b)):
            return a.count == b.count && (a.count == 0 || (a.start == b.start && (a.count == 1 || a.step == b.step)))
        default:
            if let a = a.asInt, let b = b.asInt { return a == b }
            if let a = a.asDouble, let b = b.asDouble { return a == b }
            return JinjaOperators.isSame(a, b)
        }
    }

    func compare(_ operation: JinjaComparison, _ a: JinjaValue, _ b: JinjaValue) throws -> Bool {
        switch operation {
        case .equal: try isEqual(a, b)
        case .notEqual: try !isEqual(a, b)
        case .contained: try contains(b, a)
        case .notContained: try !contains(b, a)
        case .less: try isLess(a, b)
        case .greater: try isLess(b, a)
        case .lessOrEqual: try isOrdered(a, b) { !$0.isNaN && !$1.isNaN && $0 <= $1 }
        case .greaterOrEqual: try isOrdered(b, a) { !$0.isNaN && !$1.isNaN && $0 <= $1 }
        }
    }

    private func isOrdered(_ a: JinjaValue, _ b: JinjaValue, _ numbers: (Double, Double) -> Bool) throws -> Bool {
        if case .double(let a) = a, let b = b.asDouble { return numbers(a, b) }
        if case .double(let b) = b, let a = a.asDouble { return numbers(a, b) }
        return try !isLess(b, a)
    }

    func isLess(_ a: JinjaValue, _ b: JinjaValue) throws -> Bool {
        if let a = a.asInt, let b = b.asInt { return a < b }
        if let a = a.asDouble, let b = b.asDouble { return a < b }
        switch (a, b) {
        case (.string(let a), .string(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.markup, _), (_, .markup):
            return try isLess(a.plain, b.plain)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            for (a, b) in zip(a.items, b.items) {
                try step()
                if try !isEqual(a, b) { return try isLess(a, b) }
            }
            return a.items.count < b.items.count
        case (.undefined(let reason), _), (_, .undefined(let reason)): throw JinjaFault.failed(reason)
        default: throw JinjaFault.failed("values of types '\(a.typeName)' and '\(b.typeName)' have no order")
        }
    }

    /// Python's `item in container`.
    func contains(_ container: JinjaValue, _ item: JinjaValue) throws -> Bool {
        switch container.plain {
        case .string(let text):
            guard case .string(let part) = item.plain else {
                throw JinjaFault.failed("'in <string>' requires string as left operand, not \(item.typeName)")
            }
            return PythonText.contains(text, part)
        case .dict(let dictionary):
            guard JinjaKey.isHashable(item) else { throw JinjaFault.failed("unhashable type: '\(item.typeName)'") }
            return dictionary.position(of: item) != nil
        case .view(let view) where view.kind == .keys: return try contains(.dict(view.dictionary), item)
        default:
            let source = try iterator(over: container)
            while let candidate = try source.next() {
                try step()
                if try isEqual(candidate, item) { return true }
            }
            return false
        }
    }

    // MARK: Iteration

    /// All items Python's `for` would give.
    func items(of value: JinjaValue) throws -> [JinjaValue] {
        switch value {
        case .list(let list), .tuple(let list): return list.items
        case .dict(let dictionary): return dictionary.keys
        case .string(let text), .markup(let text):
            try charge(text.utf8.count * 16)
            return text.unicodeScalars.map { .string(String($0)) }
        case .range(let range):
            try charge(range.count)
            return (0..<range.count).map { .int(range[$0]) }
        case .view(let view): return view.items
        case .undefined: return []
        case .iterator(let iterator):
            var items: [JinjaValue] = []
            while let item = try iterator.next() {
                try step()
                items.append(item)
            }
            return items
        case .loop(let loop):
            var items: [JinjaValue] = []
            while let item = try loop.advance() { items.append(.tuple(JinjaList([item, value]))) }
            return items
        default: throw JinjaFault.failed("'\(value.typeName)' object is not iterable")
        }
    }

    func iterator(over value: JinjaValue) throws -> JinjaIterator {
        if case .iterator(let iterator) = value { return iterator }
        return JinjaIterator(try items(of: value))
    }

    /// Python's `len`.
    func length(of value: JinjaValue) throws -> Int {
        switch value {
        case .string(let text), .markup(let text): return PythonText.length(text)
        case .list(let list), .tuple(let list): return list.items.count
        case .dict(let dictionary): return dictionary.keys.count
        case .view(let view): return view.dictionary.keys.count
        case .range(let range): return range.count
        case .undefined: return 0
        case .loop(let loop): return try loop.attribute("length", self)?.asInt ?? 0
        default: throw JinjaFault.failed("object of type '\(value.typeName)' has no len()")
        }
    }

    // MARK: Arithmetic

    func arithmetic(_ operation: JinjaToken.Symbol, _ a: JinjaValue, _ b: JinjaValue) throws -> JinjaValue {
        switch (a, b) {
        case (.string(let left), .string(let right)) where operation == .add: return try checked(left + right)
        case (.int(let left), .int(let right)): return try whole(operation, left, right)
        case (.undefined(let reason), _): throw JinjaFault.failed(reason)
        case (.markup(let left), _) where operation != .mul: return try markup(operation, left, b)
        case (.string(let left), .markup(let right)) where operation == .add: return try checked(JinjaFilters.escape(left) + right).asMarkup
        case (.string(let format), _) where operation == .mod: return try checked(PrintfFormat.format(format, b, self))
        case (_, .undefined(let reason)): throw JinjaFault.failed(reason)
        case (.list(let left), .list(let right)) where operation == .add: return try checked(left.items + right.items)
        case (.tuple(let left), .tuple(let right)) where operation == .add:
            try charge((left.items.count + right.items.count) * 16)
            return .tuple(JinjaList(left.items + right.items))
        default: break
        }
        if operation == .mul {
            if let count = b.asInt, let repeated = try repeated(a, count) { return repeated }
            if let count = a.asInt, let repeated = try repeated(b, count) { return repeated }
        }
        if let left = a.asInt, let right = b.asInt { return try whole(operation, left, right) }
        guard let left = a.asDouble, let right = b.asDouble else {
            throw JinjaFault.failed("unsupported operand types for \(operation.rawValue): '\(a.typeName)' and '\(b.typeName)'")
        }
        return .double(try floating(operation, left, right))
    }

    /// Markup with something added to it, or formatted.
    private func markup(_ operation: JinjaToken.Symbol, _ left: String, _ right: JinjaValue) throws -> JinjaValue {
        switch (operation, right) {
        case (.add, .markup(let text)): return try checked(left + text).asMarkup
        case (.add, .string(let text)): return try checked(left + JinjaFilters.escape(text)).asMarkup
        case (.mod, _): return try checked(PrintfFormat.format(left, JinjaFilters.escaped(right, self), self)).asMarkup
        case (_, .undefined(let reason)): throw JinjaFault.failed(reason)
        default: throw JinjaFault.failed("unsupported operand types for \(operation.rawValue): 'Markup' and '\(right.typeName)'")
        }
    }

    private func repeated(_ value: JinjaValue, _ count: Int) throws -> JinjaValue? {
        func size(_ one: Int) throws {
            let (total, overflow) = one.multipliedReportingOverflow(by: max(count, 0))
            try charge(overflow ? .max : total)
        }
        switch value {
        case .string(let text), .markup(let text):
            try size(text.utf8.count)
            let result = JinjaValue.string(String(repeating: text, count: text.isEmpty ? 0 : max(count, 0)))
            return if case .markup = value { result.asMarkup } else { result }
        case .list(let list), .tuple(let list):
            try size(list.items.count * 16)
            let items = list.items.isEmpty ? [] : Array((0..<max(count, 0)).map { _ in list.items }.joined())
            if case .tuple = value { return .tuple(JinjaList(items)) }
            return .array(items)
        default: return nil
        }
    }

    private func whole(_ operation: JinjaToken.Symbol, _ a: Int, _ b: Int) throws -> JinjaValue {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = a.addingReportingOverflow(b)
        case .sub: result = a.subtractingReportingOverflow(b)
        case .mul: result = a.multipliedReportingOverflow(by: b)
        case .div: return .double(try floating(.div, Double(a), Double(b)))
        case .floordiv, .mod:
            guard b != 0 else { throw JinjaFault.failed("integer division or modulo by zero") }
            if operation == .mod { return .int(PythonNumber.modulo(a, b)) }
            guard let quotient = PythonNumber.floorDivide(a, b) else { throw JinjaOperators.overflow }
            return .int(quotient)
        case .pow:
            guard b >= 0 else { return .double(try floating(.pow, Double(a), Double(b))) }
            return .int(try power(a, b))
        default: throw JinjaFault.failed("unknown operator \(operation.rawValue)")
        }
        guard !result.overflow else { throw JinjaOperators.overflow }
        return .int(result.partialValue)
    }

    private func power(_ base: Int, _ exponent: Int) throws -> Int {
        if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
        var result = 1
        for _ in 0..<min(exponent, 64) {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            guard !overflow else { throw JinjaOperators.overflow }
            result = product
        }
        return result
    }

    private func floating(_ operation: JinjaToken.Symbol, _ a: Double, _ b: Double) throws -> Double {
        switch operation {
        case .add: return a + b
        case .sub: return a - b
        case .mul: return a * b
        case .pow:
            guard a != 0 || b >= 0 else { throw JinjaFault.failed("0.0 cannot be raised to a negative power") }
            guard a >= 0 || b == b.rounded() else { throw JinjaFault.failed("a negative number to a broken power is a complex number") }
            let result = pow(a, b)
            guard result.isFinite || !a.isFinite || !b.isFinite else { throw JinjaFault.failed("the result of ** is too large") }
            return result
        case .div, .floordiv, .mod:
            guard b != 0 else { throw JinjaFault.failed("division by zero") }
            return operation == .div ? a / b : operation == .mod ? PythonNumber.modulo(a, b) : PythonNumber.floorDivide(a, b)
        default: throw JinjaFault.failed("unknown operator \(operation.rawValue)")
        }
    }
}
