// Tested by ChatTemplateTests.swift.

struct JinjaTextStatement: JinjaStatement {
    let text: String

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.write(text)
        return .next
    }
}

struct JinjaOutputStatement: JinjaStatement {
    let value: any JinjaExpression
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        try renderer.write(try renderer.text(of: value.evaluate(renderer)))
        return .next
    }
}

struct JinjaIfStatement: JinjaStatement {
    struct Branch: Sendable {
        var test: any JinjaExpression
        var body: [any JinjaStatement]
        var line: Int
    }

    let branches: [Branch]
    let otherwise: [any JinjaStatement]

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.step()
        for branch in branches {
            renderer.line = branch.line
            if try branch.test.evaluate(renderer).isTrue { return try renderer.flow(branch.body) }
        }
        return try renderer.flow(otherwise)
    }
}

struct JinjaSetStatement: JinjaStatement {
    let target: JinjaTarget
    let value: any JinjaExpression
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        let value = try value.evaluate(renderer)
        try renderer.assign(target, value)
        return .next
    }
}

struct JinjaSetBlockStatement: JinjaStatement {
    let target: JinjaTarget
    let filters: [JinjaFilterCall]
    let body: [any JinjaStatement]
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        var flow = JinjaFlow.next
        var value = JinjaValue.null
        try renderer.inScope(JinjaScope(renderer.scope)) {
            let text = try renderer.capture { flow = try renderer.flow(body) }
            guard flow == .next else { return }
            value = .string(text)
            for filter in filters { value = try filter.apply(to: value, renderer) }
        }
        guard flow == .next else { return flow }
        renderer.line = line
        try renderer.assign(target, value)
        return .next
    }
}

struct JinjaFilterBlockStatement: JinjaStatement {
    let filters: [JinjaFilterCall]
    let body: [any JinjaStatement]
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        var flow = JinjaFlow.next
        try renderer.inScope(JinjaScope(renderer.scope)) {
            let text = try renderer.capture { flow = try renderer.flow(body) }
            guard flow == .next else { return }
            var value = JinjaValue.string(text)
            for filter in filters { value = try filter.apply(to: value, renderer) }
            try renderer.write(try renderer.text(of: value))
        }
        return flow
    }
}

struct JinjaWithStatement: JinjaStatement {
    let targets: [JinjaTarget]
    let values: [any JinjaExpression]
    let body: [any JinjaStatement]
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        let given = try values.map { try $0.evaluate(renderer) }
        return try renderer.inScope(JinjaScope(renderer.scope)) {
            for (target, value) in zip(targets, given) { try renderer.assign(target, value) }
            return try renderer.flow(body)
        }
    }
}

/// What the assistant wrote: `{% generation %}`.
///
/// The body is output as it is, in a scope of its own.
struct JinjaGenerationStatement: JinjaStatement {
    let body: [any JinjaStatement]

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.step()
        try renderer.inScope(JinjaScope(renderer.scope)) { try renderer.run(body) }
        return .next
    }
}

/// `{% block %}` of a template without parent: sees only the variables of the top level.
struct JinjaBlockStatement: JinjaStatement {
    let body: [any JinjaStatement]
    let isScoped: Bool

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.step()
        try renderer.inScope(JinjaScope(isScoped ? renderer.scope : nil)) { try renderer.run(body) }
        return .next
    }
}

struct JinjaMacroStatement: JinjaStatement {
    let id: Int
    let definition: JinjaMacroDefinition

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.step()
        renderer.assign(id, .macro(JinjaMacro(definition, renderer.captureScope())))
        return .next
    }
}

struct JinjaCallBlockStatement: JinjaStatement {
    let call: JinjaCall
    let caller: JinjaMacroDefinition
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        try renderer.step()
        let caller = JinjaValue.macro(JinjaMacro(caller, renderer.captureScope()))
        try renderer.write(try renderer.text(of: call.evaluate(renderer, adding: caller)))
        return .next
    }
}

struct JinjaFlowStatement: JinjaStatement {
    let flow: JinjaFlow

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        try renderer.step()
        return flow
    }
}

/// A statement that needs other templates, which a chat template has none of.
struct JinjaUnsupportedStatement: JinjaStatement {
    let tag: String
    let line: Int

    func run(_ renderer: JinjaRenderer) throws -> JinjaFlow {
        renderer.line = line
        throw JinjaFault.failed("“\(tag)” needs another template, and a chat template stands alone")
    }
}
