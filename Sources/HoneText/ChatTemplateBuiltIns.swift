// Tested by ChatTemplateTests.swift.

extension ChatTemplate {
    /// The names ``builtIn(_:)`` knows.
    public static let builtInNames = ["chatml", "plain"]

    /// A template of Hone's own, for models whose folder has none.
    ///
    /// `chatml` puts `<|im_start|>role`, a newline, the content and `<|im_end|>` with a newline around each message; what the assistant
    /// writes stands in a `generation` block. `plain` writes `Role: content` lines, with the
    /// model's end token after each answer.
    ///
    /// - Throws: `TemplateError.input` for another name.
    public static func builtIn(_ name: String) throws(TemplateError) -> ChatTemplate {
        switch name {
        case "chatml": return try ChatTemplate(chatML, name: name)
        case "plain": return try ChatTemplate(plain, name: name)
        default:
            throw .input(template: name, problem: "no built-in template has this name; there are \(builtInNames.joined(separator: ", "))")
        }
    }

    private static let chatML = """
        {%- for message in messages %}
            {{- '<|im_start|>' + message.role + '\\n' }}
            {%- if message.role == 'assistant' %}
                {%- generation %}{{- message.content + '<|im_end|>' }}{%- endgeneration %}
                {{- '\\n' }}
            {%- else %}
                {{- message.content + '<|im_end|>\\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\\n' }}
        {%- endif %}
        """

    private static let plain = """
        {%- for message in messages %}
            {{- message.role|capitalize + ': ' + message.content|trim }}
            {%- if message.role == 'assistant' and eos_token is defined %}
                {{- eos_token }}
            {%- endif %}
            {{- '\\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- 'Assistant:' }}
        {%- endif %}
        """
}
