// Tested by ChatTemplateTests.swift.

/// The `loop` variable and the items still to come.
final class JinjaLoop {
    let recurse: ((JinjaRenderer, JinjaValue, Int) throws -> Void)?
    /// Levels of recursive loops, from 1.
    let depth: Int
    private(set) var index0 = -1
    private(set) var previous: JinjaValue?
    private(set) var current: JinjaValue?
    private var items: [JinjaValue]
    private var position = 0
    private var iterator: JinjaIterator?
    private var lastChanged: JinjaValue?

    init(_ items: [JinjaValue], depth: Int, recurse: ((JinjaRenderer, JinjaValue, Int) throws -> Void)?) {
        (self.items, self.depth, self.recurse) = (items, depth, recurse)
    }

    init(_ iterator: JinjaIterator, depth: Int, recurse: ((JinjaRenderer, JinjaValue, Int) throws -> Void)?) {
        (items, self.iterator, self.depth, self.recurse) = ([], iterator, depth, recurse)
    }

    func advance() throws -> JinjaValue? {
        guard let item = try peek() else { return nil }
        position += 1
        index0 += 1
        (previous, current) = (current, item)
        return item
    }

    private func peek() throws -> JinjaValue? {
        if position < items.count { return items[position] }
        guard let iterator, let item = try iterator.next() else { return nil }
        (items, position) = ([item], 0)
        return item
    }

    private func length() throws -> Int {
        if let iterator {
            while let item = try iterator.next() { items.append(item) }
            return index0 + 1 + items.count - position
        }
        return items.count
    }

    func attribute(_ name: String, _ renderer: JinjaRenderer) throws -> JinjaValue? {
        switch name {
        case "index": return .int(index0 + 1)
        case "index0": return .int(index0)
        case "first": return .bool(index0 == 0)
        case "last": return .bool(try peek() == nil)
        case "length": return .int(try length())
        case "revindex": return .int(try length() - index0)
        case "revindex0": return .int(try length() - index0 - 1)
        case "depth": return .int(depth)
        case "depth0": return .int(depth - 1)
        case "previtem": return index0 == 0 ? .undefined("there is no previous item") : previous
        case "nextitem": return try peek() ?? .undefined("there is no next item")
        case "cycle":
            return .function(
                JinjaFunction(name) { [index0] _, arguments in
                    guard !arguments.positional.isEmpty else { throw JinjaFault.failed("no items for cycling given") }
                    return arguments.positional[index0 % arguments.positional.count]
                })
        case "changed":
            return .function(
                JinjaFunction(name) { [self] renderer, arguments in
                    let value = JinjaValue.tuple(JinjaList(arguments.positional))
                    if let lastChanged, try renderer.isEqual(lastChanged, value) { return .bool(false) }
                    lastChanged = value
                    return .bool(true)
                })
        default: return nil
        }
    }
}

final class JinjaForStatement: JinjaStatement {
    let target: JinjaTarget
    let items: any JinjaExpression
    let test: (any JinjaExpression)?
    let isRecursive: Bool
    let body: [any JinjaStatement]
    let otherwise: [any JinjaStatement]
    /// The number of the name `loop` where the body uses it.
    let loopID: Int?
    let line: Int

    init(
        target: JinjaTarget, items: any JinjaExpression, test: (any JinjaExpression)?, isRecursive: Bool, body: [any JinjaStatement],
        otherwise: [any JinjaStatement], loopID: Int?, line: Int
    ) {
        (self.target, self.items, self.test, self.isRecursive) = (target, items, test, isRecursive)
        (self.body, self.otherwise, self.loopID, self.line) = (body, otherwise, loopID, line)
    }

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        let items = try items.evaluate(renderer)
        if isRecursive {
            let outer = renderer.captureScope()
            try pass(over: items, depth: 0, outer: outer, renderer)
        } else {
            try pass(over: items, depth: 0, outer: renderer.scope, renderer)
        }
        return .next
    }

    private func pass(over value: JinjaValue, depth: Int, outer: JinjaScope?, _ renderer: JinjaRenderer) throws {
        var recurse: ((JinjaRenderer, JinjaValue, Int) throws -> Void)?
        if isRecursive {
            recurse = { [self] renderer, value, depth in
                try renderer.inScope(outer) { try pass(over: value, depth: depth, outer: outer, renderer) }
            }
        }
        let loop: JinjaLoop
        if let test {
            let source = try renderer.iterator(over: value)
            let filtered = JinjaIterator(depth: 0) { [target] in
                while let item = try source.next() {
                    try renderer.step()
                    let local = JinjaScope(outer)
                    let keep = try renderer.inScope(local) {
                        try renderer.assign(target, item)
                        return try test.evaluate(renderer).isTrue
                    }
                    if keep { return item }
                }
                return nil
            }
            loop = JinjaLoop(filtered, depth: depth + 1, recurse: recurse)
        } else if case .iterator(let iterator) = value {
            loop = JinjaLoop(iterator, depth: depth + 1, recurse: recurse)
        } else {
            loop = JinjaLoop(try renderer.items(of: value), depth: depth + 1, recurse: recurse)
        }
        let before = renderer.scope
        var scope = JinjaScope(outer)
        var ran = false
        while let item = try loop.advance() {
            try renderer.step()
            ran = true
            if scope.isCaptured { scope = JinjaScope(outer) }
            scope.truncate(to: 0)
            renderer.scope = scope
            if let loopID { scope.set(loopID, .loop(loop)) }
            try renderer.assign(target, item)
            if try renderer.flow(body) == .breakLoop { break }
            renderer.scope = outer
        }
        if !ran, !otherwise.isEmpty {
            try renderer.inScope(JinjaScope(outer)) { _ = try renderer.flow(otherwise) }
        }
        renderer.scope = before
    }
}
