import Foundation
import Testing

@testable import HoneRuns

@Suite("Report page")
struct ReportPageTests {
    static let hostile = "<script>alert('x')</script>\"&\u{0}\u{202E}"

    /// A page with every part filled, and hostile text wherever text goes.
    func fullInput(labels: Int = 3) throws -> ReportInput {
        let id = try RunIDTests.ids()[0]
        var record = makeRecord(id, name: Self.hostile)
        record.warnings = [.init(code: Self.hostile, message: Self.hostile, counts: [Self.hostile: 2])]
        record.data[0].path = Self.hostile
        record.dataReport = [.init(Self.hostile): .string(Self.hostile), "duplicates": ["acrossSplits": 0]]
        record.recipe = [.init(Self.hostile): .string(Self.hostile)]
        record.adapter = ["targets": .array([.string(Self.hostile)])]
        record.hardware.cpu = Self.hostile
        record.metrics.append(.init(split: Self.hostile, name: Self.hostile, value: 0.5))
        (record.status, record.reason) = (.failed, Self.hostile)
        var input = ReportInput(title: Self.hostile, record: record, events: events(40))
        let names = (0..<labels).map { "\(Self.hostile) \($0)" }
        let counts = (0..<labels).map { i in (0..<labels).map { j in i == j ? 9 : (i + 1) % labels == j ? 1 : 0 } }
        input.confusion = .init(labels: names, counts: counts)
        input.classes = names.enumerated().map { .init(name: $1, rows: 10, precision: 0.9, recall: 0.9, f1: Double($0) / Double(labels)) }
        input.mistakes = [
            .init(text: Self.hostile, pair: Self.hostile, expected: Self.hostile, predicted: Self.hostile, confidence: 0.5)
        ]
        input.mistakeCount = labels
        input.samples = [
            .init(step: 3, prompt: Self.hostile, text: Self.hostile), .init(step: 9, prompt: "", text: Self.hostile),
        ]
        input.recipe = Self.hostile
        input.commands = [Self.hostile]
        return input
    }

    func events(_ steps: Int, nanFrom: Int = .max) -> [TimedEvent] {
        var events: [RunEvent] = []
        for index in 1...steps {
            let loss = index >= nanFrom ? Double.nan : 3 / Double(index)
            events.append(
                .step(index: index, epoch: 0, loss: loss, gradientNorm: 1, learningRate: 1e-4, tokens: 9, rows: 2, seconds: 0))
            if index.isMultiple(of: 10) {
                events.append(
                    .evaluation(step: index, split: Self.hostile, metrics: ["loss": 1, "macroF1": 0.5, Self.hostile: 2], seconds: 0))
            }
        }
        return events.map { TimedEvent(time: moment(), event: $0) }
    }

    @Test("the certificate of what is learned has a table of its own, and its keys are not among the checks")
    func learned() throws {
        var record = makeRecord(try RunIDTests.ids()[0])
        let counts: JSONValue = [
            "rows": 10, "tokens": 200, "learnedTokens": 50, "turns": 12, "turnsEndingInStop": 12, "cutTurns": 0, "droppedTexts": 2,
            "beginTokens": ["one": 10, "none": 0, "several": 0],
        ]
        record.dataReport = [
            "certificates": ["train": counts, "validation": counts], "template": "<chatml>", "stops": ["<|im_end|>": "eos"], "other": 7,
        ]
        let html = ReportPage(ReportInput(title: "t", record: record)).html
        #expect(html.contains("<section id=\"learned\">") && html.contains("Share learned") && html.contains("25.0\u{202F}%"))
        #expect(html.contains("Turns that end in a stop token") && html.contains("100.0\u{202F}%"))
        #expect(html.contains("Texts that the template left out") && !html.contains("Turns that were cut"))
        #expect(html.contains("&lt;chatml&gt;") && html.contains("Stop token &lt;|im_end|&gt;"))
        #expect(!html.contains("certificates ·") && html.contains(">other<"))
        record.dataReport = ["rows": 3]
        #expect(!ReportPage(ReportInput(title: "t", record: record)).html.contains("id=\"learned\""))
    }

    @Test("samples of the last step stand open, earlier ones folded, both escaped")
    func samples() throws {
        let html = ReportPage(try fullInput()).html
        #expect(html.contains("From earlier steps (1)") && html.contains("step 9") && !html.contains(Self.hostile))
    }

