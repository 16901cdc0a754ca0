/// Lists every key of a recipe with its type, default and meaning, from the table that also reads and writes recipes.
///
/// ```swift
/// for row in RecipeReference.rows { show(row.key, row.type, row.defaultText, row.meaning) }
/// ```
public enum RecipeReference {
    /// One key of the recipe.
    public struct Row: Sendable, Equatable {
        /// The dotted key path.
        public let key: String
        /// What a good value is.
        public let type: String
        /// The value of a key that is not given, as JSON; nil where the key must be given.
        public let defaultText: String?
        /// The setting under which the key exists, such as `method: lora`; nil where it always does.
        public let condition: String?
        /// What the key does, in one line.
        public let meaning: String
    }

    /// Every key, in the order in which recipes are written.
    public static let rows: [Row] = flattened(.root, path: "")

    /// The table in Markdown, for documentation.
    public static var markdown: String {
        let head = "| key | value | default | meaning |\n|---|---|---|---|\n"
        return head
            + rows.map { row in
                let name = "`\(row.key)`" + (row.condition.map { " (with `\($0)`)" } ?? "")
                let meaning = row.meaning.replacing("|", with: "\\|")
                return "| \(name) | \(row.type) | \(row.defaultText.map { "`\($0)`" } ?? "must be given") | \(meaning) |\n"
            }.joined()
    }

    /// Returns the row of a key, or nil if there is no such key.
    public static subscript(key: String) -> Row? { rows.first { $0.key == key } }

    private static func flattened(_ schema: RecipeSchema, path: String) -> [Row] {
        schema.children.flatMap { child in
            let key = path.isEmpty ? child.key : "\(path).\(child.key)"
            let row = Row(
                key: key, type: child.type, defaultText: child.defaultValue?.compact, condition: child.condition, meaning: child.meaning)
            // A section that is always there is no row of its own; one that may be null is.
            return (child.children.isEmpty || child.defaultValue?.isNull == true ? [row] : []) + flattened(child, path: key)
        }
    }
}
