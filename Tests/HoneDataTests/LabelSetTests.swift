import Foundation
import HoneData
import Testing

@Suite("LabelSet")
struct LabelSetTests {
    @Test(
        "orders labels the same way whatever order rows come in",
        arguments: [
            (["b", "a", "C", "é"], ["C", "a", "b", "é"]), (["10", "9", "0", "-1"], ["-1", "0", "9", "10"]),
            (["10", "9", "x"], ["10", "9", "x"]),
        ])
    func order(labels: [String], expected: [String]) throws {
        for texts in [labels, labels.reversed()] {
            let set = try LabelSet(train: rows(texts.map { ("t", $0) }), task: .classification)
            #expect(set.names == expected)
            #expect(expected.indices.allSatisfy { set.index(of: expected[$0]) == $0 })
        }
    }

    @Test("keeps a given order and refuses an unusable list")
    func given() throws {
        #expect(try LabelSet(["b", "a"]).names == ["b", "a"])
        #expect(throws: DataError.badLabelList(reason: "it is empty")) { try LabelSet([]) }
        #expect(throws: DataError.badLabelList(reason: "label 2 is empty")) { try LabelSet(["a", " "]) }
        #expect(throws: DataError.badLabelList(reason: "“a” is both label 1 and label 3")) { try LabelSet(["a", "b", "a"]) }
    }

    @Test("a single class is an error, except where rows may have none")
    func singleClass() throws {
        let same = rows([("t", "a"), ("u", "a")])
        #expect(throws: DataError.singleClass(label: "a", file: "train.csv", rows: 2)) { try LabelSet(train: same, task: .classification) }
        let many = [
            TextRow(file: "f", line: 1, text: "t", target: .labels(["a"])), TextRow(file: "f", line: 2, text: "u", target: .labels([])),
        ]
        #expect(try LabelSet(train: many, task: .multiLabel).names == ["a"])
        #expect(throws: DataError.noLabels(file: "f")) { try LabelSet(train: [many[1]], task: .multiLabel) }
    }

    @Test("names the first unknown label, its place and the nearest known one")
    func unknown() throws {
        let set = try LabelSet(train: rows([("t", "refund"), ("u", "delivery")]), task: .classification)
        let test = rows([("a", "refund"), ("b", "refnd"), ("c", "xyz")], file: "test.csv")
        let place = RowPlace(file: "test.csv", line: 3)
        #expect(throws: DataError.unknownLabel(label: "refnd", at: place, split: .test, rows: 2, nearest: "refund", origin: .train)) {
            try set.validate(test, split: .test)
        }
        let shouted = rows([("a", "DELIVERY ")])
        let first = RowPlace(file: "train.csv", line: 2)
        #expect(throws: DataError.unknownLabel(label: "DELIVERY ", at: first, split: .test, rows: 1, nearest: "delivery", origin: .train)) {
            try set.validate(shouted, split: .test)
        }
    }

    @Test("counts rows and survives encoding")
    func counts() throws {
        let set = try LabelSet(["x", "y", "z"])
        #expect(set.counts(in: rows([("a", "z"), ("b", "x"), ("c", "z")])) == [1, 0, 2])
        #expect(set.count == 3)
        let restored = try JSONDecoder().decode(LabelSet.self, from: JSONEncoder().encode(set))
        #expect(restored == set)
        #expect(restored.index(of: "z") == 2)
        #expect(throws: DataError.self) {
            try JSONDecoder().decode(LabelSet.self, from: Data(#"{"names":["a","a"],"origin":"train"}"#.utf8))
        }
    }
}