    @Test("contains every section, and a link to each")
    func sections() throws {
        let html = ReportPage(try fullInput()).html
        for id in ["summary", "warnings", "training", "samples", "confusion", "classes", "mistakes", "data", "recipe", "record", "again"] {
            #expect(html.contains("<section id=\"\(id)\">"), "\(id)")
            #expect(html.contains("<a href=\"#\(id)\">"), "\(id)")
        }
        for title in ["Loss", "Quality", "Learning rate", "Gradient norm"] {
            #expect(html.contains("<figcaption>\(title) "), "\(title)")
        }
    }

    @Test("escapes text wherever it goes")
    func escaping() throws {
        let html = ReportPage(try fullInput()).html
        #expect(!html.contains("<script>alert"))
        #expect(!html.contains("('x')"))
        #expect(!html.contains("\u{0}"))
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;␀"))
        #expect(html.components(separatedBy: "<script>").count == 2, "only the page's own script")
    }

    @Test("asks for nothing from a network")
    func selfContained() throws {
        let html = ReportPage(try fullInput()).html
        for part in ["http:", "https:", "//", "src=", "@import", "url(", "<link", "<img", "<iframe"] {
            #expect(!html.contains(part), "\(part)")
        }
        #expect(html.contains("default-src 'none'"))
    }

    @Test("closes what it opens")
    func balance() throws {
        let html = ReportPage(try fullInput(labels: 40)).html
        for tag in ["section", "div", "figure", "table", "tbody", "tr", "td", "svg", "g", "span", "p", "dl", "details", "li", "ol", "pre"] {
            let opened = html.components(separatedBy: "<\(tag)>").count + html.components(separatedBy: "<\(tag) ").count - 2
            #expect(opened == html.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
        }
    }

    @Test("a NaN loss leaves a gap, a mark and a sentence")
    func nanLoss() throws {
        let input = ReportInput(title: "t", record: makeRecord(try RunIDTests.ids()[0]), events: events(60, nanFrom: 31))
        let html = ReportPage(input).html
        #expect(html.contains("The loss was not finite at 30 steps, first at step 31 (NaN)"))
        #expect(html.contains(">loss is NaN</text>"))
        #expect(!html.contains("d=\"MNaN") && !html.contains("nan"))
    }

    @Test("a run without steps, numbers or mistakes still makes a page")
    func empty() throws {
        let record = RunRecord(id: try RunIDTests.ids()[0], created: moment(), recipe: [:])
        let html = ReportPage(ReportInput(title: "Empty", record: record)).html
        #expect(html.contains("No final numbers were recorded.") && html.contains("No steps were recorded."))
        #expect(!html.contains("id=\"confusion\"") && !html.contains("id=\"mistakes\""))
    }

    @Test("all values non-finite, one step, or equal values do not break a chart", arguments: [Double.nan, .infinity, 0, 2])
    func degenerate(_ value: Double) throws {
        var input = ReportInput(title: "t", record: makeRecord(try RunIDTests.ids()[0]))
        input.steps = [.init(index: 1, loss: value, learningRate: value, gradientNorm: value)]
        input.evaluations = [.init(step: 1, split: "validation", metrics: ["loss": value, "accuracy": value])]
        input.summary = [.init(name: "Accuracy", before: .init(value: value, low: value, high: value), after: .init(value: value))]
        input.classes = [.init(name: "a", rows: 0, precision: .nan, recall: .nan, f1: value)]
        let html = ReportPage(input).html
        #expect(html.contains("<section id=\"training\">") && !html.contains("=\"nan") && !html.contains("=\"inf"))
    }

    @Test("says which classes of a large matrix it shows")
    func largeMatrix() throws {
        let n = 40
        var counts = (0..<n).map { i in (0..<n).map { $0 == i ? 10 : 0 } }
        (counts[3][7], counts[7][3], counts[30][31], counts[0][39]) = (6, 5, 4, 1)
        let matrix = ReportInput.Confusion(labels: (0..<n).map { "class \($0)" }, counts: counts)
        let part = ReportCharts.part(of: matrix, limit: 4)
        #expect(part.indices == [3, 7, 30, 31] && part.hidden == 1 && !part.isWhole)
        #expect(ReportPage.matrix(matrix).contains("Of the 40 classes, the 6 most often confused are shown; no mix-up is left out"))
        let right = ReportInput.Confusion(labels: matrix.labels, counts: (0..<n).map { i in (0..<n).map { $0 == i ? 1 : 0 } })
        #expect(ReportPage.matrix(right).contains("No prediction was wrong"))
    }

