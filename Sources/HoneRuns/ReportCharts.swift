// Tested by ReportPageTests.swift
import Foundation

/// Draws curves as SVG text; colours come from the page's style sheet.
enum ReportCharts {
    /// One line of a chart.
    struct Line {
        var name: String
        var color: String
        var points: [(x: Double, y: Double)]  // y may be non-finite: a gap
        var isThin = false
        var hasDots = false
    }

    /// Values from `low` to `high` put on pixels, with round ticks.
    struct Scale {
        var low: Double, high: Double, from: Double, to: Double, step: Double

        /// Widens the range of the values to round numbers; zero is included where it is near or wanted.
        init(_ values: [Double], from: Double, to: Double, zero: Bool = false, tight: Bool = false) {
            let finite = values.filter(\.isFinite)
            var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
            if zero || (low > 0 && low < high * 0.35) { low = min(low, 0) }
            if low == high { (low, high) = low == 0 ? (0, 1) : (min(low * 0.9, low * 1.1), max(low * 0.9, low * 1.1)) }
            step = Self.step(low, high)
            if !tight { (low, high) = ((low / step).rounded(.down) * step, (high / step).rounded(.up) * step) }
            (self.low, self.high, self.from, self.to) = (low, high, from, to)
        }

        func callAsFunction(_ value: Double) -> Double { from + (value - low) / (high - low) * (to - from) }

        var ticks: [Double] {
            let first = Int((low / step - 1e-9).rounded(.up))
            let last = Int((high / step + 1e-9).rounded(.down))
            return first <= last ? (first...last).map { Double($0) * step } : [low]
        }

        /// A tick with just the decimals that the step needs; shares in per cent.
        func label(_ tick: Double, isShare: Bool) -> String {
            let (tick, step) = isShare ? (tick * 100, step * 100) : (tick, step)
            guard step >= 1e-3, abs(tick) < 1e6 else { return Markup.short(tick) + (isShare ? "\u{202F}%" : "") }
            return Markup.fixed(tick, max(0, Int((-log10(step)).rounded(.up)))) + (isShare ? "\u{202F}%" : "")
        }

