import Foundation
import Testing

@testable import HoneText

@Suite("Jinja expressions")
struct JinjaExpressionTests {
    @Test("every small template gives what jinja2 gives", arguments: 1...5)
    func cases(_ file: Int) throws {
        let fixture = try JinjaFixture.object("expressions-\(file).json")
        let variables = try #require(fixture["variables"]?.object)
        let cases = try #require(fixture["cases"]?.array)
        #expect(cases.count > 20)
        for row in cases {
            let source = try #require(row.object?["template"]?.string)
            let found = JinjaFixture.outcome { () throws(TemplateError) in
                try ChatTemplate(source, name: "case").render(variables: variables, now: JinjaFixture.now)
            }
            let expected = try #require(row.object?["expected"]?.string)
            #expect(sameText(found, expected), "\(source): \(found.debugDescription), jinja2 gives \(expected.debugDescription)")
        }
    }
}
