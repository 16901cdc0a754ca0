// Tested by JinjaSyntaxTests.swift.

extension JinjaParser {
    /// An expression, or several with commas between them.
    mutating func tuple(conditional: Bool = true, end: String? = nil, inParentheses: Bool = false) throws -> any JinjaExpression {
        var items: [any JinjaExpression] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if isTupleEnd(end) { break }
            items.append(try conditional ? expression() : disjunction())
            guard isSymbol(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = items.first { return only }
            guard inParentheses else { throw problem("Expected an expression, found \(shown)") }
        }
        return JinjaListLiteral(items: items, isTuple: true)
    }

    private func isTupleEnd(_ end: String?) -> Bool {
        token.kind == .variableEnd || token.kind == .blockEnd || isSymbol(.rparen) || end.map(isName) ?? false
    }

    /// The left side of an assignment: names, tuples of them, or a namespace's attribute.
    mutating func target(end: String? = nil, allowsAttribute: Bool = false) throws -> JinjaTarget {
        try nested { parser in
            var targets: [JinjaTarget] = []
            var isTuple = false
            while true {
                if !targets.isEmpty { try parser.expect(.comma) }
                if parser.isTupleEnd(end) { break }
                targets.append(try parser.targetItem(allowsAttribute: allowsAttribute))
                guard parser.isSymbol(.comma) else { break }
                isTuple = true
            }
            if !isTuple, let only = targets.first { return only }
            guard !targets.isEmpty else { throw parser.problem("Expected a name to assign to, found \(parser.shown)") }
            return .tuple(targets)
        }
    }

