// Tested by JinjaSyntaxTests.swift.

/// A parsed template: its statements, and the names they use as numbers.
struct JinjaProgram: Sendable {
    let name: String
    let body: [any JinjaStatement]
    let names: [String]
    let nameIDs: [String: Int]
}

/// What a statement leaves to do.
enum JinjaFlow { case next, breakLoop, continueLoop }

/// A part of a template that does something.
protocol JinjaStatement: Sendable {
    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow
}

/// A part of a template that has a value.
protocol JinjaExpression: Sendable {
    func evaluate(_ renderer: JinjaRenderer) throws -> JinjaValue
}

/// The left side of an assignment.
indirect enum JinjaTarget: Sendable {
    case name(Int)
    case attribute(namespace: Int, name: String)
    case tuple([JinjaTarget])
}

/// A macro's or call block's signature and body.
final class JinjaMacroDefinition: Sendable {
    struct Parameter: Sendable {
        var name: String
        var id: Int
        var defaultValue: (any JinjaExpression)?
    }

    let name: String
    let parameters: [Parameter]
    let body: [any JinjaStatement]
    /// Numbers of the names `caller`, `varargs` and `kwargs` where the body uses them.
    let callerID: Int?
    let varargsID: Int?
    let kwargsID: Int?

    init(name: String, parameters: [Parameter], body: [any JinjaStatement], callerID: Int?, varargsID: Int?, kwargsID: Int?) {
        (self.name, self.parameters, self.body) = (name, parameters, body)
        (self.callerID, self.varargsID, self.kwargsID) = (callerID, varargsID, kwargsID)
    }
}

/// Values of a call: in order, then by name.
struct JinjaArguments {
    var positional: [JinjaValue] = []
    var named: [(name: String, value: JinjaValue)] = []

    /// The values with markup made ordinary texts.
    var plain: JinjaArguments {
        func isMarkup(_ value: JinjaValue) -> Bool { if case .markup = value { true } else { false } }
        guard positional.contains(where: isMarkup) || named.contains(where: { isMarkup($0.value) }) else { return self }
        return JinjaArguments(positional: positional.map(\.plain), named: named.map { ($0.name, $0.value.plain) })
    }

    var isEmpty: Bool { positional.isEmpty && named.isEmpty }

    /// The values of parameters `names`, nil where not given.
    ///
    /// - Throws: when there are too many values, an unknown name, a value given twice or one of the first `required` missing.
    func bind(_ names: [String], required: Int = 0, for function: String) throws -> [JinjaValue?] {
        guard positional.count <= names.count else {
            throw JinjaFault.failed("\(function) takes at most \(names.count) values; \(positional.count) were given")
        }
        var values: [JinjaValue?] = positional
        values += Array(repeating: nil, count: names.count - positional.count)
        for (name, value) in named {
            guard let index = names.firstIndex(of: name) else {
                throw JinjaFault.failed("\(function) got an unexpected keyword argument '\(name)'")
            }
            guard values[index] == nil else { throw JinjaFault.failed("\(function) got multiple values for argument '\(name)'") }
            values[index] = value
        }
        for index in 0..<required where values[index] == nil {
            throw JinjaFault.failed("\(function) misses the required argument '\(names[index])'")
        }
        return values
    }
}

/// Variables of a loop pass, a macro call, a `with`; the ones outside are reached through `parent`.
final class JinjaScope {
    let parent: JinjaScope?
    var names: [Int] = []
    var values: [JinjaValue] = []
    /// Whether a macro written here keeps this scope.
    var isCaptured = false

    init(_ parent: JinjaScope?) { self.parent = parent }

    func set(_ name: Int, _ value: JinjaValue) {
        if let index = names.firstIndex(of: name) {
            values[index] = value
        } else {
            names.append(name)
            values.append(value)
        }
    }

    func truncate(to count: Int) {
        guard names.count > count else { return }
        names.removeLast(names.count - count)
        values.removeLast(values.count - count)
    }
}
