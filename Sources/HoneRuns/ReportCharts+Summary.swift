// Tested by ReportPageTests.swift
import Foundation

extension ReportCharts {
    /// Dots with whiskers: each measure before (ring) and after (dot), on one axis; drawn once for wide pages and once for phones.
    static func whiskers(_ measures: [ReportInput.Measure]) -> String {
        let values = measures.flatMap { [$0.before, $0.after] }.compactMap { $0 }
            .flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }.filter(\.isFinite)
        guard !values.isEmpty else { return "" }
        return "<figure>\(whiskers(measures, values, isNarrow: false))\(whiskers(measures, values, isNarrow: true))</figure>"
    }

    private static func whiskers(_ measures: [ReportInput.Measure], _ values: [Double], isNarrow: Bool) -> String {
        let isShare = measures.allSatisfy(\.isShare)
        let (width, rowHeight) = (isNarrow ? 340.0 : 740, isNarrow ? 74.0 : 58)
        let bottom = Double(measures.count) * rowHeight + 6
        var scale = Scale(values, from: isNarrow ? 14 : 190, to: width - 24)
        if isShare { (scale.low, scale.high) = (max(0, scale.low), min(1, scale.high)) }
        var svg = ""
        for tick in scale.ticks {
            let at = number(scale(tick))
            svg += "<line class=\"grid\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(isNarrow ? 24 : 6)\" y2=\"\(number(bottom))\"/>"
            svg += "<text x=\"\(at)\" y=\"\(number(bottom + 18))\" text-anchor=\"middle\">"
            svg += "\(scale.label(tick, isShare: isShare))</text>"
        }
        for (index, measure) in measures.enumerated() {
            let middle = 6 + rowHeight * (Double(index) + 0.5)
            let (y, label) = isNarrow ? (middle + 10, middle - 20) : (middle, middle + 4)
            svg += "<text class=\"ink\" x=\"0\" y=\"\(number(label))\" font-weight=\"600\">\(Markup.escape(measure.name))</text>"
            if let before = measure.before { svg += whisker(before, y - 9, scale, isAfter: false) }
            if let after = measure.after { svg += whisker(after, y + 9, scale, isAfter: true) }
        }
        return """
            <svg class="whiskers \(isNarrow ? "narrow" : "broad")" viewBox="0 0 \(Int(width)) \(Int(bottom + 26))" role="img" \
            aria-label="The numbers of the table below, with their intervals">\(svg)</svg>
            """
    }

    private static func whisker(_ estimate: ReportInput.Estimate, _ y: Double, _ scale: Scale, isAfter: Bool) -> String {
        guard estimate.value.isFinite else { return "" }
        let color = isAfter ? "var(--accent)" : "var(--before)"
        var svg = ""
        if let low = estimate.low, let high = estimate.high, low.isFinite, high.isFinite {
            let (a, b, at) = (number(scale(low)), number(scale(high)), number(y))
            svg +=
                "<path d=\"M\(a) \(at)H\(b)M\(a) \(number(y - 5))v10M\(b) \(number(y - 5))v10\" stroke=\"\(color)\" stroke-width=\"2\" "
                + "fill=\"none\" stroke-linecap=\"round\"/>"
        }
        let look = isAfter ? "fill=\"\(color)\"" : "fill=\"var(--card)\" stroke=\"\(color)\" stroke-width=\"2.5\""
        return svg + "<circle cx=\"\(number(scale(estimate.value)))\" cy=\"\(number(y))\" r=\"5.5\" \(look)/>"
    }

    /// The part of a confusion matrix that a page can hold.
    struct MatrixPart {
        var indices: [Int]
        var isWhole: Bool
        var hidden: Int  // wrong answers outside the part
    }

    /// The whole matrix up to `limit` classes; beyond, the classes of the most frequent mix-ups.
    static func part(of matrix: ReportInput.Confusion, limit: Int = 16, whole: Int = 26) -> MatrixPart {
        let n = matrix.labels.count
        guard n > whole else { return MatrixPart(indices: Array(0..<n), isWhole: true, hidden: 0) }
        var cells: [(count: Int, i: Int, j: Int)] = []
        for i in 0..<n { for j in 0..<n where i != j && matrix.counts[i][j] > 0 { cells.append((matrix.counts[i][j], i, j)) } }
        cells.sort { ($1.count, $0.i, $0.j) < ($0.count, $1.i, $1.j) }
        var chosen = Set<Int>()
        for cell in cells where chosen.union([cell.i, cell.j]).count <= limit { chosen.formUnion([cell.i, cell.j]) }
        let hidden = cells.filter { !chosen.contains($0.i) || !chosen.contains($0.j) }.reduce(0) { $0 + $1.count }
        return MatrixPart(indices: chosen.sorted(), isWhole: false, hidden: hidden)
    }

    /// A heat map: rows are expected classes, columns predictions, shades shares of the row.
    static func matrix(_ matrix: ReportInput.Confusion, _ indices: [Int]) -> String {
        let n = Double(indices.count)
        let names = indices.map { cut(matrix.labels[$0]) }
        let left = min(190, 20 + 7.0 * Double(names.map(\.count).max() ?? 4))
        let top = left * 0.72 + 8
        let size = max(26, min(64, (980 - left - top * 0.8) / n))
        var svg = ""
        for (row, i) in indices.enumerated() {
            let y = top + Double(row) * size
            let total = max(1, matrix.counts[i].reduce(0, +))
            svg +=
                "<text x=\"\(number(left - 8))\" y=\"\(number(y + size / 2 + 4))\" text-anchor=\"end\">\(Markup.escape(names[row]))</text>"
            let (x, base) = (left + (Double(row) + 0.5) * size, top - 8)
            svg +=
                "<text x=\"\(number(x))\" y=\"\(number(base))\" transform=\"rotate(-45 \(number(x)) \(number(base)))\">"
                + "\(Markup.escape(names[row]))</text>"
            for (column, j) in indices.enumerated() {
                let share = Double(matrix.counts[i][j]) / Double(total)
                let title =
                    i == j
                    ? "\(matrix.labels[i]): \(matrix.counts[i][j]) of \(total) right"
                    : "\(matrix.labels[i]) taken for \(matrix.labels[j]): \(matrix.counts[i][j]) of \(total)"
                svg += cell(
                    left + Double(column) * size, y, size, matrix.counts[i][j], share: share, isRight: i == j, title: title)
            }
        }
        let (w, h) = (Int(left + n * size + top * 0.75), Int(top + n * size + 4))
        let wide = min(w, 980)
        return "<svg viewBox=\"0 0 \(w) \(h)\" style=\"max-width:\(wide)px\" role=\"img\" aria-label=\"Confusion matrix\">\(svg)</svg>"
    }

    private static func cell(_ x: Double, _ y: Double, _ size: Double, _ count: Int, share: Double, isRight: Bool, title: String) -> String
    {
        let shade = count == 0 ? 0 : isRight ? 0.12 + 0.62 * share : 0.18 + 0.72 * min(1, share * 1.6)
        let fill = count == 0 ? "var(--grid)" : isRight ? "var(--accent)" : "var(--second)"
        let opacity = count == 0 ? "0.45" : Markup.fixed(shade, 2)
        var svg =
            "<g><title>\(Markup.escape(title))</title><rect x=\"\(number(x + 1))\" y=\"\(number(y + 1))\" width=\"\(number(size - 2))\" "
        svg += "height=\"\(number(size - 2))\" rx=\"3\" fill=\"\(fill)\" fill-opacity=\"\(opacity)\"/>"
        if count > 0 {
            svg +=
                "<text class=\"ink\" x=\"\(number(x + size / 2))\" y=\"\(number(y + size / 2 + 4))\" text-anchor=\"middle\">\(count)</text>"
        }
        return svg + "</g>"
    }

    private static func cut(_ label: String) -> String { label.count > 24 ? label.prefix(23) + "…" : label }
}
