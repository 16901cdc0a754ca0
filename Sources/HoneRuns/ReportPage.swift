/// Makes the page about a run: one HTML file with its style and its charts inside, readable without a network and on paper.
///
/// Everything that came from data is escaped, and the page's own policy forbids it to load anything.
public struct ReportPage: Sendable, Equatable {
    /// The whole page.
    public let html: String

    /// Draws a page.
    ///
    /// - Complexity: O(steps + classes²).
    public init(_ input: ReportInput) {
        let sections = Self.sections(input)
        let links = sections.map { "<a href=\"#\($0.id)\">\(Markup.escape($0.title))</a>" }.joined()
        let bodies = sections.map {
            "<section id=\"\($0.id)\"><h2>\(Markup.escape($0.title))</h2>\n\($0.body)</section>"
        }
        html = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
            <title>\(Markup.escape(input.title)) · Hone</title>
            <style>\(ReportStyle.css)</style></head><body>
            \(Self.header(input, links: links))
            <main>
            \(bodies.joined(separator: "\n"))
            </main>
            <footer>
            Made by Hone \(Markup.escape(input.record.versions.hone)). This page is complete in itself and needs no network.</footer>
            <script>\(ReportStyle.script)</script>
            </body></html>

            """
    }

    /// One card of the page; `body` is HTML.
    struct Section {
        var id: String, title: String, body: String
    }

    private static func sections(_ input: ReportInput) -> [Section] {
        var sections = [Section(id: "summary", title: "Summary", body: summary(input))]
        if !input.record.warnings.isEmpty { sections.append(Section(id: "warnings", title: "Warnings", body: warnings(input))) }
        sections.append(Section(id: "training", title: "Training", body: training(input)))
        if !input.samples.isEmpty { sections.append(Section(id: "samples", title: "What it wrote", body: samples(input.samples))) }
        if let confusion = input.confusion {
            sections.append(Section(id: "confusion", title: "Confusion matrix", body: matrix(confusion)))
        }
        if !input.classes.isEmpty { sections.append(Section(id: "classes", title: "Classes", body: classes(input.classes))) }
        if input.confusion != nil || !input.mistakes.isEmpty {
            let isSure = input.mistakes.isEmpty || input.mistakes.contains { $0.confidence != nil }
            sections.append(Section(id: "mistakes", title: isSure ? "Worst mistakes" : "Other than wanted", body: mistakes(input)))
        }
        if let learned = ReportLearned(input.record.dataReport) {
            sections.append(Section(id: "learned", title: "What is learned", body: learned.html))
        }
        sections.append(Section(id: "data", title: "Data", body: data(input.record)))
        sections.append(Section(id: "recipe", title: "Recipe", body: recipe(input)))
        sections.append(Section(id: "record", title: "Record", body: record(input.record)))
        sections.append(Section(id: "again", title: "Do it again", body: again(input)))
        return sections
    }

    private static func header(_ input: ReportInput, links: String) -> String {
        let record = input.record
        var meta = ["<span class=\"pill \(record.status.rawValue)\">\(record.status.rawValue)</span>"]
        meta.append(Markup.element("span", record.id.description, attributes: "class=\"id\""))
        meta.append(Markup.element("span", Timestamp.readable(record.created)))
        if let seconds = record.cost.measuredSeconds { meta.append(Markup.element("span", Markup.duration(seconds))) }
        return """
            <header class="top"><h1>\(Markup.escape(input.title))</h1>
            <div class="meta">\(meta.joined())</div>
            <p class="lead">\(headline(input))</p>\(failure(record))
            <nav aria-label="Sections">\(links)</nav></header>
            """
    }

    /// What came of it, in a sentence.
    private static func headline(_ input: ReportInput) -> String {
        guard let measure = input.summary.first(where: { $0.after != nil }), let after = measure.after else {
            return "No final numbers were recorded."
        }
        let format: (Double) -> String = { measure.isShare ? Markup.percent($0) : Markup.short($0) }
        let name = "\(Markup.escape(measure.name)) on the \(Markup.escape(measure.split)) rows"
        guard let before = measure.before else { return "\(name) is <strong>\(format(after.value))</strong>." }
        let verb = after.value > before.value ? "rose" : after.value < before.value ? "fell" : "stayed"
        return verb == "stayed"
            ? "\(name) stayed at <strong>\(format(after.value))</strong>."
            : "\(name) \(verb) from \(format(before.value)) to <strong>\(format(after.value))</strong>."
    }

    private static func failure(_ record: RunRecord) -> String {
        guard record.status == .failed || record.status == .interrupted, let reason = record.reason else { return "" }
        let kind = record.status == .failed ? " failure" : ""
        return "<div class=\"warning\(kind)\"><p><strong>\(record.status == .failed ? "Failed" : "Interrupted"):</strong> "
            + "\(Markup.escape(reason))</p></div>"
    }
}
