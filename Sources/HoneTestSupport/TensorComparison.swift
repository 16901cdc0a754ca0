public import HoneTensors

/// Compares every element of a tensor with a reference.
///
/// - Throws: ``CheckFailure`` with both shapes, or the number of wrong elements, the first of them and the largest difference.
public func requireClose(_ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _ what: String) throws {
    try require(found.shape == expected.shape, "\(what): shape \(found.shape), expected \(expected.shape)")
    try requireClose(doubles(found), doubles(expected), tolerance, what, shape: found.shape)
}

/// Compares every element of a tensor with numbers in row-major order.
public func requireClose(_ found: Tensor, _ expected: [Float], _ tolerance: Tolerance, _ what: String) throws {
    try requireClose(doubles(found), expected.map(Double.init), tolerance, what, shape: found.shape)
}

/// Compares every element on the scale of the largest: both tensors are divided by the largest expected size.
///
/// For results of narrow products, whose rounding follows the terms of a sum and not the sum.
public func requireCloseInScale(_ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _ what: String) throws {
    let values = try doubles(expected)
    guard let largest = values.map(abs).max(), largest > 0, largest.isFinite else {
        return try requireClose(found, expected, tolerance, what)
    }
    try require(found.shape == expected.shape, "\(what): shape \(found.shape), expected \(expected.shape)")
    try requireClose(doubles(found).map { $0 / largest }, values.map { $0 / largest }, tolerance, what, shape: found.shape)
}

/// Compares two lists, element by element.
///
/// - Parameter shape: how the list is laid out, for the indices in the report; nil for a flat list.
public func requireClose(_ found: [Double], _ expected: [Double], _ tolerance: Tolerance, _ what: String, shape: [Int]? = nil) throws {
    try require(found.count == expected.count, "\(what): \(found.count) elements, expected \(expected.count)")
    let wrong = found.indices.filter { !tolerance.accepts(found[$0], expected[$0]) }
    guard let first = wrong.first else { return }
    func distance(_ index: Int) -> Double { (found[index] - expected[index]).isNaN ? .infinity : abs(found[index] - expected[index]) }
    let worst = wrong.max { distance($0) < distance($1) } ?? first
    func place(_ index: Int) -> String {
        "\(unravelled(index, shape ?? [found.count])): found \(found[index]), expected \(expected[index])"
    }
    throw CheckFailure(
        "\(what): \(wrong.count) of \(found.count) elements differ (\(tolerance)); first at \(place(first)); "
            + "largest difference \(distance(worst)) at \(place(worst))")
}

/// Compares two numbers.
public func requireClose(_ found: Double, _ expected: Double, _ tolerance: Tolerance, _ what: String) throws {
    try requireClose([found], [expected], tolerance, what, shape: [])
}

/// The largest absolute difference between two tensors of one shape, for reports.
public func largestDifference(_ found: Tensor, _ expected: Tensor) throws -> Double {
    zip(try doubles(found), try doubles(expected)).map { abs($0 - $1) }.max() ?? 0
}

private func doubles(_ tensor: Tensor) throws -> [Double] {
    let dense = tensor.isSparse ? try tensor.coalesced().dense() : tensor
    return try dense.detached().to(.float64).values(as: Double.self)
}

/// The index along each axis of an element of a row-major tensor.
private func unravelled(_ index: Int, _ shape: [Int]) -> [Int] {
    var rest = index
    var result: [Int] = []
    for size in shape.reversed() where size > 0 {
        result.insert(rest % size, at: 0)
        rest /= size
    }
    return result
}
