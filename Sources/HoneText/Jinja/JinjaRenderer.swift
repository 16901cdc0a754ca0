// Tested by ChatTemplateTests.swift.

/// One rendering of a template: the variables, the output so far, and what has been used of the limits.
final class JinjaRenderer {
    let program: JinjaProgram
    let limits: TemplateLimits
    var root: [JinjaValue?]
    var scope: JinjaScope?
    var line = 1
    private(set) var output = ""
    private var steps = 0
    private var nesting = 0
    private let stackBase: UInt
    private var namespaces: [JinjaNamespace] = []
    private var captured: [JinjaScope] = []

    init(_ program: JinjaProgram, limits: TemplateLimits, now: TemplateDate?) {
        (self.program, self.limits) = (program, limits)
        root = Array(repeating: nil, count: program.names.count)
        stackBase = Self.stackPosition()
        JinjaGlobals.define(in: self, now: now)
    }

    /// Gives a variable of the template its value; a name the template does not use costs nothing.
    func define(_ name: String, _ value: @autoclosure () -> JinjaValue) {
        if let id = program.nameIDs[name] { root[id] = value() }
    }

    /// Runs the template and returns what it wrote.
    func render() throws(TemplateError) -> String {
        defer {
            // Namespaces and macros may refer to themselves.
            for namespace in namespaces { namespace.clear() }
            for scope in captured { scope.truncate(to: 0) }
        }
        do {
            for statement in program.body { _ = try statement.run(self) }
            return output
        } catch let fault as JinjaFault {
            throw fault.located(template: program.name, line: line)
        } catch {
            throw .failed(template: program.name, line: line, problem: "\(error)")
        }
    }

    // MARK: Bounds

    private static func stackPosition() -> UInt {
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    }

    @inline(__always)
    func step(_ count: Int = 1) throws {
        steps &+= count
        if steps > limits.steps { throw JinjaFault.limit("more than \(limits.steps) steps") }
    }

    /// Counts the making of a text or list of `size` bytes or items.
    @inline(__always)
    func charge(_ size: Int) throws {
        if size > limits.outputBytes { throw JinjaFault.limit("a text or list of more than \(limits.outputBytes) bytes") }
        try step(1 + size >> 6)
    }

    func checked(_ text: String) throws -> JinjaValue {
        try charge(text.utf8.count)
        return .string(text)
    }

    func checked(_ items: [JinjaValue]) throws -> JinjaValue {
        let list = JinjaList(items)
        try charge(items.count * 16)
        try checkDepth(list.depth)
        return .list(list)
    }

    func checkDepth(_ depth: Int) throws {
        if depth > limits.nesting { throw JinjaFault.limit("values more than \(limits.nesting) levels deep") }
    }

    func checkStack() throws {
        let position = Self.stackPosition()
        let used = position > stackBase ? position - stackBase : stackBase - position
        if used > UInt(limits.stackBytes) { throw JinjaFault.limit("expressions and calls nested too deeply") }
    }

    // MARK: Output

    func write(_ text: String) throws {
        output += text
        if output.utf8.count > limits.outputBytes { throw JinjaFault.limit("more than \(limits.outputBytes) bytes of output") }
        try step(text.utf8.count >> 6)
    }

    /// What `body` writes, instead of its being output.
    func capture(_ body: () throws -> Void) throws -> String {
        let before = output
        output = ""
        try body()
        let text = output
        output = before
        return text
    }

    // MARK: Variables

    func lookup(_ id: Int) -> JinjaValue {
        var current = scope
        while let scope = current {
            for index in scope.names.indices where scope.names[index] == id { return scope.values[index] }
            current = scope.parent
        }
        return root[id] ?? .undefined("'\(program.names[id])' is undefined")
    }

    func assign(_ id: Int, _ value: JinjaValue) {
        if let scope { scope.set(id, value) } else { root[id] = value }
    }

    func assign(_ target: JinjaTarget, _ value: JinjaValue) throws {
        switch target {
        case .name(let id): assign(id, value)
        case .attribute(let id, let name):
            guard case .namespace(let namespace) = lookup(id) else {
                throw JinjaFault.failed("cannot assign attribute on non-namespace object")
            }
            guard !name.hasPrefix("_") else { throw JinjaFault.failed("a namespace takes no attribute '\(name)' with an underscore") }
            namespace.set(name, value)
            try checkDepth(namespace.depth)
        case .tuple(let targets):
            let items = try items(of: value)
            guard items.count == targets.count else {
                throw JinjaFault.failed("cannot unpack \(items.count) values into \(targets.count) names")
            }
            for (target, item) in zip(targets, items) { try assign(target, item) }
        }
    }

