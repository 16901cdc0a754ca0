// Tested by JinjaSyntaxTests.swift.

/// Turns tokens into statements and expressions, by the grammar of Jinja 3.1.
struct JinjaParser {
    typealias Problem = JinjaLexer.Problem

    /// Parentheses, blocks and operators inside one another; Jinja itself stops near this.
    static let deepest = 90
    /// Operators one after the other on one level.
    static let longest = 200

    let tokens: [JinjaToken]
    var position = 0
    var depth = 0
    /// Loops around the current place that a `break` can leave.
    var loops = 0
    private(set) var names: [String] = []
    private(set) var nameIDs: [String: Int] = [:]
    /// Names read, in each macro and loop around the current place.
    var used: [Set<String>] = [[]]
    /// Unknown filters and tests that are errors unless they turn out to stand under a condition.
    var unknown: [Problem] = []
    var unknownForSure: [Problem] = []
    /// Lines at which the name `loop` is assigned.
    var loopAssignments: [Int] = []

    /// Parses a template.
    ///
    /// - Throws: `TemplateError.syntax`.
    static func parse(_ source: String, name: String) throws(TemplateError) -> JinjaProgram {
        do {
            var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: source))
            let body = try parser.statements(until: [])
            if let first = (parser.unknownForSure + parser.unknown).first { throw first }
            return JinjaProgram(name: name, body: body, names: parser.names, nameIDs: parser.nameIDs)
        } catch let problem as Problem {
            throw .syntax(template: name, line: problem.line, problem: problem.text)
        } catch {
            throw .syntax(template: name, line: 0, problem: "\(error)")
        }
    }

    private init(tokens: [JinjaToken]) { self.tokens = tokens }

    // MARK: Tokens

    var token: JinjaToken { tokens[position] }
    var following: JinjaToken { tokens[min(position + 1, tokens.count - 1)] }

    func problem(_ text: String) -> Problem { Problem(line: token.line, text: text) }

    mutating func skip() { position = min(position + 1, tokens.count - 1) }

    func isName(_ name: String) -> Bool { token.kind == .name(name) }

    func isSymbol(_ symbol: JinjaToken.Symbol) -> Bool { token.kind == .symbol(symbol) }

    mutating func skipName(_ name: String) -> Bool {
        guard isName(name) else { return false }
        skip()
        return true
    }

    mutating func skipSymbol(_ symbol: JinjaToken.Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        skip()
        return true
    }

    mutating func expect(_ symbol: JinjaToken.Symbol) throws {
        guard skipSymbol(symbol) else { throw problem("expected “\(symbol.rawValue)”, found \(shown)") }
    }

    mutating func expect(name: String) throws {
        guard skipName(name) else { throw problem("expected “\(name)”, found \(shown)") }
    }

    mutating func expectName() throws -> String {
        guard case .name(let name) = token.kind else { throw problem("expected a name, found \(shown)") }
        skip()
        return name
    }

    mutating func expectEnd(block: Bool) throws {
        guard token.kind == (block ? .blockEnd : .variableEnd) else {
            throw problem("expected the end of the \(block ? "statement" : "expression"), found \(shown)")
        }
        skip()
    }

    /// The current token in words.
    var shown: String {
        switch token.kind {
        case .data: "text"
        case .variableBegin: "“{{”"
        case .variableEnd: "“}}”"
        case .blockBegin: "“{%”"
        case .blockEnd: "“%}”"
        case .end: "the end of the template"
        case .name(let name): "“\(name)”"
        case .string: "a text in quotes"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .symbol(let symbol): "“\(symbol.rawValue)”"
        }
    }

    /// Runs `body` one level deeper.
    mutating func nested<T>(_ body: (inout JinjaParser) throws -> T) throws -> T {
        depth += 1
        guard depth <= Self.deepest else { throw problem("more than \(Self.deepest) levels of blocks, parentheses or operators") }
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func id(_ name: String) -> Int {
        if let id = nameIDs[name] { return id }
        nameIDs[name] = names.count
        names.append(name)
        return names.count - 1
    }

    mutating func use(_ name: String) -> Int {
        used[used.count - 1].insert(name)
        return id(name)
    }

    // MARK: Statements

    /// Statements up to one of the tags `ends`, whose name is then the current token.
    mutating func statements(until ends: [String]) throws -> [any JinjaStatement] {
        try nested { parser in
            var body: [any JinjaStatement] = []
            while true {
                let line = parser.token.line
                switch parser.token.kind {
                case .data(let text):
                    body.append(JinjaTextStatement(text: text))
                    parser.skip()
                case .variableBegin:
                    parser.skip()
                    body.append(JinjaOutputStatement(value: try parser.tuple(), line: line))
                    try parser.expectEnd(block: false)
                case .blockBegin:
                    parser.skip()
                    guard case .name(let tag) = parser.token.kind else { throw parser.problem("tag name expected, found \(parser.shown)") }
                    if ends.contains(tag) { return body }
                    body += try parser.statement(tag)
                    try parser.expectEnd(block: true)
                case .end:
                    guard ends.isEmpty else {
                        throw parser.problem("the template ends where \(ends.map { "“\($0)”" }.joined(separator: " or ")) is missing")
                    }
                    return body
                default:
                    throw parser.problem("unexpected \(parser.shown)")
                }
            }
        }
    }

    /// The body of a block: after the end of its tag, up to the name of the closing one.
    mutating func body(until ends: String...) throws -> [any JinjaStatement] {
        _ = skipSymbol(.colon)
        try expectEnd(block: true)
        return try statements(until: ends)
    }

    private mutating func statement(_ tag: String) throws -> [any JinjaStatement] {
        let line = token.line
        skip()
        switch tag {
        case "if": return [try ifStatement()]
        case "for": return [try forStatement(line)]
        case "set": return [try setStatement(line)]
        case "with": return [try withStatement(line)]
        case "macro": return [try macroStatement()]
        case "call": return [try callStatement(line)]
        case "filter":
            let filters = try filterChain(startInline: true)
            let body = try hard { try $0.body(until: "endfilter") }
            skip()
            return [JinjaFilterBlockStatement(filters: filters, body: body, line: line)]
        case "print": return try printStatement(line)
        case "generation":
            let body = try function { try $0.body(until: "endgeneration") }
            skip()
            return [JinjaGenerationStatement(body: body)]
        case "break", "continue":
            guard loops > 0 else { throw Problem(line: line, text: "“\(tag)” outside a loop") }
            return [JinjaFlowStatement(flow: tag == "break" ? .breakLoop : .continueLoop)]
        case "block":
            let name = try expectName()
            let isScoped = skipName("scoped")
            _ = skipName("required")
            let body = try function { try $0.body(until: "endblock") }
            skip()
            _ = skipName(name)
            return [JinjaBlockStatement(body: body, isScoped: isScoped)]
        case "autoescape":
            guard skipName("false") || skipName("False") else { throw problem("only “autoescape false” is supported") }
            let body = try hard { try $0.body(until: "endautoescape") }
            skip()
            return [JinjaWithStatement(targets: [], values: [], body: body, line: line)]
        case "include", "import", "from", "extends":
            while token.kind != .blockEnd, token.kind != .end { skip() }
            return [JinjaUnsupportedStatement(tag: tag, line: line)]
        default:
            throw Problem(line: line, text: "unknown tag “\(tag)”")
        }
    }

    /// Parses something whose unknown filters are errors even under a condition around it.
    mutating func hard<T>(_ body: (inout JinjaParser) throws -> T) throws -> T {
        let before = unknown.count
        let result = try body(&self)
        unknownForSure += unknown[before...]
        unknown.removeLast(unknown.count - before)
        return result
    }

    /// Parses something that becomes a function: no `break` leaves it.
    mutating func function<T>(_ body: (inout JinjaParser) throws -> T) throws -> T {
        let before = loops
        loops = 0
        defer { loops = before }
        return try hard(body)
    }

    private mutating func printStatement(_ line: Int) throws -> [any JinjaStatement] {
        var result: [any JinjaStatement] = []
        while token.kind != .blockEnd {
            if !result.isEmpty { try expect(.comma) }
            result.append(JinjaOutputStatement(value: try expression(), line: line))
        }
        return result
    }

    private mutating func ifStatement() throws -> any JinjaStatement {
        let before = unknown.count
        var branches: [JinjaIfStatement.Branch] = []
        var otherwise: [any JinjaStatement] = []
        repeat {
            let line = token.line
            let test = try tuple(conditional: false)
            branches.append(.init(test: test, body: try body(until: "elif", "else", "endif"), line: line))
        } while skipName("elif")
        if skipName("else") { otherwise = try body(until: "endif") }
        skip()
        unknown.removeLast(unknown.count - before)
        return JinjaIfStatement(branches: branches, otherwise: otherwise)
    }

    private mutating func forStatement(_ line: Int) throws -> any JinjaStatement {
        let assigned = loopAssignments.count
        let target = try target(end: "in")
        try expect(name: "in")
        let items = try tuple(conditional: false, end: "recursive")
        return try hard { parser in
            let test = parser.skipName("if") ? try parser.expression() : nil
            let isRecursive = parser.skipName("recursive")
            parser.used.append([])
            parser.loops += 1
            let body = try parser.body(until: "endfor", "else")
            parser.loops -= 1
            let inside = parser.used.removeLast()
            parser.used[parser.used.count - 1].formUnion(inside)
            let otherwise = parser.skipName("else") ? try parser.body(until: "endfor") : []
            parser.skip()
            if parser.loopAssignments.count > assigned {
                throw Problem(line: parser.loopAssignments[assigned], text: "cannot assign to the special variable “loop” inside a loop")
            }
            let loopID = inside.contains("loop") || isRecursive ? parser.id("loop") : nil
            return JinjaForStatement(
                target: target, items: items, test: test, isRecursive: isRecursive, body: body, otherwise: otherwise, loopID: loopID,
                line: line)
        }
    }

    private mutating func setStatement(_ line: Int) throws -> any JinjaStatement {
        let target = try target(allowsAttribute: true)
        if skipSymbol(.assign) { return JinjaSetStatement(target: target, value: try tuple(), line: line) }
        let filters = try filterChain(startInline: false)
        let body = try hard { try $0.body(until: "endset") }
        skip()
        return JinjaSetBlockStatement(target: target, filters: filters, body: body, line: line)
    }

    private mutating func withStatement(_ line: Int) throws -> any JinjaStatement {
        var targets: [JinjaTarget] = []
        var values: [any JinjaExpression] = []
        while token.kind != .blockEnd {
            if !targets.isEmpty { try expect(.comma) }
            targets.append(try target())
            try expect(.assign)
            values.append(try expression())
        }
        let body = try hard { try $0.body(until: "endwith") }
        skip()
        return JinjaWithStatement(targets: targets, values: values, body: body, line: line)
    }

    private mutating func signature() throws -> [JinjaMacroDefinition.Parameter] {
        var parameters: [JinjaMacroDefinition.Parameter] = []
        try expect(.lparen)
        while !isSymbol(.rparen) {
            if !parameters.isEmpty { try expect(.comma) }
            let name = try expectName()
            var parameter = JinjaMacroDefinition.Parameter(name: name, id: id(name))
            if skipSymbol(.assign) {
                parameter.defaultValue = try expression()
            } else if parameters.last?.defaultValue != nil {
                throw problem("non-default argument follows default argument")
            }
            guard !parameters.contains(where: { $0.name == name }) else { throw problem("two parameters are named “\(name)”") }
            parameters.append(parameter)
        }
        try expect(.rparen)
        return parameters
    }

    private mutating func definition(
        named name: String, _ parameters: [JinjaMacroDefinition.Parameter], end: String
    ) throws -> JinjaMacroDefinition {
        used.append([])
        let body = try function { try $0.body(until: end) }
        skip()
        let inside = used.removeLast()
        used[used.count - 1].formUnion(inside)
        func special(_ special: String) -> Int? {
            inside.contains(special) && !parameters.contains { $0.name == special } ? nameIDs[special] : nil
        }
        return JinjaMacroDefinition(
            name: name, parameters: parameters, body: body, callerID: special("caller"), varargsID: special("varargs"),
            kwargsID: special("kwargs"))
    }

    private mutating func macroStatement() throws -> any JinjaStatement {
        let name = try expectName()
        let parameters = try hard { try $0.signature() }
        let definition = try definition(named: name, parameters, end: "endmacro")
        return JinjaMacroStatement(id: id(name), definition: definition)
    }

    private mutating func callStatement(_ line: Int) throws -> any JinjaStatement {
        let parameters = isSymbol(.lparen) ? try hard { try $0.signature() } : []
        guard let call = try expression() as? JinjaCall else { throw Problem(line: line, text: "expected a call") }
        let caller = try definition(named: "caller", parameters, end: "endcall")
        return JinjaCallBlockStatement(call: call, caller: caller, line: line)
    }
}
