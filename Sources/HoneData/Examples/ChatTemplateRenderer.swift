public import HoneText

/// Writes conversations with the model's own chat template.
public struct ChatTemplateRenderer: ChatRendering {
    /// The template.
    public var template: ChatTemplate
    /// The date for templates that write one; such a template fails without it.
    public var now: TemplateDate?

    /// Makes a renderer.
    public init(_ template: ChatTemplate, now: TemplateDate? = nil) {
        (self.template, self.now) = (template, now)
    }

    /// Returns what the template writes; the variable `documents` goes to the template as its documents.
    ///
    /// - Throws: `TemplateError` with what the template raised.
    public func render(
        messages: [RawJSON], tools: [RawJSON]?, variables: [RawJSON.Member], addGenerationPrompt: Bool
    ) throws -> String {
        var values: [String: TemplateValue] = [:]
        var documents: [TemplateValue]?
        for variable in variables {
            if variable.key == "documents", let items = variable.value.items {
                documents = items.map(\.templateValue)
            } else {
                values[variable.key] = variable.value.templateValue
            }
        }
        return try template.render(
            messages: messages.map(\.templateValue), tools: tools?.map(\.templateValue), documents: documents,
            addGenerationPrompt: addGenerationPrompt, variables: values, now: now)
    }
}

extension RawJSON {
    /// The value as a chat template reads it; numbers without point and exponent that fit become whole numbers.
    public var templateValue: TemplateValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let digits): Int(digits).map { .int($0) } ?? .double(Double(digits) ?? .nan)
        case .string(let text): .string(text)
        case .array(let items): .array(items.map(\.templateValue))
        case .object(let members): .object(TemplateObject(members.map { ($0.key, $0.value.templateValue) }))
        }
    }
}