    func inScope<T>(_ new: JinjaScope?, _ body: () throws -> T) rethrows -> T {
        let before = scope
        scope = new
        let result = try body()
        scope = before
        return result
    }

    func makeNamespace(_ attributes: JinjaDictionary) throws -> JinjaValue {
        let namespace = JinjaNamespace(attributes)
        namespaces.append(namespace)
        try checkDepth(namespace.depth)
        try step()
        return .namespace(namespace)
    }

    /// The current scope, kept by a macro: neither it nor those around it may be used again for another pass.
    func captureScope() -> JinjaScope? {
        var current = scope
        while let scope = current, !scope.isCaptured {
            scope.isCaptured = true
            captured.append(scope)
            current = scope.parent
        }
        return scope
    }

    // MARK: Calls

    func call(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        try step()
        switch value {
        case .function(let function): return try function.call(self, arguments)
        case .macro(let macro): return try .string(call(macro, arguments))
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw JinjaFault.failed("The loop must have the 'recursive' marker to be called recursively.")
            }
            let items = try arguments.bind(["iterable"], required: 1, for: "loop()")
            try descend()
            defer { nesting -= 1 }
            return try .string(capture { try recurse(self, items[0] ?? .null, loop.depth) })
        case .undefined(let reason): throw JinjaFault.failed(reason)
        default: throw JinjaFault.failed("'\(value.typeName)' object is not callable")
        }
    }

    private func descend() throws {
        nesting += 1
        if nesting > limits.nesting { throw JinjaFault.limit("more than \(limits.nesting) calls inside one another") }
        try checkStack()
    }

    private func call(_ macro: JinjaMacro, _ arguments: JinjaArguments) throws -> String {
        try descend()
        defer { nesting -= 1 }
        let definition = macro.definition
        let local = JinjaScope(macro.scope)
        var named = arguments.named
        var missing: [JinjaMacroDefinition.Parameter] = []
        for (index, parameter) in definition.parameters.enumerated() {
            if index < arguments.positional.count {
                local.set(parameter.id, arguments.positional[index])
            } else if let given = named.firstIndex(where: { $0.name == parameter.name }) {
                local.set(parameter.id, named.remove(at: given).value)
            } else {
                missing.append(parameter)
            }
        }
        if let callerID = definition.callerID, !definition.parameters.contains(where: { $0.id == callerID }) {
            let given = named.firstIndex { $0.name == "caller" }
            local.set(callerID, given.map { named.remove(at: $0).value } ?? .undefined("No caller defined"))
        }
        if let kwargsID = definition.kwargsID {
            var builder = JinjaDictionaryBuilder()
            for (name, value) in named { try builder.set(.string(name), value) }
            local.set(kwargsID, .dict(builder.dictionary))
        } else if let extra = named.first {
            throw JinjaFault.failed("macro '\(definition.name)' takes no keyword argument '\(extra.name)'")
        }
        let extra = arguments.positional.dropFirst(definition.parameters.count)
        if let varargsID = definition.varargsID {
            local.set(varargsID, .tuple(JinjaList(Array(extra))))
        } else if !extra.isEmpty {
            throw JinjaFault.failed("macro '\(definition.name)' takes not more than \(definition.parameters.count) argument(s)")
        }
        return try inScope(local) {
            for parameter in missing {
                let value = try parameter.defaultValue?.evaluate(self)
                local.set(parameter.id, value ?? .undefined("parameter '\(parameter.name)' was not provided"))
            }
            return try capture { try run(definition.body) }
        }
    }

    /// Runs statements that stand outside any loop of their own.
    func run(_ body: [any JinjaStatement]) throws {
        for statement in body { _ = try statement.run(self) }
    }

    /// Runs statements up to a `break` or `continue`.
    @inline(__always)
    func flow(_ body: [any JinjaStatement]) throws -> JinjaFlow {
        for statement in body {
            let flow = try statement.run(self)
            if flow != .next { return flow }
        }
        return .next
    }
}
