// Tested by RunTests.swift.
internal import Foundation
public import HoneRuns

extension RecipeDocument {
    /// The recipe that a run was made with, every path absolute.
    ///
    /// - Throws: `RecipeError` if the record's recipe is not one that this Hone reads.
    public init(_ record: RunRecord) throws {
        let json = try JSONEncoder().encode(record.recipe)
        try self.init(text: String(decoding: json, as: UTF8.self), format: .json, name: "the recipe of the run \(record.id)")
    }
}