    private mutating func targetItem(allowsAttribute: Bool) throws -> JinjaTarget {
        if skipSymbol(.lparen) {
            let inner = try target()
            try expect(.rparen)
            return inner
        }
        let line = token.line
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw Problem(line: line, text: "cannot assign to “\(name)”")
        }
        if allowsAttribute, skipSymbol(.dot) { return .attribute(namespace: use(name), name: try expectName()) }
        if name == "loop" { loopAssignments.append(line) }
        return .name(id(name))
    }

    /// An expression with `… if … else …`.
    mutating func expression() throws -> any JinjaExpression {
        try nested { parser in
            let before = parser.unknown.count
            var line = parser.token.line
            var value = try parser.disjunction()
            var count = 0
            while parser.skipName("if") {
                try parser.checkLength(&count)
                let test = try parser.disjunction()
                let otherwise = parser.skipName("else") ? try parser.expression() : nil
                value = JinjaConditional(test: test, value: value, otherwise: otherwise, line: line)
                line = parser.token.line
                parser.unknown.removeLast(parser.unknown.count - before)
            }
            return value
        }
    }

    private func checkLength(_ count: inout Int) throws {
        count += 1
        guard count <= Self.longest else { throw problem("more than \(Self.longest) operators in one row") }
    }

    /// `or`.
    private mutating func disjunction() throws -> any JinjaExpression {
        var left = try conjunction()
        var count = 0
        while skipName("or") {
            try checkLength(&count)
            left = JinjaLogic(isAnd: false, left, try conjunction())
        }
        return left
    }

    private mutating func conjunction() throws -> any JinjaExpression {
        var left = try negation()
        var count = 0
        while skipName("and") {
            try checkLength(&count)
            left = JinjaLogic(isAnd: true, left, try negation())
        }
        return left
    }

    private mutating func negation() throws -> any JinjaExpression {
        guard skipName("not") else { return try comparison() }
        return try nested { JinjaUnary(.not, try $0.negation()) }
    }

    private mutating func comparison() throws -> any JinjaExpression {
        let first = try sum()
        var rest: [(operation: JinjaComparison, value: any JinjaExpression)] = []
        while let operation = comparisonOperator() { rest.append((operation, try sum())) }
        return rest.isEmpty ? first : JinjaCompare(first, rest)
    }

    private mutating func comparisonOperator() -> JinjaComparison? {
        let operation: JinjaComparison
        switch token.kind {
        case .symbol(.eq): operation = .equal
        case .symbol(.ne): operation = .notEqual
        case .symbol(.lt): operation = .less
        case .symbol(.lteq): operation = .lessOrEqual
        case .symbol(.gt): operation = .greater
        case .symbol(.gteq): operation = .greaterOrEqual
        case .name("in"): operation = .contained
        case .name("not") where following.kind == .name("in"):
            skip()
            operation = .notContained
        default: return nil
        }
        skip()
        return operation
    }

    private mutating func sum() throws -> any JinjaExpression {
        var left = try concatenation()
        var count = 0
        while case .symbol(let symbol) = token.kind, symbol == .add || symbol == .sub {
            try checkLength(&count)
            skip()
            left = JinjaBinary(symbol, left, try concatenation())
        }
        return left
    }

    private mutating func concatenation() throws -> any JinjaExpression {
        let first = try product()
        guard isSymbol(.tilde) else { return first }
        var parts = [first]
        while skipSymbol(.tilde) { parts.append(try product()) }
        return JinjaConcat(parts: parts)
    }

    private mutating func product() throws -> any JinjaExpression {
        var left = try power()
        var count = 0
        while case .symbol(let symbol) = token.kind, [.mul, .div, .floordiv, .mod].contains(symbol) {
            try checkLength(&count)
            skip()
            left = JinjaBinary(symbol, left, try power())
        }
        return left
    }

    private mutating func power() throws -> any JinjaExpression {
        var left = try unary()
        var count = 0
        while skipSymbol(.pow) {
            try checkLength(&count)
            left = JinjaBinary(.pow, left, try unary())
        }
        return left
    }

    private mutating func unary(filters: Bool = true) throws -> any JinjaExpression {
        var value: any JinjaExpression
        if isSymbol(.sub) || isSymbol(.add) {
            let sign: JinjaUnary.Operation = isSymbol(.sub) ? .minus : .plus
            skip()
            value = JinjaUnary(sign, try nested { try $0.unary(filters: false) })
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return filters ? try filtered(value) : value
    }

    private mutating func primary() throws -> any JinjaExpression {
        let token = token
        switch token.kind {
        case .name(let name):
            skip()
            switch name {
            case "true", "True": return JinjaConstant.bool(true)
            case "false", "False": return JinjaConstant.bool(false)
            case "none", "None": return JinjaConstant.null
            default: return JinjaName(id: use(name))
            }
        case .string(var text):
            skip()
            while case .string(let more) = self.token.kind {
                text += more
                skip()
            }
            return JinjaConstant.string(text)
        case .integer(let value):
            skip()
            return JinjaConstant.int(value)
        case .float(let value):
            skip()
            return JinjaConstant.double(value)
        case .symbol(.lparen):
            skip()
            let value = try nested { try $0.tuple(inParentheses: true) }
            try expect(.rparen)
            return value
        case .symbol(.lbracket):
            skip()
            var items: [any JinjaExpression] = []
            while !isSymbol(.rbracket) {
                if !items.isEmpty { try expect(.comma) }
                if isSymbol(.rbracket) { break }
                items.append(try expression())
            }
            try expect(.rbracket)
            return JinjaListLiteral(items: items, isTuple: false)
        case .symbol(.lbrace): return try dictionary()
        default: throw problem("unexpected \(shown)")
        }
    }

    private mutating func dictionary() throws -> any JinjaExpression {
        skip()
        var pairs: [(key: any JinjaExpression, value: any JinjaExpression)] = []
        while !isSymbol(.rbrace) {
            if !pairs.isEmpty { try expect(.comma) }
            if isSymbol(.rbrace) { break }
            let key = try expression()
            try expect(.colon)
            pairs.append((key, try expression()))
        }
        try expect(.rbrace)
        return JinjaDictionaryLiteral(pairs: pairs)
    }

    /// Attributes, items and calls after a value.
    private mutating func postfix(_ value: any JinjaExpression) throws -> any JinjaExpression {
        var value = value
        var count = 0
        while true {
            switch token.kind {
            case .symbol(.dot), .symbol(.lbracket): value = try subscripted(value)
            case .symbol(.lparen):
                let line = token.line
                value = JinjaCall(value, try callArguments(), line: line)
            default: return value
            }
            try checkLength(&count)
        }
    }

    /// Filters, tests and calls after a value.
    private mutating func filtered(_ value: any JinjaExpression) throws -> any JinjaExpression {
        var value = value
        var count = 0
        while true {
            switch token.kind {
            case .symbol(.pipe):
                for call in try filterChain(startInline: false) {
                    value = JinjaFiltered(value, call)
                    try checkLength(&count)
                }
            case .name("is"): value = try test(of: value)
            case .symbol(.lparen):
                let line = token.line
                value = JinjaCall(value, try callArguments(), line: line)
            default: return value
            }
            try checkLength(&count)
        }
    }

    private mutating func subscripted(_ value: any JinjaExpression) throws -> any JinjaExpression {
        if skipSymbol(.dot) {
            switch token.kind {
            case .name(let name):
                skip()
                return JinjaAttribute(value, name)
            case .integer(let index):
                skip()
                return JinjaItem(value, JinjaConstant.int(index))
            default: throw problem("expected name or number, found \(shown)")
            }
        }
        skip()
        var keys: [any JinjaExpression] = []
        var slice: JinjaSliceBounds?
        while !isSymbol(.rbracket) {
            if !keys.isEmpty || slice != nil { try expect(.comma) }
            let key = isSymbol(.colon) ? nil : try expression()
            guard isSymbol(.colon) || key == nil else {
                keys += [key].compactMap(\.self)
                continue
            }
            guard slice == nil, keys.isEmpty else { throw problem("a slice cannot be one of several keys") }
            skip()
            var bounds = JinjaSliceBounds(start: key)
            if !isSymbol(.colon), !isSymbol(.rbracket), !isSymbol(.comma) { bounds.stop = try expression() }
            if skipSymbol(.colon), !isSymbol(.rbracket), !isSymbol(.comma) { bounds.step = try expression() }
            slice = bounds
        }
        try expect(.rbracket)
        if let slice {
            guard keys.isEmpty else { throw problem("a slice cannot be one of several keys") }
            return JinjaSlice(value, slice)
        }
        return JinjaItem(value, keys.count == 1 ? keys[0] : JinjaListLiteral(items: keys, isTuple: true))
    }

    mutating func callArguments() throws -> JinjaCallArguments {
        try expect(.lparen)
        var result = JinjaCallArguments()
        var needsComma = false
        while !isSymbol(.rparen) {
            if needsComma {
                try expect(.comma)
                if isSymbol(.rparen) { break }
            }
            let wrong = problem("invalid syntax for function call expression")
            if skipSymbol(.mul) {
                guard result.spread == nil, result.spreadNamed == nil else { throw wrong }
                result.spread = try expression()
            } else if skipSymbol(.pow) {
                guard result.spreadNamed == nil else { throw wrong }
                result.spreadNamed = try expression()
            } else if case .name(let name) = token.kind, following.kind == .symbol(.assign) {
                guard result.spreadNamed == nil, !result.named.contains(where: { $0.name == name }) else { throw wrong }
                skip()
                skip()
                result.named.append((name, try expression()))
            } else {
                guard result.spread == nil, result.spreadNamed == nil, result.named.isEmpty else { throw wrong }
                result.positional.append(try expression())
            }
            needsComma = true
        }
        try expect(.rparen)
        return result
    }

    /// `|name(…)|name…`, or without the first bar.
    mutating func filterChain(startInline: Bool) throws -> [JinjaFilterCall] {
        var calls: [JinjaFilterCall] = []
        while isSymbol(.pipe) || (startInline && calls.isEmpty) {
            if isSymbol(.pipe), !(startInline && calls.isEmpty) { skip() }
            let line = token.line
            let name = try dottedName()
            let filter = JinjaFilters.table[name]
            if filter == nil { unknown.append(Problem(line: line, text: "No filter named “\(name)”.")) }
            calls.append(JinjaFilterCall(name: name, filter: filter, arguments: isSymbol(.lparen) ? try callArguments() : .init()))
            guard calls.count <= Self.longest else { throw problem("more than \(Self.longest) filters in one row") }
        }
        return calls
    }

    private mutating func dottedName() throws -> String {
        var name = try expectName()
        while skipSymbol(.dot) { name += "." + (try expectName()) }
        return name
    }

    private mutating func test(of value: any JinjaExpression) throws -> any JinjaExpression {
        skip()
        let line = token.line
        let isNegated = skipName("not")
        let name = try dottedName()
        var arguments = JinjaCallArguments()
        switch token.kind {
        case .symbol(.lparen): arguments = try callArguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw problem("You cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .symbol(.lbracket), .symbol(.lbrace):
            let argument = try primary()
            arguments.positional = [try postfix(argument)]
        default: break
        }
        let test = JinjaTests.table[name]
        if test == nil { unknown.append(Problem(line: line, text: "No test named “\(name)”.")) }
        return JinjaTested(value, name: name, test: test, arguments, isNegated: isNegated)
    }
}
