import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

@Suite("Every family and head against Transformers")
struct FamilyTests {
    @Test(
        "every key is used, every parameter filled, and logits are float64's, packed, padded on either side and alone",
        arguments: FamilyCase.all, ["config.json", "config-v4.json"])
    func logits(_ name: String, _ config: String) throws {
        let subject = try FamilyCase(name)
        let older = try EditableFolder(older: name)
        let (model, report) = try subject.model(folder: config == "config.json" ? nil : older.url)
        #expect(report.unused.isEmpty)
        let keys = try Checkpoint(folder: subject.folder).keys
        try checkFamily(
            model, keys: keys, reference: subject.reference, expected: { try subject.expected($0, "exact.") },
            output: { try subject.logits(model, $0) })
    }

    @Test("loss and gradients are Transformers', packed, padded on the left and row by row", arguments: FamilyCase.all)
    func gradients(_ name: String) throws {
        let subject = try FamilyCase(name)
        for layouts in [[FlatBatch.Layout.packed], [.leftPadded], [.alone(0), .alone(1), .alone(2)]] {
            let model = try subject.model(trainable: true).model
            var loss = 0.0
            for layout in layouts {
                let sum = try subject.loss(model, FlatBatch(subject.reference, layout: layout))
                try sum.backward()
                loss += try sum.item()
            }
            try requireClose(loss, subject.reference("loss").item(), .float32Sum, "loss")
            try requireGradients(model, subject.reference)
            guard subject.kind == .causal || subject.kind == .masked else { continue }
            #expect(try subject.reference.all("grad.").count == model.namedParameters().count)
        }
    }

    @Test("rows that are kept are those of the whole, and the body's last states are Transformers'", arguments: FamilyCase.all)
    func keptRows(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.model().model
        let batch = try FlatBatch(subject.reference, layout: .packed)
        try withGradients(false) {
            if let classifier = model as? any SequenceClassifier {
                let states = try classifier.hiddenStates(batch.input, batch.context())
                let expected = try subject.rows(subject.reference("last_hidden_state"), batch)
                return try requireCloseInScale(states, expected, .float32Model, "last hidden state")
            }
            let rows = try Tensor([20, 3, 0, 26, 13], shape: [5])
            let all = try subject.logits(model, batch)
            try requireCloseInScale(subject.logits(model, batch, keeping: rows), all.selecting(rows), .float32Model, "kept rows")
        }
    }

    @Test("bfloat16 products are as close to float32 as those of Transformers", arguments: FamilyCase.all)
    func bfloat16(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.model(compute: .bfloat16).model
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let found = try withGradients(false) { try subject.logits(model, batch, compute: .bfloat16) }
        #expect(found.dtype == .bfloat16)
        let expected = try subject.expected(batch)
        try requireCloseInScale(found, expected, name.hasPrefix("modernbert") ? .bfloat16PreNorm : .bfloat16Decoder, "logits")
        // Heads give 15 to 135 numbers here, whose roundings scatter more than those of a vocabulary.
        let factor = subject.kind == .causal || subject.kind == .masked ? 1.25 : 1.5
        try requireAsClose(found, subject.expected(batch, "", ".bfloat16"), to: expected, factor: factor, name)
    }

    @Test("a folder that Hone writes holds the same weights and gives the same logits", arguments: FamilyCase.all)
    func writes(_ name: String) throws {
        let subject = try FamilyCase(name)
        try subject.checkWriting(subject.model().model, as: name)
    }
}
