// Tested by ChatTemplateTests.swift.
public import Foundation

/// What can be wrong with a chat template or with what it is given; names the template, the line and the reason.
public enum TemplateError: Error, Equatable, Sendable {
    /// The template's text is not a Jinja template.
    case syntax(template: String, line: Int, problem: String)
    /// The template called `raise_exception(message)`: it refuses the conversation.
    case raised(template: String, line: Int, message: String)
    /// An expression could not be evaluated with the given values.
    case failed(template: String, line: Int, problem: String)
    /// Rendering went past a bound of ``TemplateLimits``.
    case limit(template: String, line: Int, problem: String)
    /// The messages, tools or settings cannot be rendered by this template.
    case input(template: String, problem: String)
    /// A file that should hold a template cannot be used.
    case file(path: String, problem: String)
}

extension TemplateError: LocalizedError {
    /// The error in words.
    public var errorDescription: String? {
        switch self {
        case .syntax(let template, let line, let problem): "\(template), line \(line): the chat template cannot be read: \(problem)"
        case .raised(let template, let line, let message):
            "\(template), line \(line): the chat template refuses the conversation: \(message)"
        case .failed(let template, let line, let problem): "\(template), line \(line): the chat template failed: \(problem)"
        case .limit(let template, let line, let problem): "\(template), line \(line): the chat template was stopped: \(problem)"
        case .input(let template, let problem): "\(template): \(problem)"
        case .file(let path, let problem): "\(path): \(problem)"
        }
    }
}

/// Bounds on what one rendering may use, so that no template can hang or exhaust the process.
public struct TemplateLimits: Sendable, Equatable {
    /// Statements, calls, loop passes and 64-byte pieces of text produced.
    public var steps: Int
    /// Bytes of the output, and of any one text on the way to it.
    public var outputBytes: Int
    /// Macro calls inside one another, and levels of lists and objects.
    public var nesting: Int
    /// Bytes of stack the evaluation of nested expressions may use.
    public var stackBytes: Int

    /// Creates bounds; the defaults are far above what published templates use.
    public init(steps: Int = 10_000_000, outputBytes: Int = 64 << 20, nesting: Int = 128, stackBytes: Int = 384 << 10) {
        (self.steps, self.outputBytes, self.nesting, self.stackBytes) = (steps, outputBytes, nesting, stackBytes)
    }
}

/// A failure before the template's name and line are added.
enum JinjaFault: Error {
    case failed(String)
    case raised(String)
    case limit(String)

    func located(template: String, line: Int) -> TemplateError {
        switch self {
        case .failed(let problem): .failed(template: template, line: line, problem: problem)
        case .raised(let message): .raised(template: template, line: line, message: message)
        case .limit(let problem): .limit(template: template, line: line, problem: problem)
        }
    }
}
