// Tested by ConfusionMatrixTests.swift

/// Precision, recall and F1 of one class or label, as counts.
public struct ClassScores: Codable, Sendable, Equatable {
    /// Rows of the class that were given it.
    public var truePositives: Int
    /// Rows of the class.
    public var support: Int
    /// Rows that were given the class.
    public var predicted: Int

    /// Makes scores from counts.
    public init(truePositives: Int, support: Int, predicted: Int) {
        (self.truePositives, self.support, self.predicted) = (truePositives, support, predicted)
    }

    /// The share of right answers among the rows given the class; 0 where none was.
    public var precision: Double { ratio(truePositives, predicted) }

    /// The share of the class's rows that were given it; 0 where there are none.
    public var recall: Double { ratio(truePositives, support) }

    /// The harmonic mean of precision and recall, `2·TP / (rows of the class + rows given it)`; 0 where both counts are.
    public var f1: Double { ratio(2 * truePositives, support + predicted) }
}

extension [ClassScores] {
    /// The mean over the classes that occur among rows or predictions; 0 where none does.
    func macroMean(of value: KeyPath<ClassScores, Double>) -> Double {
        filter { $0.support + $0.predicted > 0 }.unweightedMean(of: value)
    }

    func unweightedMean(of value: KeyPath<ClassScores, Double>) -> Double {
        isEmpty ? 0 : reduce(0) { $0 + $1[keyPath: value] } / Double(count)
    }

    /// The mean weighted by rows; 0 without rows.
    func weightedMean(of value: KeyPath<ClassScores, Double>) -> Double {
        let rows = reduce(0) { $0 + $1.support }
        return rows == 0 ? 0 : reduce(0) { $0 + $1[keyPath: value] * Double($1.support) } / Double(rows)
    }

    /// The counts of all classes together.
    var total: ClassScores {
        reduce(ClassScores(truePositives: 0, support: 0, predicted: 0)) { sum, next in
            ClassScores(
                truePositives: sum.truePositives + next.truePositives, support: sum.support + next.support,
                predicted: sum.predicted + next.predicted)
        }
    }
}

/// A share, 0 where there is nothing to share (scikit-learn's `zero_division=0`).
func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