    @Test("lists classes weakest first")
    func order() {
        let rows = [("b", 0.9), ("a", 0.2), ("c", .nan)].map { ReportInput.ClassRow(name: $0, rows: 1, precision: 1, recall: 1, f1: $1) }
        let html = ReportPage.classes(rows)
        let places = ["c", "a", "b"].compactMap { html.range(of: "auto\">\($0)</td>")?.lowerBound }
        #expect(places.count == 3 && places == places.sorted())
    }

    @Test("the summary shows shares on one axis, other measures only to compare, each on its own; a fallen perplexity is good")
    func summary() throws {
        var record = makeRecord(try RunIDTests.ids()[0])
        record.metrics = [
            .init(phase: .after, split: "test", name: "loss", value: 3.326),
            .init(phase: .after, split: "test", name: "perplexity", value: 27.82),
            .init(phase: .after, split: "test", name: "tokenAccuracy", value: 0.2487),
        ]
        let alone = ReportPage.summary(ReportInput(title: "t", record: record, events: []))
        #expect(alone.contains("Perplexity") && alone.contains("27.82") && alone.contains("24.9\u{202F}%"))
        #expect(alone.components(separatedBy: "<figure>").count == 2)
        record.metrics += [
            .init(phase: .before, split: "test", name: "loss", value: 4.938),
            .init(phase: .before, split: "test", name: "perplexity", value: 139.5),
        ]
        let compared = ReportPage.summary(ReportInput(title: "t", record: record, events: []))
        #expect(compared.components(separatedBy: "<figure>").count == 4)
        #expect(compared.contains("class=\"n good\">−111.7<") && !compared.contains("class=\"n bad\""))
    }

    @Test("takes curves from the events that still hold")
    func superseded() throws {
        let log = events(20) + [TimedEvent(time: moment(), event: .resumed(step: 10))] + events(12).suffix(3)
        let input = ReportInput(title: "t", record: makeRecord(try RunIDTests.ids()[0]), events: log)
        #expect(input.steps.map(\.index).prefix(9) == Array(1...9)[...])
        #expect(input.steps.map(\.index).max() == 12)
    }

    @Test("is written into the run's folder")
    func write() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let page = ReportPage(ReportInput(title: "t", record: makeRecord(folder.id)))
        try folder.write(page)
        #expect(try String(contentsOf: folder.report, encoding: .utf8) == page.html)
    }

    @Test(
        "numbers look as people write them",
        arguments: [
            (Markup.percent(0.9236), "92.4\u{202F}%"), (Markup.fixed(-0.04, 1), "0.0"), (Markup.fixed(-1.25, 1), "−1.2"),
            (Markup.short(1e-4), "1e−4"), (Markup.short(2.5e-5), "2.5e−5"), (Markup.short(0.31), "0.3100"), (Markup.short(.nan), "NaN"),
            (Markup.short(27.8249), "27.82"),
            (Markup.short(12_345_678), "1.23e7"), (Markup.whole(22_713_216), "22,713,216"), (Markup.whole(-999), "−999"),
            (Markup.bytes(420 << 20), "420.0 MiB"), (Markup.bytes(12), "12 B"), (Markup.duration(55.5), "55.5 s"),
            (Markup.duration(250), "4 min 10 s"), (Markup.duration(7500), "2 h 05 min"), (Markup.count(1, "row"), "1 row"),
        ])
    func numbers(_ found: String, _ expected: String) { #expect(found == expected) }

    @Test("ticks are round and inside the range, 200 ranges")
    func ticks() {
        var generator = Seeded(41)
        for _ in 0..<200 {
            let a = Double.random(in: -1000...1000, using: &generator), b = a + Double.random(in: 1e-6...1000, using: &generator)
            let scale = ReportCharts.Scale([a, b], from: 0, to: 100)
            #expect(scale.low <= a && scale.high >= b, "\(a) \(b)")
            #expect((2...12).contains(scale.ticks.count), "\(a) \(b) \(scale.ticks)")
        }
    }

    @Test("thinning and smoothing keep the ends, and smoothing keeps a straight line")
    func curves() {
        let line = (0..<5000).map { (x: Double($0), y: 2 * Double($0) + 1) }
        let thin = ReportCharts.thinned(line, limit: 400)
        #expect(thin.count == 400 && thin.last?.x == 4999)
        let smooth = ReportCharts.smoothed(line, window: 25)
        #expect(zip(line, smooth).allSatisfy { abs($0.y - $1.y) < 1e-6 })
    }
}