        /// The 1, 2 or 5 times a power of ten that cuts the range into four to six pieces, or so.
        static func step(_ low: Double, _ high: Double) -> Double {
            let raw = (high - low) / 4.5
            let power = pow(10, log10(raw).rounded(.down))
            let lead = raw / power
            return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10)
        }
    }

    private static let (width, height) = (480.0, 250.0)
    private static let (left, right, top, bottom) = (58.0, 468.0, 10.0, 216.0)

    /// A chart of lines over training steps 0 to `last`, with a read-out for each point.
    static func curve(
        title: String, unit: String, lines: [Line], last: Int, zero: Bool = false, isShare: Bool = false,
        marks: [(x: Double, text: String)] = []
    ) -> String {
        let format: (Double) -> String = { isShare ? Markup.percent($0) : Markup.short($0) }
        let x = Scale([0, Double(max(last, 1))], from: left, to: right, tight: true)
        let y = Scale(lines.flatMap(\.points).map(\.y), from: bottom, to: top, zero: zero)
        var svg = frame(x, y, isShare: isShare)
        for line in lines { svg += path(line, x, y) }
        for mark in marks { svg += markup(mark, x) }
        svg +=
            "<line class=\"rule\" x1=\"0\" x2=\"0\" y1=\"\(number(top))\" y2=\"\(number(bottom))\" "
            + "stroke=\"var(--ink)\" style=\"opacity:0\"/>"
        let legend = lines.filter { !$0.name.isEmpty }.map {
            "<span><i\($0.hasDots ? " class=\"dot\"" : "") style=\"background:\($0.color)\(fade($0))\"></i>\(Markup.escape($0.name))</span>"
        }
        return """
            <figure><figcaption>\(Markup.escape(title)) <span>\(Markup.escape(unit))</span></figcaption>
            <svg class="curve" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(Markup.escape(title)) by step" \
            data-points="\(Markup.escape(readout(lines, x, format)))">\(svg)</svg>
            <div class="legend">\(legend.joined())<span class="readout"></span></div></figure>
            """
    }

    private static func fade(_ line: Line) -> String { line.isThin ? ";opacity:.4" : "" }

    private static func frame(_ x: Scale, _ y: Scale, isShare: Bool) -> String {
        var svg = ""
        for tick in y.ticks {
            let at = number(y(tick))
            svg += "<line class=\"grid\" x1=\"\(number(left))\" x2=\"\(number(right))\" y1=\"\(at)\" y2=\"\(at)\"/>"
            svg +=
                "<text x=\"\(number(left - 8))\" y=\"\(number(y(tick) + 4))\" text-anchor=\"end\">\(y.label(tick, isShare: isShare))</text>"
        }
        svg += "<line class=\"zero\" x1=\"\(number(left))\" x2=\"\(number(right))\" y1=\"\(number(bottom))\" y2=\"\(number(bottom))\"/>"
        for tick in x.ticks where tick == tick.rounded() {
            let anchor = x(tick) > right - 12 ? "end" : "middle"
            svg += "<text x=\"\(number(x(tick)))\" y=\"\(number(bottom + 20))\" text-anchor=\"\(anchor)\">\(Markup.whole(Int(tick)))</text>"
        }
        return svg
    }

    private static func path(_ line: Line, _ x: Scale, _ y: Scale) -> String {
        var (data, isDown, dots) = ("", false, "")
        for point in line.points {
            guard point.y.isFinite else {
                isDown = false
                continue
            }
            data += "\(isDown ? "L" : "M")\(number(x(point.x))) \(number(y(point.y)))"
            isDown = true
            if line.hasDots {
                dots +=
                    "<circle cx=\"\(number(x(point.x)))\" cy=\"\(number(y(point.y)))\" r=\"3.4\" fill=\"\(line.color)\" "
                    + "stroke=\"var(--card)\" stroke-width=\"1.5\"/>"
            }
        }
        let look = line.isThin ? "stroke-width=\"1\" stroke-opacity=\".4\"" : "stroke-width=\"2\""
        return "<path d=\"\(data)\" fill=\"none\" stroke=\"\(line.color)\" \(look) stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
            + dots
    }

    private static func markup(_ mark: (x: Double, text: String), _ x: Scale) -> String {
        let at = number(x(mark.x))
        let isRight = x(mark.x) > (left + right) / 2
        return
            "<line x1=\"\(at)\" x2=\"\(at)\" y1=\"\(number(top))\" y2=\"\(number(bottom))\" "
            + "stroke=\"var(--bad)\" stroke-dasharray=\"3 3\"/>"
            + "<text x=\"\(number(x(mark.x) + (isRight ? -6 : 6)))\" y=\"\(number(top + 12))\" style=\"fill:var(--bad)\" "
            + "text-anchor=\"\(isRight ? "end" : "start")\">\(Markup.escape(mark.text))</text>"
    }

    /// `{"x":[pixels],"t":[texts]}` for the script.
    private static func readout(_ lines: [Line], _ x: Scale, _ format: (Double) -> String) -> String {
        var texts: [Double: [String]] = [:]
        for line in lines {
            for point in line.points {
                texts[point.x, default: []].append("\(line.name.isEmpty ? "" : line.name + " ")\(format(point.y))")
            }
        }
        let sorted = texts.sorted { $0.key < $1.key }
        let value: JSONValue = [
            "x": .array(sorted.map { .number((x($0.key) * 10).rounded() / 10) }),
            "t": .array(sorted.map { .string("step \(Markup.whole(Int($0.key))): \($0.value.joined(separator: " · "))") }),
        ]
        // Strings and finite numbers always encode.
        return (try? RunJSON.encoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{\"x\":[],\"t\":[]}"
    }

    /// A coordinate with one decimal.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }

    /// At most `limit` points: means of equal runs of neighbours, a non-finite value kept as one.
    static func thinned(_ points: [(x: Double, y: Double)], limit: Int = 400) -> [(x: Double, y: Double)] {
        guard points.count > limit else { return points }
        return (0..<limit).map { bucket in
            let part = points[(bucket * points.count / limit)..<((bucket + 1) * points.count / limit)]
            let last = part[part.endIndex - 1]
            return (last.x, part.reduce(0) { $0 + $1.y } / Double(part.count))
        }
    }

    /// A centred mean, which does not lag; the window shrinks evenly towards both ends, and non-finite values are passed over.
    static func smoothed(_ points: [(x: Double, y: Double)], window: Int) -> [(x: Double, y: Double)] {
        points.indices.map { index in
            guard points[index].y.isFinite else { return points[index] }
            let reach = min(window, index, points.count - 1 - index)
            var (sum, weight) = (0.0, 0.0)
            for other in (index - reach)...(index + reach) where points[other].y.isFinite {
                let share = Double(reach + 1 - abs(other - index))  // a triangle: near points count more
                (sum, weight) = (sum + share * points[other].y, weight + share)
            }
            return (points[index].x, sum / weight)
        }
    }
}
